package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const wellKnown = "/.well-known/openid-configuration"

// metadata is the part of the provider's discovery document that the package uses (OpenID Connect Discovery 1.0
// section 3, RFC 8414 section 2, and the specifications named above the fields), and what the Client derives from it.
type metadata struct {
	Issuer                string // exactly as in the document
	AuthorizationEndpoint string
	TokenEndpoint         string
	UserinfoEndpoint      string
	JWKSURI               string

	// RP-Initiated Logout 1.0 section 2.1
	EndSessionEndpoint string

	// RFC 7009
	RevocationEndpoint string

	// RFC 9126 section 5
	PAREndpoint string
	RequirePAR  bool

	// RFC 9207 section 3
	IssParameter bool

	// Initiating User Registration 1.0 section 4.2
	Prompts []string

	AuthMethods []string // token_endpoint_auth_methods_supported

	SigningAlg string // the only algorithm that is accepted
	AuthMethod string // of the client; "none" for a public client
}

// discover fetches and checks the discovery document. The error is ErrUnavailable or ErrMisconfigured.
func (c *Client) discover(ctx context.Context) (*metadata, error) {
	m, err := c.fetchMetadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", c.cfg.Issuer, err)
	}
	return m, nil
}

func (c *Client) fetchMetadata(ctx context.Context) (*metadata, error) {
	body, _, err := c.get(ctx, strings.TrimSuffix(c.cfg.Issuer, "/")+wellKnown, "the discovery document")
	if err != nil {
		return nil, err
	}
	return c.readMetadata(body)
}

// readMetadata reads and checks a discovery document. The error is ErrMisconfigured.
func (c *Client) readMetadata(body []byte) (*metadata, error) {
	var doc claims
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, misconfigured(fmt.Sprintf("the discovery document is not valid JSON: %v", err), "Issuer")
	}
	m := parseMetadata(doc)
	if err := c.checkMetadata(m); err != nil {
		return nil, err
	}
	m.AuthMethod = chooseAuthMethod(c.cfg, m.AuthMethods)
	var err error
	m.SigningAlg, err = chooseSigningAlg(c.cfg.SigningAlg, doc.list("id_token_signing_alg_values_supported"))
	return m, err
}

// parseMetadata reads the document member by member. A member of a wrong type counts as absent.
func parseMetadata(doc claims) *metadata {
	return &metadata{
		Issuer:                doc.exact("issuer"),
		AuthorizationEndpoint: doc.exact("authorization_endpoint"),
		TokenEndpoint:         doc.exact("token_endpoint"),
		UserinfoEndpoint:      doc.exact("userinfo_endpoint"),
		JWKSURI:               doc.exact("jwks_uri"),
		EndSessionEndpoint:    doc.exact("end_session_endpoint"),
		RevocationEndpoint:    doc.exact("revocation_endpoint"),
		PAREndpoint:           doc.exact("pushed_authorization_request_endpoint"),
		RequirePAR:            string(doc["require_pushed_authorization_requests"]) == "true",
		IssParameter:          string(doc["authorization_response_iss_parameter_supported"]) == "true",
		Prompts:               doc.list("prompt_values_supported"),
		AuthMethods:           doc.list("token_endpoint_auth_methods_supported"),
	}
}

// checkMetadata checks the issuer and the endpoints. The issuer may differ from the configured one in a trailing slash
// only. The endpoints must be absolute https URLs; if the issuer itself is http, http is accepted as well.
func (c *Client) checkMetadata(m *metadata) error {
	switch {
	case m.Issuer == "":
		return misconfigured("the discovery document has no issuer", "Issuer")
	case strings.ContainsAny(m.Issuer, "{}"):
		return misconfigured(fmt.Sprintf("the discovery document of %q is a template for many tenants, with the issuer %q; "+
			"use the address of one tenant", c.cfg.Issuer, clip(m.Issuer, 200)), "Issuer")
	case !sameIssuer(m.Issuer, c.cfg.Issuer):
		return misconfigured(fmt.Sprintf("the configured issuer %q did not match the issuer %q of the discovery document",
			c.cfg.Issuer, clip(m.Issuer, 200)), "Issuer")
	}
	for _, e := range []struct {
		name, url string
		required  bool
	}{
		{"authorization_endpoint", m.AuthorizationEndpoint, true},
		{"token_endpoint", m.TokenEndpoint, true},
		{"jwks_uri", m.JWKSURI, true},
		{"userinfo_endpoint", m.UserinfoEndpoint, false},
		{"end_session_endpoint", m.EndSessionEndpoint, false},
		{"revocation_endpoint", m.RevocationEndpoint, false},
		{"pushed_authorization_request_endpoint", m.PAREndpoint, false},
	} {
		if e.url == "" && e.required {
			return misconfigured("the discovery document has no "+e.name, "Issuer")
		}
		if e.url == "" {
			continue
		}
		if problem := endpointProblem(e.url, m.Issuer); problem != "" {
			return misconfigured(fmt.Sprintf("the discovery document has the %s %q, which is not %s", e.name,
				clip(e.url, 200), problem), "Issuer")
		}
	}
	return nil
}

// endpointProblem returns what the URL of an endpoint should be and is not, or "" if it can be used with this issuer.
func endpointProblem(raw, issuer string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return "an absolute URL"
	case u.Scheme == "https", u.Scheme == "http" && strings.HasPrefix(issuer, "http:"):
		return ""
	}
	return "an https URL; a provider behind a proxy needs its public address in its own settings"
}

// sameIssuer reports whether two issuers differ in a trailing slash at most.
func sameIssuer(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// chooseSigningAlg returns the only algorithm that is accepted: the configured one; RS256 if the provider lists it or
// lists nothing; otherwise the one asymmetric algorithm that the provider lists.
func chooseSigningAlg(configured string, listed []string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	if len(listed) == 0 || slices.Contains(listed, "RS256") {
		return "RS256", nil
	}
	var usable []string
	for _, alg := range listed {
		if slices.Contains(SigningAlgs, alg) && !slices.Contains(usable, alg) {
			usable = append(usable, alg)
		}
	}
	list := clip(strings.Join(listed, ", "), 200)
	switch len(usable) {
	case 0:
		return "", misconfigured(fmt.Sprintf("the provider signs ID tokens with %s only, and none of these is accepted; "+
			"choose an asymmetric algorithm for this client at the provider", list), "SigningAlg")
	case 1:
		return usable[0], nil
	}
	return "", misconfigured(fmt.Sprintf("the provider signs ID tokens with one of %s; configure the one that it uses "+
		"for this client", list), "SigningAlg")
}

// chooseAuthMethod returns the method of client authentication: the configured one; none without a secret;
// client_secret_basic if the provider lists it or lists nothing; otherwise client_secret_post.
func chooseAuthMethod(cfg Config, listed []string) string {
	switch {
	case cfg.ClientAuthMethod == PrivateKeyJWT:
		return PrivateKeyJWT
	case cfg.ClientSecret == "":
		return "none"
	case len(listed) == 0 || slices.Contains(listed, ClientSecretBasic):
		return cmp.Or(cfg.ClientAuthMethod, ClientSecretBasic)
	}
	return cmp.Or(cfg.ClientAuthMethod, ClientSecretPost)
}

// supportsPrompt reports whether the provider lists a prompt value. If the provider publishes no list, only login is
// assumed, which every provider must support (OpenID Connect Core section 15.1).
func (m *metadata) supportsPrompt(prompt string) bool {
	return slices.Contains(m.Prompts, prompt) || len(m.Prompts) == 0 && prompt == "login"
}
