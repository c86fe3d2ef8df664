package devidp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client is an application that signs people in here.
type Client struct {
	// ID names the client. Secret is what it proves itself with, in the header or in the form
	// (client_secret_basic, client_secret_post). Without one it is a public client, and PKCE is required.
	ID, Secret string

	// Name is what people read on the pages. Default: ID.
	Name string

	// RedirectURIs and PostLogoutRedirectURIs are compared exactly with what a request asks for.
	RedirectURIs, PostLogoutRedirectURIs []string

	// BackChannelLogoutURI gets a logout token whenever a session of the client ends here (Back-Channel
	// Logout 1.0 section 2.5). Default: none is sent.
	BackChannelLogoutURI string

	// FrontChannelLogoutURI is loaded in a frame of the signed-out page, with iss and sid (Front-Channel
	// Logout 1.0 section 3), unless it was this client that asked to sign out. Default: it is not.
	FrontChannelLogoutURI string
}

// unknownClient is the description of the error for a client_id that is not registered.
const unknownClient = "unknown client"

func (p *Provider) addClients(clients []Client) error {
	var errs []error
	for _, c := range clients {
		if c.Name == "" {
			c.Name = c.ID
		}
		_, twice := p.clients[c.ID]
		switch {
		case c.ID == "":
			errs = append(errs, errors.New("a client has no ID"))
		case twice:
			errs = append(errs, fmt.Errorf("client %q is there twice", c.ID))
		case len(c.RedirectURIs) == 0:
			errs = append(errs, fmt.Errorf("client %q has no redirect URI", c.ID))
		}
		for _, uri := range c.uris() {
			if u, err := url.Parse(uri); err != nil || u.Scheme == "" || u.Fragment != "" || u.Scheme == "javascript" || u.Scheme == "data" {
				errs = append(errs, fmt.Errorf("client %q: %q is no absolute URI without a fragment", c.ID, uri))
			}
		}
		p.clients[c.ID] = c
	}
	return errors.Join(errs...)
}

func (c Client) uris() []string {
	uris := slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs)
	for _, uri := range []string{c.BackChannelLogoutURI, c.FrontChannelLogoutURI} {
		if uri != "" {
			uris = append(uris, uri)
		}
	}
	return uris
}

// home is where the client's own pages probably begin; empty when it has none.
func (c Client) homeURL() string {
	u, err := url.Parse(c.RedirectURIs[0])
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// secretIs compares in constant time. A public client has no secret to compare.
func (c Client) secretMatches(secret string) bool {
	return c.Secret != "" && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1
}

func (s *storage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, ok := s.p.clients[id]
	if !ok {
		return nil, oidc.ErrInvalidClient().WithDescription(unknownClient)
	}
	return &opClient{Client: c, skew: clockSkew(ctx)}, nil
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if !s.p.clients[id].secretMatches(secret) {
		return errors.New("wrong secret")
	}
	return nil
}

// opClient is a Client as op wants to see one.
type opClient struct {
	Client
	skew time.Duration
}

const idTokenLifetime = time.Hour

func (c *opClient) GetID() string                       { return c.ID }
func (c *opClient) RedirectURIs() []string              { return c.Client.RedirectURIs }
func (c *opClient) PostLogoutRedirectURIs() []string    { return c.Client.PostLogoutRedirectURIs }
func (c *opClient) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c *opClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c *opClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}
func (c *opClient) LoginURL(string) string                                       { return "" } // authorize.go goes its own way
func (c *opClient) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeBearer }
func (c *opClient) DevMode() bool                                                { return true } // http redirect URIs
func (c *opClient) RestrictAdditionalIdTokenScopes() func([]string) []string     { return slices.Clone }
func (c *opClient) RestrictAdditionalAccessTokenScopes() func([]string) []string { return slices.Clone }
func (c *opClient) IsScopeAllowed(string) bool                                   { return false }
func (c *opClient) IDTokenUserinfoClaimsAssertion() bool                         { return false } // Core section 5.4

func (c *opClient) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic // or in the form: op takes both
}

// op reads the wall clock. Its allowance for a client's wrong clock, added to exp and taken from iat and
// auth_time, brings its ID tokens to the provider's clock; skewOf says by how much that one is behind.
func (c *opClient) ClockSkew() time.Duration       { return c.skew }
func (c *opClient) IDTokenLifetime() time.Duration { return idTokenLifetime - 2*c.skew }

type skewKey struct{}

func (p *Provider) withSkew(ctx context.Context) context.Context {
	if p.cfg.Now == nil {
		return ctx
	}
	return context.WithValue(ctx, skewKey{}, time.Since(p.cfg.Now()))
}

func clockSkew(ctx context.Context) time.Duration {
	skew, _ := ctx.Value(skewKey{}).(time.Duration)
	return skew
}
