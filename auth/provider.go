package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// metadataMaxAge is how long the discovery document is used before it is fetched again.
const metadataMaxAge = time.Hour

// metadata is the part of the provider's discovery document that the package uses (OpenID Connect Discovery 1.0
// section 3, RFC 8414 section 2, and the specifications named above the fields).
type metadata struct {
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	JWKSURI               string `json:"jwks_uri"`

	// RP-Initiated Logout 1.0 section 2.1
	EndSessionEndpoint string `json:"end_session_endpoint"`

	// RFC 7009
	RevocationEndpoint string `json:"revocation_endpoint"`

	// RFC 9126 section 5
	PAREndpoint string `json:"pushed_authorization_request_endpoint"`
	RequirePAR  bool   `json:"require_pushed_authorization_requests"`

	// RFC 9207 section 3
	IssParameter bool `json:"authorization_response_iss_parameter_supported"`

	// Initiating User Registration 1.0 section 4.2
	Prompts []string `json:"prompt_values_supported"`
}

// discover fetches and checks the discovery document. It rejects endpoints that are not absolute https URLs; if the
// issuer itself is http, it accepts http as well.
func discover(ctx context.Context, issuer string) (*metadata, error) {
	p, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", issuer, clipError(err))
	}
	m := new(metadata)
	if err := p.Claims(m); err != nil {
		return nil, fmt.Errorf("discover %s: %w", issuer, err)
	}
	for name, u := range map[string]string{
		"authorization_endpoint": m.AuthorizationEndpoint,
		"token_endpoint":         m.TokenEndpoint,
		"jwks_uri":               m.JWKSURI,
	} {
		if u == "" {
			return nil, fmt.Errorf("discover %s: %s is missing", issuer, name)
		}
	}
	for _, u := range []string{m.AuthorizationEndpoint, m.TokenEndpoint, m.JWKSURI, m.UserinfoEndpoint,
		m.EndSessionEndpoint, m.RevocationEndpoint, m.PAREndpoint} {
		if u == "" {
			continue
		}
		if err := checkEndpoint(u, issuer); err != nil {
			return nil, fmt.Errorf("discover %s: %w", issuer, err)
		}
	}
	return m, nil
}

// checkEndpoint returns an error if the URL of an endpoint cannot be used with this issuer.
func checkEndpoint(raw, issuer string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("endpoint %q is not an absolute URL", clip(raw, 200))
	case u.Scheme == "https", u.Scheme == "http" && strings.HasPrefix(issuer, "http:"):
		return nil
	}
	return fmt.Errorf("endpoint %q is not an https URL", clip(raw, 200))
}

// metadata returns the provider's metadata, and the last good copy if the provider does not answer now. The error is
// ErrUnavailable.
func (c *Client) metadata(ctx context.Context) (*metadata, error) {
	m, loaded, err := c.discovery.get(c.withHTTPClient(ctx), metadataMaxAge)
	if loaded {
		return m, nil
	}
	return nil, errors.Join(ErrUnavailable, err)
}

// withHTTPClient returns a context that makes go-oidc and x/oauth2 use the HTTP client of c.
func (c *Client) withHTTPClient(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, c.http)
}

// oauthConfig returns the configuration of x/oauth2. It sets the method of client authentication, because x/oauth2
// would otherwise try one after the other: the first failure uses up the code and hides the real error.
func (c *Client) oauthConfig(m *metadata) *oauth2.Config {
	style := oauth2.AuthStyleInParams
	if c.cfg.ClientAuthMethod == ClientSecretBasic && c.cfg.ClientSecret != "" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID:     c.cfg.ClientID,
		ClientSecret: string(c.cfg.ClientSecret),
		Endpoint:     oauth2.Endpoint{AuthURL: m.AuthorizationEndpoint, TokenURL: m.TokenEndpoint, AuthStyle: style},
		RedirectURL:  c.cfg.RedirectURL,
		Scopes:       c.cfg.Scopes,
	}
}

// supportsPrompt reports whether the provider lists a prompt value. If the provider publishes no list, only login is
// assumed, which every provider must support (OpenID Connect Core section 15.1).
func (m *metadata) supportsPrompt(prompt string) bool {
	return slices.Contains(m.Prompts, prompt) || len(m.Prompts) == 0 && prompt == "login"
}
