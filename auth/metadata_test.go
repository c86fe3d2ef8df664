package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// If ClientAuthMethod is not set, the method is chosen from the discovery document and not by trial.
func TestClientAuthMethodFromDiscovery(t *testing.T) {
	t.Parallel()
	const post, basic = "client_secret_post", "client_secret_basic"
	for name, c := range map[string]struct{ listed, configured, want any }{
		"nothing listed":              {nil, nil, basic},
		"both listed":                 {[]string{post, basic}, nil, basic},
		"only post listed":            {[]string{post}, nil, post},
		"other methods listed":        {[]string{"private_key_jwt", post, "none"}, nil, post},
		"list of a wrong type":        {"client_secret_post", nil, basic},
		"configured, both listed":     {[]string{basic, post}, post, post},
		"configured, but not listed":  {[]string{post}, basic, basic},
		"configured, nothing listed":  {nil, post, post},
		"list of values that are odd": {[]any{7, post}, nil, basic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			document("token_endpoint_auth_methods_supported", c.listed)(p)
			app := newApp(t, p, func(cfg *auth.Config) {
				cfg.ClientAuthMethod, _ = c.configured.(string)
				cfg.Scopes = []string{"openid", "offline_access"}
			})
			p.AuthMethod = c.want.(string)
			b := app.browser()
			b.MustSignIn()
			p.ExpireAccessTokens() // so that Refresh authenticates too
			if _, err := b.Refresh(); err != nil {
				t.Errorf("Refresh: %v", err)
			}
			if _, err := b.BeginLogout(); err != nil {
				t.Errorf("BeginLogout: %v", err)
			}
			app.client.Wait()
			if n := p.RequestCount("/token"); n != 2 || p.RequestCount("/revoke") != 1 {
				t.Errorf("got %d token requests and %d revocations, want 2 and 1", n, p.RequestCount("/revoke"))
			}
			if p.liveRefreshTokens() != 0 {
				t.Error("the refresh token was not revoked")
			}
		})
	}
}

// If SigningAlg is not set, exactly one algorithm is chosen from the discovery document.
func TestSigningAlgFromDiscovery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listed any
		signed string
		ok     bool
	}{
		"nothing listed, RS256 used":     {nil, "RS256", true},
		"nothing listed, ES256 used":     {nil, "ES256", false},
		"RS256 among others":             {[]string{"ES256", "RS256", "PS256"}, "RS256", true},
		"RS256 listed, ES256 used":       {[]string{"ES256", "RS256"}, "ES256", false},
		"one listed":                     {[]string{"ES384"}, "ES384", true},
		"one listed, another used":       {[]string{"ES384"}, "RS256", false},
		"one asymmetric algorithm":       {[]string{"HS256", "none", "EdDSA"}, "EdDSA", true},
		"one listed twice":               {[]string{"ES256", "ES256"}, "ES256", true},
		"several listed":                 {[]string{"ES256", "ES384"}, "ES256", false},
		"only symmetric ones":            {[]string{"HS256"}, "HS256", false},
		"list of a wrong type":           {"ES256", "RS256", true},
		"list of an algorithm of no use": {[]string{"none"}, "RS256", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.Alg = c.signed
			document("id_token_signing_alg_values_supported", c.listed)(p)
			if c.signed == "HS256" {
				p.Alg = "RS256"
			}
			err := newApp(t, p, nil).browser().SignIn()
			if c.ok {
				if err != nil {
					t.Errorf("got %v, want a sign-in", err)
				}
				return
			}
			if m := misconfiguration(t, err); len(m.Fields) != 1 || m.Fields[0] != "SigningAlg" {
				t.Errorf("got the fields %q, want SigningAlg", m.Fields)
			}
		})
	}
}

// withPath gives the provider an issuer with a path.
func withPath(p *provider, path string) {
	root := p.Issuer
	p.Issuer += path
	p.endpoint(strings.TrimSuffix(path, "/")+discoveryPath, p.discovery)
	p.Discovery = func(doc map[string]any) {
		for _, name := range endpointNames {
			doc[name] = strings.Replace(doc[name].(string), p.Issuer, root, 1)
		}
	}
}

// The configured issuer may have a slash more or less than the provider's. Sessions, sign-ins and logouts continue to
// work if the configuration changes from one to the other.
func TestIssuerTrailingSlash(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"issuer with a slash": "/tenant/", "issuer without a slash": "/tenant"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			withPath(p, path)
			exact := newApp(t, p, nil)
			other := newApp(t, p, func(cfg *auth.Config) {
				cfg.Store = exact.store
				if cfg.Issuer = strings.TrimSuffix(p.Issuer, "/"); cfg.Issuer == p.Issuer {
					cfg.Issuer += "/"
				}
			})
			if !other.client.IsIssuer(p.Issuer) {
				t.Error("IsIssuer before the first discovery: got false, want true")
			}
			b := exact.browser()
			want := b.MustSignIn()
			if got, err := b.withApp(other).User(); err != nil || got.SessionRef != want.SessionRef {
				t.Errorf("session at the other instance: got %q, %v, want %q", got.SessionRef, err, want.SessionRef)
			}
			authURL, err := b.BeginLogin(auth.LoginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.withApp(other).FinishLogin(b.Authorize(authURL)); err != nil {
				t.Errorf("sign-in that began at the other instance: %v", err)
			}
			if got := other.client.Issuer(); got != p.Issuer {
				t.Errorf("Issuer: got %q, want %q", got, p.Issuer)
			}
			if other.client.IsIssuer(other.cfg.Issuer) {
				t.Error("IsIssuer of the configured spelling after discovery: got true, want false")
			}
			err = other.client.BackChannelLogout(t.Context(), p.LogoutToken(want.Subject, "", nil))
			if err != nil {
				t.Errorf("BackChannelLogout: %v", err)
			}
		})
	}
}

// Tokens must have exactly the issuer of the discovery document, and the error names both.
func TestTokenIssuerIsComparedExactly(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	document("issuer", p.Issuer+"/")(p)
	p.AuthResponse = func(q url.Values) { q.Set("iss", p.Issuer+"/") }
	err := newApp(t, p, nil).browser().SignIn()
	if m := misconfiguration(t, err); !strings.Contains(m.Problem, `"`+p.Issuer+`/"`) ||
		!strings.Contains(m.Problem, `"`+p.Issuer+`"`) || !errors.Is(err, auth.ErrBadToken) {
		t.Errorf("got %v, want ErrBadToken with both issuers", err)
	}
}

func TestOptionalMetadataOfAWrongTypeCountsAsAbsent(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"userinfo_endpoint", "end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint",
		"require_pushed_authorization_requests", "authorization_response_iss_parameter_supported",
		"prompt_values_supported", "token_endpoint_auth_methods_supported", "id_token_signing_alg_values_supported",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, value := range []any{7, "", []any{1}, map[string]any{}, "x y"} {
				if _, isText := value.(string); isText && strings.HasSuffix(name, "_endpoint") {
					continue
				}
				p := newProvider(t)
				document(name, value)(p)
				b := newApp(t, p, nil).browser()
				b.MustSignIn()
				if _, err := b.BeginLogout(); err != nil {
					t.Errorf("%v: BeginLogout: %v", value, err)
				}
			}
		})
	}
}

// The discovery document and the keys may have moved on the same host. Nothing else is followed.
func TestRedirectsOfPublicDocuments(t *testing.T) {
	t.Parallel()
	for _, path := range []string{discoveryPath, "/jwks"} {
		for name, c := range map[string]struct {
			redirects int
			target    string // prefix of the new address
			ok        bool
		}{
			"same host, once":        {1, "", true},
			"same host, three times": {3, "", true},
			"same host, four times":  {4, "", false},
			"another port":           {1, "http://127.0.0.1:1", false},
			"another host":           {1, "https://evil.example", false},
			"with a password":        {1, "http://user:password@HOST", false},
		} {
			t.Run(path+", "+name, func(t *testing.T) {
				t.Parallel()
				p := newProvider(t)
				left := c.redirects
				work := map[string]http.HandlerFunc{discoveryPath: p.discovery, "/jwks": p.jwks}[path]
				p.Handle(path, func(w http.ResponseWriter, r *http.Request) {
					if left--; left >= 0 {
						http.Redirect(w, r, strings.Replace(c.target, "HOST", r.Host, 1)+path, http.StatusMovedPermanently)
						return
					}
					work(w, r)
				})
				err := newApp(t, p, nil).browser().SignIn()
				if c.ok && err != nil {
					t.Errorf("got %v, want a sign-in", err)
				}
				if !c.ok {
					misconfiguration(t, err)
				}
			})
		}
	}
}

// A redirect from http to https on the same host name is followed, and none back.
func TestRedirectToHTTPS(t *testing.T) {
	t.Parallel()
	secure := newTLSProvider(t)
	plain := newProvider(t)
	plain.Handle(discoveryPath, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, secure.Issuer+discoveryPath, http.StatusMovedPermanently)
	})
	secure.Discovery = func(doc map[string]any) { doc["issuer"] = plain.Issuer }
	app := newApp(t, plain, func(cfg *auth.Config) { cfg.Transport = secure.server.Client().Transport })
	if err := app.client.Ready(t.Context()); err != nil {
		t.Errorf("from http to https: %v", err)
	}

	secure, plain = newTLSProvider(t), newProvider(t)
	secure.Handle(discoveryPath, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.Issuer+discoveryPath, http.StatusMovedPermanently)
	})
	misconfiguration(t, newApp(t, secure, nil).client.Ready(t.Context()))
	if n := plain.RequestCount(discoveryPath); n != 0 {
		t.Errorf("from https to http: got %d requests, want none", n)
	}
}

func TestDiscoveryWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Handle(discoveryPath, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("\ufeff"))
		p.discovery(w, r)
	})
	newApp(t, p, nil).browser().MustSignIn()
}

func TestValidateRejectsTheAddressOfTheDiscoveryDocument(t *testing.T) {
	t.Parallel()
	cfg := auth.Config{Issuer: "https://op.example/tenant" + discoveryPath, ClientID: "id",
		RedirectURL: "https://app.example/login/callback", Store: newStore(t)}
	mistake, ok := errors.AsType[*auth.ConfigError](cfg.Validate())
	if !ok || mistake.Field != "Issuer" || !strings.Contains(mistake.Problem, "leave out "+discoveryPath) {
		t.Errorf("got %v, want a ConfigError about Issuer", mistake)
	}
}
