package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// ownParams are the parameters that an application must not set.
var ownParams = []string{"state", "nonce", "redirect_uri", "response_type", "client_id", "scope", "code_challenge",
	"code_challenge_method", "request", "request_uri", "prompt", "max_age", "login_hint", "response_mode", "id_token_hint",
	"client_secret", "client_assertion", "client_assertion_type", ""}

func TestAdditionalParameters(t *testing.T) {
	t.Parallel()
	for _, pushed := range []bool{false, true} {
		p := newProvider(t)
		document("authorization_endpoint", p.Issuer+"/authorize?tenant=a")(p)
		app := newApp(t, p, func(cfg *auth.Config) {
			cfg.PushedAuthorization = pushed
			cfg.AuthParams = url.Values{"audience": {"https://api.example.com"}, "access_type": {"offline & more"},
				"resource": {"https://one.example", "https://two.example"}}
		})
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{Params: url.Values{"access_type": {"online"},
			"ui_locales": {"de"}}})
		if err != nil {
			t.Fatal(err)
		}
		q := mustParseURL(t, authURL).Query()
		if pushed {
			q = p.LastRequest("/par").Form
		}
		for name, want := range map[string][]string{
			"audience": {"https://api.example.com"}, "access_type": {"online"}, "ui_locales": {"de"}, "tenant": {"a"},
			"resource": {"https://one.example", "https://two.example"}, "response_type": {"code"},
			"client_id": {"starter"}, "scope": {"openid profile email"},
		} {
			if !slices.Equal(q[name], want) {
				t.Errorf("pushed %v: %s: got %q, want %q", pushed, name, q[name], want)
			}
		}
	}
}

// The parameters of one sign-in do not stay for the next one.
func TestParametersOfOneSignIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, func(cfg *auth.Config) { cfg.AuthParams = url.Values{"audience": {"a"}} }).browser()
	for _, want := range []string{"b", "a"} {
		params := url.Values{"audience": {want}}
		if want == "a" {
			params = nil
		}
		authURL, err := b.BeginLogin(auth.LoginOptions{Params: params})
		if got := mustParseURL(t, authURL).Query().Get("audience"); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestOwnParametersAreRejected(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	check := func(name string, params url.Values) {
		cfg := app.cfg
		cfg.AuthParams = params
		mistake, ok := errors.AsType[*auth.ConfigError](cfg.Validate())
		if !ok || mistake.Field != "AuthParams" || !strings.Contains(mistake.Problem, name) {
			t.Errorf("AuthParams with %q: got %v, want a ConfigError", name, mistake)
		}
		authURL, resp, err := app.browser().beginLoginResponse(auth.LoginOptions{Params: params})
		if err == nil || authURL != "" || len(resp.Cookies()) != 0 {
			t.Errorf("LoginOptions.Params with %q: got %q, %v, want an error", name, authURL, err)
		}
	}
	for _, name := range ownParams {
		check(name, url.Values{name: {"x"}})
	}
	check("audience", url.Values{"audience": {"a", "b"}}) // only resource may be repeated
}

func TestPromptOff(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]string{"off": "", "": "consent", "login": "login"} {
		app := newApp(t, newProvider(t), combine(withOfflineAccess, func(cfg *auth.Config) { cfg.Prompt = prompt }))
		authURL, err := app.browser().BeginLogin(auth.LoginOptions{})
		if q := mustParseURL(t, authURL).Query(); err != nil || q.Get("prompt") != want || q.Has("prompt") != (want != "") {
			t.Errorf("Prompt %q: got %q, %v, want %q", prompt, q["prompt"], err, want)
		}
	}
}

// The audience of a client assertion is the issuer as the provider spells it, or the configured one.
func TestClientAssertionAudience(t *testing.T) {
	t.Parallel()
	for name, configured := range map[string]string{"default": "", "configured": "https://op.example/token"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			withPath(p, "/tenant/")
			configure := privateKeyJWTClient("ES256", "kid")(p)
			app := newApp(t, p, combine(configure, func(cfg *auth.Config) {
				cfg.Issuer = strings.TrimSuffix(cfg.Issuer, "/")
				cfg.ClientAssertionAudience = configured
			}))
			if configured == "" {
				app.browser().MustSignIn()
				return
			}
			_ = app.browser().SignIn() // this provider wants its issuer
			assertion := p.LastRequest("/token").Form.Get("client_assertion")
			if got := claimOf(t, assertion, "aud"); got != configured {
				t.Errorf("aud: got %v, want %q", got, configured)
			}
		})
	}
}

// claimOf returns a claim of a JWT without checking the signature.
func claimOf(t *testing.T, jwt, name string) any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("got %d parts, want a JWT", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims[name]
}
