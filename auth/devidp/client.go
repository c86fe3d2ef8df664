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

// Client is a registered client: an app that signs users in with the provider.
type Client struct {
	// ID is the client ID. It is required.
	ID string

	// Secret is the client secret, which the client sends in the header or in the form (client_secret_basic,
	// client_secret_post). If it is empty, the client is a public client, which must use PKCE.
	Secret string

	// Name is the name of the client on the pages. The default is ID.
	Name string

	// RedirectURIs are the registered redirect URIs. At least one is required. They are compared exactly.
	RedirectURIs []string

	// PostLogoutRedirectURIs are the registered post-logout redirect URIs. They are compared exactly.
	PostLogoutRedirectURIs []string

	// BackChannelLogoutURI receives a logout token when a session of the client ends (Back-Channel Logout 1.0
	// section 2.5). If it is empty, no logout token is sent.
	BackChannelLogoutURI string

	// FrontChannelLogoutURI is loaded in a frame of the signed-out page, with iss and sid (Front-Channel Logout 1.0
	// section 3). It is not loaded if this client requested the sign-out. If it is empty, there is
	// no frame.
	FrontChannelLogoutURI string
}

// unknownClient is the description of the error for a client_id that is not registered.
const unknownClient = "unknown client"

// addClients registers the clients. It returns an error that lists all mistakes in them.
func (p *Provider) addClients(clients []Client) error {
	var errs []error
	for _, c := range clients {
		if c.Name == "" {
			c.Name = c.ID
		}
		_, exists := p.clients[c.ID]
		switch {
		case c.ID == "":
			errs = append(errs, errors.New("a client has no ID"))
		case exists:
			errs = append(errs, fmt.Errorf("client %q is listed twice", c.ID))
		case len(c.RedirectURIs) == 0:
			errs = append(errs, fmt.Errorf("client %q has no redirect URI", c.ID))
		}
		for _, uri := range c.uris() {
			u, err := url.Parse(uri)
			if err != nil || u.Fragment != "" || slices.Contains([]string{"", "javascript", "data"}, u.Scheme) {
				errs = append(errs, fmt.Errorf("client %q: %q is not an absolute URI without a fragment", c.ID, uri))
			}
		}
		p.clients[c.ID] = c
	}
	return errors.Join(errs...)
}

// uris returns all URIs of the client.
func (c Client) uris() []string {
	uris := slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs)
	for _, uri := range []string{c.BackChannelLogoutURI, c.FrontChannelLogoutURI} {
		if uri != "" {
			uris = append(uris, uri)
		}
	}
	return uris
}

// homeURL returns the root URL of the client's site. It is empty if the client is not a website.
func (c Client) homeURL() string {
	u, err := url.Parse(c.RedirectURIs[0])
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/"
}

// secretMatches compares the secret in constant time. It is false for a public client.
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
		return errors.New("the client secret is wrong")
	}
	return nil
}

// opClient adapts a Client to op.
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
func (c *opClient) LoginURL(string) string                                       { return "" } // unused
func (c *opClient) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeBearer }
func (c *opClient) DevMode() bool                                                { return true } // http redirect URIs
func (c *opClient) RestrictAdditionalIdTokenScopes() func([]string) []string     { return slices.Clone }
func (c *opClient) RestrictAdditionalAccessTokenScopes() func([]string) []string { return slices.Clone }
func (c *opClient) IsScopeAllowed(string) bool                                   { return false }
func (c *opClient) IDTokenUserinfoClaimsAssertion() bool                         { return false }

func (c *opClient) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic // op accepts the secret in the form too
}

// ClockSkew adjusts the times in ID tokens to [Config.Now], because op reads the system clock. op adds the skew to exp
// and subtracts it from iat and auth_time.
func (c *opClient) ClockSkew() time.Duration       { return c.skew }
func (c *opClient) IDTokenLifetime() time.Duration { return idTokenLifetime - 2*c.skew }

type skewKey struct{}

// withSkew stores in the context by how much the provider's clock is behind the system clock.
func (p *Provider) withSkew(ctx context.Context) context.Context {
	if p.config.Now == nil {
		return ctx
	}
	return context.WithValue(ctx, skewKey{}, time.Since(p.config.Now()))
}

func clockSkew(ctx context.Context) time.Duration {
	skew, _ := ctx.Value(skewKey{}).(time.Duration)
	return skew
}
