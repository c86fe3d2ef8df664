package auth_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// misconfiguration returns the MisconfiguredError of err. It fails the test if err is another error.
func misconfiguration(t *testing.T, err error) *auth.MisconfiguredError {
	t.Helper()
	m, ok := errors.AsType[*auth.MisconfiguredError](err)
	if !ok || !errors.Is(err, auth.ErrMisconfigured) {
		t.Fatalf("got %v, want a MisconfiguredError", err)
	}
	if errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("%v is also ErrUnavailable, although it does not pass by itself", err)
	}
	return m
}

// A sign-in that cannot succeed before somebody changes a setting names the fields and the problem.
func TestMisconfigurationNamesFieldsAndProblem(t *testing.T) {
	t.Parallel()
	redirected := func(p *provider) { p.Handle("/token", redirectTo("https://evil.example/token")) }
	tokenError := func(status int, contentType, body string) func(*provider) {
		return func(p *provider) { p.Respond("/token", status, contentType, body) }
	}
	unknownClient := func(p *provider) { p.ClientSecret = "another secret" }
	listing := func(methods ...string) func(*provider) {
		return func(p *provider) {
			unknownClient(p)
			document("token_endpoint_auth_methods_supported", methods)(p)
		}
	}
	secretFields := []string{"ClientSecret", "ClientAuthMethod", "ClientID"}
	publicClient := func(cfg *auth.Config) { cfg.ClientSecret = "" }
	push := func(cfg *auth.Config) { cfg.PushedAuthorization = true }
	for name, c := range map[string]struct {
		override func(*provider)
		change   func(*auth.Config)
		fields   []string
		problem  []string // parts of it
	}{
		"issuer of another provider": {document("issuer", "https://other.example"), nil, []string{"Issuer"},
			[]string{"https://other.example", "http://127.0.0.1:", "did not match"}},
		"issuer that is a template": {document("issuer", "https://op.example/{tenantid}/v2.0"), nil, []string{"Issuer"},
			[]string{"{tenantid}", "one tenant"}},
		"discovery document not found": {status(discoveryPath, 404, "text/html", "<h1>Not Found"), nil,
			[]string{"Issuer"}, []string{discoveryPath, "status 404"}},
		"HTML in place of the discovery document": {status(discoveryPath, 200, "text/html", "<!doctype html>"), nil,
			[]string{"Issuer"}, []string{discoveryPath, "text/html"}},
		"discovery document moved to another host": {handle(discoveryPath, redirectTo("https://other.example/x")), nil,
			[]string{"Issuer"}, []string{"redirects to https://other.example/x"}},
		"endpoint without a scheme": {document("token_endpoint", "/token"), nil, []string{"Issuer"},
			[]string{"token_endpoint", `"/token"`}},
		"required metadata of a wrong type": {document("jwks_uri", []string{"x"}), nil, []string{"Issuer"},
			[]string{"no jwks_uri"}},
		"ID token of another algorithm": {func(p *provider) { p.Alg = "ES256" }, func(cfg *auth.Config) {
			cfg.SigningAlg = "ES384"
		}, []string{"SigningAlg"}, []string{"ES256", "ES384"}},
		"ID token with an HMAC": {headerWith("alg", "HS256"), nil, []string{"SigningAlg"}, []string{"HS256", "RS256"}},
		"number for sub":        {claim("sub", 42), nil, nil, []string{"sub", "number"}},
		"wrong secret with client_secret_basic": {listing("client_secret_basic", "client_secret_post"), nil,
			secretFields, []string{"client_secret_basic, client_secret_post", "registered for"}},
		"wrong secret with client_secret_post": {unknownClient, func(cfg *auth.Config) {
			cfg.ClientAuthMethod = auth.ClientSecretPost
		}, secretFields, []string{"with client_secret_post", "lists no methods"}},
		"secret that the provider may fail to decode": {unknownClient, nil, secretFields, []string{"do not decode"}},
		"public client that needs a secret": {nil, publicClient, []string{"ClientID", "ClientSecret"},
			[]string{"without a secret"}},
		"unknown key": {unknownClient, func(cfg *auth.Config) {
			cfg.ClientSecret, cfg.ClientAuthMethod, cfg.ClientKey = "", auth.PrivateKeyJWT, newKey("ES256", "", 0).key
		}, []string{"ClientKey", "ClientKeyID", "ClientAssertionAudience", "ClientAuthMethod"}, []string{"audience"}},
		"client error in a format of its own": {tokenError(400, asJSON, `{"status":400,"message":"missing client id"}`),
			nil, secretFields, []string{"client_secret_basic"}},
		"client error in plain text": {tokenError(401, "text/plain", "invalid_client: unknown"), nil, secretFields,
			[]string{"client_secret_basic"}},
		"redirect URI of the token request": {tokenError(400, asJSON,
			`{"error":"invalid_grant","error_description":"redirect_uri does not match"}`), nil, []string{"RedirectURL"},
			[]string{"http://app.test/login/callback"}},
		"token endpoint that redirects": {redirected, nil, []string{"Issuer"}, []string{"https://evil.example/token"}},
		"token endpoint that is missing": {tokenError(404, "text/html", "<h1>Not Found"), nil, []string{"Issuer"},
			[]string{"token endpoint that does not exist"}},
		"scope that is not allowed": {responseError("invalid_scope", ""), nil, []string{"Scopes"},
			[]string{"openid profile email"}},
		"flow that is not allowed": {responseError("unauthorized_client", ""), nil, []string{"ClientID"}, []string{"flow"}},
		"pushed authorization request without an endpoint": {document("pushed_authorization_request_endpoint", nil), push,
			[]string{"PushedAuthorization"}, []string{"pushed authorization requests"}},
		"redirect URI of a pushed authorization request": {status("/par", 400, asJSON,
			`{"error":"invalid_request","error_description":"The redirect_uri is not registered"}`), push,
			[]string{"RedirectURL"}, []string{"register exactly this URI"}},
		"no ID token": {func(p *provider) {
			p.TokenResponse = func(r map[string]any) { delete(r, "id_token") }
		}, nil, []string{"Issuer", "Scopes"}, []string{"id_token"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, c.change)
			if c.override != nil {
				c.override(p)
			}
			b := app.browser()
			m := misconfiguration(t, b.SignIn())
			if !slices.Equal(m.Fields, c.fields) {
				t.Errorf("fields: got %q, want %q", m.Fields, c.fields)
			}
			for _, part := range c.problem {
				if !strings.Contains(m.Problem, part) {
					t.Errorf("problem: got %q, want it to contain %q", m.Problem, part)
				}
			}
			b.CheckSignedOut()
		})
	}
}

// headerWith returns a change of the provider that sets a member of the header of its ID tokens.
func headerWith(name string, value any) func(*provider) {
	return func(p *provider) {
		p.Sign = func(claims, header map[string]any) string {
			header[name] = value
			return signJWT([]byte("a key of this test"), claims, header)
		}
	}
}

// responseError returns a change of the provider that answers the authorization request with an error.
func responseError(code, description string) func(*provider) {
	return func(p *provider) {
		p.AuthResponse = func(q url.Values) {
			q.Del("code")
			q.Set("error", code)
			q.Set("error_description", description)
		}
	}
}

// Errors that pass by themselves, or that the person can act on, are not misconfigurations.
func TestOtherErrorsAreNotMisconfigurations(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(*provider){
		"token endpoint: status 503":    status("/token", 503, "text/html", ""),
		"token endpoint: status 429":    status("/token", 429, asJSON, "{}"),
		"token endpoint: disconnects":   handle("/token", lostConnection),
		"discovery: status 502":         status(discoveryPath, 502, "text/html", ""),
		"key set: status 500":           status("/jwks", 500, "text/html", ""),
		"code that has expired":         status("/token", 400, asJSON, `{"error":"invalid_grant"}`),
		"person who cancels":            responseError("access_denied", "the user cancelled"),
		"person who denies a client":    responseError("access_denied", "the user denied access to client_id app"),
		"person who may not sign in":    responseError("access_denied", "not assigned to redirect_uri https://app.example"),
		"provider that is out of order": responseError("temporarily_unavailable", ""),
		"ID token of another nonce":     claim("nonce", "another"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, nil)
			override(p)
			if err := app.browser().SignIn(); err == nil || errors.Is(err, auth.ErrMisconfigured) {
				t.Errorf("got %v, want an error that is not ErrMisconfigured", err)
			}
		})
	}
}
