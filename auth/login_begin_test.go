package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// BeginLogin sends the options that the provider supports and leaves out the others.
func TestLoginOptions(t *testing.T) {
	t.Parallel()
	const none = "\x00" // the parameter is not sent
	for name, c := range map[string]struct {
		options auth.LoginOptions
		config  func(*auth.Config)
		want    map[string]string
	}{
		"no options": {
			want: map[string]string{"prompt": none, "login_hint": none, "max_age": none, "request_uri": none}},
		"prompt that the provider lists": {
			options: auth.LoginOptions{Prompt: "login"},
			want:    map[string]string{"prompt": "login"}},
		"prompt that the provider does not list": {
			options: auth.LoginOptions{Prompt: "select_account"},
			want:    map[string]string{"prompt": none}},
		"prompt create": {
			options: auth.LoginOptions{Prompt: "create"},
			want:    map[string]string{"prompt": "create"}},
		"offline_access requests consent": {
			config: scopes("openid", "offline_access"),
			want:   map[string]string{"prompt": "consent", "scope": "openid offline_access"}},
		"offline_access with prompt login": {
			config:  scopes("openid", "offline_access"),
			options: auth.LoginOptions{Prompt: "login"},
			want:    map[string]string{"prompt": "login consent"}},
		"prompt that is also configured is sent once": {
			config:  scopes("openid", "offline_access"),
			options: auth.LoginOptions{Prompt: "consent"},
			want:    map[string]string{"prompt": "consent"}},
		"prompt that is one of two configured is sent once": {
			config:  func(cfg *auth.Config) { cfg.Prompt = "login consent" },
			options: auth.LoginOptions{Prompt: "login"},
			want:    map[string]string{"prompt": "login consent"}},
		"prompt create is sent alone": {
			config:  scopes("openid", "offline_access"),
			options: auth.LoginOptions{Prompt: "create"},
			want:    map[string]string{"prompt": "create"}},
		"configured prompt is sent unchanged": {
			config: func(cfg *auth.Config) { cfg.Prompt = "select_account" },
			want:   map[string]string{"prompt": "select_account"}},
		"login hint is escaped": {
			options: auth.LoginOptions{LoginHint: "a+b@example.com&x=1"},
			want:    map[string]string{"login_hint": "a+b@example.com&x=1", "x": none}},
		"long login hint is clipped": {
			options: auth.LoginOptions{LoginHint: strings.Repeat("a", 5000)},
			want:    map[string]string{"login_hint": strings.Repeat("a", 320) + "…"}},
		"max age is sent in whole seconds": {
			options: auth.LoginOptions{MaxAge: 5*time.Minute + 700*time.Millisecond},
			want:    map[string]string{"max_age": "300"}},
		"max age is at least a second": {
			options: auth.LoginOptions{MaxAge: time.Millisecond},
			want:    map[string]string{"max_age": "1"}},
		"negative max age is not sent": {
			options: auth.LoginOptions{MaxAge: -time.Minute},
			want:    map[string]string{"max_age": none}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newApp(t, newProvider(t), c.config).browser()
			authURL, err := b.BeginLogin(c.options)
			if err != nil {
				t.Fatal(err)
			}
			q := mustParseURL(t, authURL).Query()
			for parameter, want := range c.want {
				got := none
				if q.Has(parameter) {
					got = q.Get(parameter)
				}
				if got != want {
					t.Errorf("%s: got %q, want %q", parameter, got, want)
				}
			}
			if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
				t.Errorf("FinishLogin: %v", err)
			}
		})
	}
}

// If the provider lists no prompt values, only login is sent, which every provider must support (OpenID Connect Core
// section 15.1).
func TestPromptIfProviderListsNone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Discovery = func(doc map[string]any) { delete(doc, "prompt_values_supported") }
	app := newApp(t, p, nil)
	for prompt, want := range map[string]string{"login": "login", "select_account": "", "create": "", "": ""} {
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{Prompt: prompt})
		if err != nil {
			t.Fatal(err)
		}
		if got := mustParseURL(t, authURL).Query().Get("prompt"); got != want {
			t.Errorf("prompt for the option %q: got %q, want %q", prompt, got, want)
		}
	}
}

// scopes returns a change of the configuration that sets the scopes.
func scopes(s ...string) func(*auth.Config) { return func(cfg *auth.Config) { cfg.Scopes = s } }

// The query of the authorization endpoint's URL is kept (RFC 6749 section 3.1).
func TestAuthorizationEndpointKeepsItsQuery(t *testing.T) {
	t.Parallel()
	for _, pushed := range []bool{false, true} {
		p := newProvider(t)
		p.Discovery = func(doc map[string]any) { doc["authorization_endpoint"] = p.Issuer + "/authorize?tenant=t%26x" }
		app := newApp(t, p, func(cfg *auth.Config) { cfg.PushedAuthorization = pushed })
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		q := mustParseURL(t, authURL).Query()
		if q.Get("tenant") != "t&x" || q.Get("client_id") != "starter" || q.Has("request_uri") != pushed {
			t.Errorf("pushed %v: got the query %v, want tenant, client_id, and request_uri only if pushed", pushed, q)
		}
	}
}

func TestPushedAuthorization(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(p *provider, cfg *auth.Config){
		"enabled in the configuration": func(_ *provider, cfg *auth.Config) { cfg.PushedAuthorization = true },
		"required by the provider":     func(p *provider, _ *auth.Config) { p.RequirePAR = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b := newApp(t, p, func(cfg *auth.Config) { prepare(p, cfg) }).browser()
			authURL, err := b.BeginLogin(auth.LoginOptions{LoginHint: "alice", Prompt: "login", MaxAge: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			q := mustParseURL(t, authURL).Query()
			const prefix = "urn:ietf:params:oauth:request_uri:"
			if len(q) != 2 || q.Get("client_id") != "starter" || !strings.HasPrefix(q.Get("request_uri"), prefix) {
				t.Errorf("authorization URL: got the parameters %v, want only client_id and request_uri", q)
			}
			form := p.LastRequest("/par").Form
			for name, want := range map[string]string{"login_hint": "alice", "prompt": "login", "max_age": "60"} {
				if got := form.Get(name); got != want {
					t.Errorf("pushed %s: got %q, want %q", name, got, want)
				}
			}
			if form.Get("state") == "" {
				t.Error("no state was pushed")
			}
			if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
				t.Errorf("FinishLogin: %v", err)
			}
		})
	}
	t.Run("disabled by default", func(t *testing.T) {
		t.Parallel()
		p := newProvider(t)
		newApp(t, p, nil).browser().MustSignIn()
		if n := p.RequestCount("/par"); n != 0 {
			t.Errorf("got %d pushed requests, want 0", n)
		}
	})
}

func TestPushedAuthorizationErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(p *provider)
		want    error
		code    string // of the ProviderError
	}{
		"error response": {
			status("/par", 400, asJSON, `{"error":"invalid_request","error_description":"no"}`),
			auth.ErrRefused, "invalid_request"},
		"wrong client secret": {func(p *provider) { p.ClientSecret = "another" }, auth.ErrRefused, "invalid_client"},
		"status 403 with a page": {
			status("/par", 403, "text/html", "<h1>no"), auth.ErrRefused, ""},
		"redirect": {handle("/par", redirectTo("https://evil.example/par")), auth.ErrRefused, ""},
		"no endpoint in the discovery document": {
			document("pushed_authorization_request_endpoint", nil), auth.ErrRefused, ""},
		"status 500":           {status("/par", 500, asJSON, `{"error":"server_error"}`), auth.ErrUnavailable, ""},
		"status 429":           {status("/par", 429, asJSON, `{"error":"slow_down"}`), auth.ErrUnavailable, ""},
		"response is not JSON": {status("/par", 201, asJSON, `request_uri`), auth.ErrMisconfigured, ""},
		"request_uri missing":  {status("/par", 201, asJSON, `{"expires_in":60}`), auth.ErrMisconfigured, ""},
		"endless response":     {handle("/par", endlessJSON(nil)), auth.ErrUnavailable, ""},
		"connection lost":      {handle("/par", lostConnection), auth.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, func(cfg *auth.Config) { cfg.PushedAuthorization = true })
			c.prepare(p)
			b := app.browser()
			authURL, resp, err := b.beginLoginResponse(auth.LoginOptions{})
			if !errors.Is(err, c.want) || authURL != "" {
				t.Errorf("got %q, %v, want %v", authURL, err, c.want)
			}
			if c.code != "" && !isRefusal(err, c.code) {
				t.Errorf("got %v, want a ProviderError with code %q", err, c.code)
			}
			if len(resp.Cookies()) != 0 {
				t.Errorf("got the cookies %v, want none", resp.Cookies())
			}
		})
	}
}

// redirectTo returns a handler that redirects to target with status 307.
func redirectTo(target string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	}
}
