package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// What a sign-in asks for beyond the usual is sent when it can be, and left out when it cannot.
func TestLoginOptions(t *testing.T) {
	t.Parallel()
	const none = "\x00" // the parameter is not there
	for name, c := range map[string]struct {
		options auth.LoginOptions
		config  func(*auth.Config)
		want    map[string]string
	}{
		"nothing asked": {want: map[string]string{"prompt": none, "login_hint": none, "max_age": none, "request_uri": none}},
		"a prompt that the provider lists": {
			options: auth.LoginOptions{Prompt: "login"}, want: map[string]string{"prompt": "login"}},
		"a prompt that it does not list": {
			options: auth.LoginOptions{Prompt: "select_account"}, want: map[string]string{"prompt": none}},
		"register": {
			options: auth.LoginOptions{Prompt: "create"}, want: map[string]string{"prompt": "create"}},
		"offline_access asks for consent": {
			config: scopes("openid", "offline_access"), want: map[string]string{"prompt": "consent", "scope": "openid offline_access"}},
		"offline_access and login": {
			config: scopes("openid", "offline_access"), options: auth.LoginOptions{Prompt: "login"}, want: map[string]string{"prompt": "login consent"}},
		"the same prompt twice is sent once": {
			config: scopes("openid", "offline_access"), options: auth.LoginOptions{Prompt: "consent"}, want: map[string]string{"prompt": "consent"}},
		"nor is one of several sent twice": {
			config:  func(cfg *auth.Config) { cfg.Prompt = "login consent" },
			options: auth.LoginOptions{Prompt: "login"}, want: map[string]string{"prompt": "login consent"}},
		"create stands alone": {
			config: scopes("openid", "offline_access"), options: auth.LoginOptions{Prompt: "create"}, want: map[string]string{"prompt": "create"}},
		"a configured prompt is sent as it is": {
			config: func(cfg *auth.Config) { cfg.Prompt = "select_account" }, want: map[string]string{"prompt": "select_account"}},
		"login hint": {
			options: auth.LoginOptions{LoginHint: "a+b@example.com&x=1"}, want: map[string]string{"login_hint": "a+b@example.com&x=1", "x": none}},
		"a long login hint is cut": {
			options: auth.LoginOptions{LoginHint: strings.Repeat("a", 5000)}, want: map[string]string{"login_hint": strings.Repeat("a", 320) + "…"}},
		"max age in seconds": {
			options: auth.LoginOptions{MaxAge: 5*time.Minute + 700*time.Millisecond}, want: map[string]string{"max_age": "300"}},
		"a second is the least": {
			options: auth.LoginOptions{MaxAge: time.Millisecond}, want: map[string]string{"max_age": "1"}},
		"a negative max age is none": {
			options: auth.LoginOptions{MaxAge: -time.Minute}, want: map[string]string{"max_age": none}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newApp(t, newProvider(t), c.config).browser()
			authURL, err := b.BeginLogin(c.options)
			if err != nil {
				t.Fatal(err)
			}
			q := mustURL(t, authURL).Query()
			for parameter, want := range c.want {
				if got, there := q.Get(parameter), q.Has(parameter); there == (want == none) || there && got != want {
					t.Errorf("%s is %q, want %q", parameter, got, want)
				}
			}
			if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
				t.Errorf("finish: %v", err)
			}
		})
	}
}

// Every provider must know login (OpenID Connect Core section 15.1), also one that lists no values.
func TestPromptsOfAProviderWithoutAList(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.bend(func(b *bends) { b.Discovery = func(doc map[string]any) { delete(doc, "prompt_values_supported") } })
	app := newApp(t, op, nil)
	for asked, want := range map[string]string{"login": "login", "select_account": "", "create": "", "": ""} {
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{Prompt: asked})
		if err != nil {
			t.Fatal(err)
		}
		if got := mustURL(t, authURL).Query().Get("prompt"); got != want {
			t.Errorf("%q is sent as %q, want %q", asked, got, want)
		}
	}
}

func scopes(s ...string) func(*auth.Config) { return func(cfg *auth.Config) { cfg.Scopes = s } }

// What the authorization endpoint's own address carries is kept (RFC 6749 section 3.1).
func TestAuthorizationEndpointWithAQuery(t *testing.T) {
	t.Parallel()
	for _, pushed := range []bool{false, true} {
		op := newProvider(t)
		op.Discovery = func(doc map[string]any) { doc["authorization_endpoint"] = op.Issuer + "/authorize?tenant=t%26x" }
		app := newApp(t, op, func(cfg *auth.Config) { cfg.PushedAuthorization = pushed })
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if q := mustURL(t, authURL).Query(); q.Get("tenant") != "t&x" || q.Get("client_id") != "starter" || q.Has("request_uri") != pushed {
			t.Errorf("pushed %v: %v", pushed, q)
		}
	}
}

func TestPushedAuthorization(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(op *provider, cfg *auth.Config){
		"asked for by the configuration": func(_ *provider, cfg *auth.Config) { cfg.PushedAuthorization = true },
		"required by the provider":       func(op *provider, _ *auth.Config) { op.RequirePAR = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			b := newApp(t, op, func(cfg *auth.Config) { prepare(op, cfg) }).browser()
			authURL, err := b.BeginLogin(auth.LoginOptions{LoginHint: "alice", Prompt: "login", MaxAge: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			q := mustURL(t, authURL).Query()
			if len(q) != 2 || q.Get("client_id") != "starter" || !strings.HasPrefix(q.Get("request_uri"), "urn:ietf:params:oauth:request_uri:") {
				t.Errorf("the browser carries %v, want client_id and request_uri alone", q)
			}
			form := op.Last("/par").Form
			if form.Get("login_hint") != "alice" || form.Get("prompt") != "login" || form.Get("max_age") != "60" || form.Get("state") == "" {
				t.Errorf("pushed %v", form)
			}
			if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
				t.Errorf("finish: %v", err)
			}
		})
	}
	t.Run("not otherwise", func(t *testing.T) {
		t.Parallel()
		op := newProvider(t)
		newApp(t, op, nil).browser().MustSignIn()
		if n := op.Calls("/par"); n != 0 {
			t.Errorf("%d pushes", n)
		}
	})
}

func TestPushedAuthorizationRefused(t *testing.T) {
	t.Parallel()
	const asJSON = "application/json"
	for name, c := range map[string]struct {
		bend func(op *provider)
		want error
		code string
	}{
		"in the provider's words": {func(op *provider) {
			op.Status("/par", 400, asJSON, `{"error":"invalid_request","error_description":"no"}`)
		}, auth.ErrRefused, "invalid_request"},
		"wrong secret":  {func(op *provider) { op.ClientSecret = "another" }, auth.ErrRefused, "invalid_client"},
		"without words": {func(op *provider) { op.Status("/par", 403, "text/html", "<h1>no") }, auth.ErrRefused, ""},
		"redirect":      {func(op *provider) { op.Handle("/par", redirectTo("https://evil.example/par")) }, auth.ErrRefused, ""},
		"no such endpoint": {func(op *provider) {
			op.Discovery = func(doc map[string]any) { delete(doc, "pushed_authorization_request_endpoint") }
		}, auth.ErrRefused, ""},
		"status 500":            {func(op *provider) { op.Status("/par", 500, asJSON, `{"error":"server_error"}`) }, auth.ErrUnavailable, ""},
		"too many requests":     {func(op *provider) { op.Status("/par", 429, asJSON, `{"error":"slow_down"}`) }, auth.ErrUnavailable, ""},
		"garbage":               {func(op *provider) { op.Status("/par", 201, asJSON, `request_uri`) }, auth.ErrMisconfigured, ""},
		"no request_uri":        {func(op *provider) { op.Status("/par", 201, asJSON, `{"expires_in":60}`) }, auth.ErrMisconfigured, ""},
		"an answer without end": {func(op *provider) { op.Handle("/par", endlessJSON(nil)) }, auth.ErrUnavailable, ""},
		"a connection that is lost": {func(op *provider) {
			op.Handle("/par", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, auth.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			app := newApp(t, op, func(cfg *auth.Config) { cfg.PushedAuthorization = true })
			c.bend(op)
			b := app.browser()
			authURL, resp, err := b.begin(auth.LoginOptions{})
			if !errors.Is(err, c.want) || authURL != "" {
				t.Errorf("got %q, %v, want %v", authURL, err, c.want)
			}
			if refusal := (*auth.ProviderError)(nil); c.code != "" && (!errors.As(err, &refusal) || refusal.Code != c.code) {
				t.Errorf("got %v, want code %q", err, c.code)
			}
			if len(resp.Cookies()) != 0 {
				t.Errorf("cookies %v although nothing began", resp.Cookies())
			}
		})
	}
}

func redirectTo(target string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	}
}
