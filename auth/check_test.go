package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// findings returns the findings of a client that are not OK, by name.
func findings(t *testing.T, a *app) map[string]auth.Finding {
	t.Helper()
	all := map[string]auth.Finding{}
	for _, f := range a.client.Check(t.Context()) {
		a.output.addText(f.Name + f.Text + f.Cure)
		if f.Name == "" || f.Text == "" || f.Severity == auth.Problem && f.Cure == "" {
			t.Errorf("got the finding %+v", f)
		}
		if f.Severity != auth.OK {
			all[f.Name] = f
		}
	}
	return all
}

// withLists makes the provider list all that the client uses.
func withLists(doc map[string]any) {
	doc["code_challenge_methods_supported"] = []string{"plain", "S256"}
	doc["scopes_supported"] = []string{"openid", "profile", "email"}
	doc["response_types_supported"] = []string{"code", "id_token"}
	doc["backchannel_logout_supported"] = true
}

func TestCheckFindsNothingWrong(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Discovery = withLists
	a := newApp(t, p, func(cfg *auth.Config) { cfg.RedirectURL = "http://localhost:3000/login/callback" })
	if wrong := findings(t, a); len(wrong) > 0 {
		t.Errorf("got %+v", wrong)
	}
	if n := len(a.client.Check(t.Context())); n < 12 {
		t.Errorf("got %d findings, want 12 at least", n)
	}
	a.browser().MustSignIn() // the checks have not used anything up
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	member := func(name string, value any) func(*provider) {
		return func(p *provider) {
			p.Discovery = func(doc map[string]any) {
				withLists(doc)
				if doc[name] = value; value == nil {
					delete(doc, name)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		override func(*provider)
		config   func(*auth.Config)
		finding  string // name
		severity auth.Severity
		field    string
		says     string // in the text or the cure
	}{
		"another issuer":    {member("issuer", "https://other.example"), nil, "discovery", auth.Problem, "Issuer", "https://other.example"},
		"no token endpoint": {member("token_endpoint", nil), nil, "discovery", auth.Problem, "Issuer", "token_endpoint"},
		"no provider": {nil, func(cfg *auth.Config) { cfg.Issuer = "http://127.0.0.1:1" }, "discovery", auth.Problem, "Issuer",
			"connection refused"},
		"keys not readable": {member("jwks_uri", "http://127.0.0.1:1/jwks"), nil, "keys", auth.Problem, "Issuer", "refused"},
		"no key for the algorithm": {member("id_token_signing_alg_values_supported", nil),
			func(cfg *auth.Config) { cfg.SigningAlg = "ES256" }, "keys", auth.Problem, "SigningAlg", "ES256"},
		"algorithm not listed": {member("id_token_signing_alg_values_supported", []string{"RS512"}),
			func(cfg *auth.Config) { cfg.SigningAlg = "RS256" }, "signing algorithm", auth.Problem, "SigningAlg", "RS512"},
		"clock five minutes slow": {nil, func(cfg *auth.Config) {
			cfg.Now = func() time.Time { return time.Now().Add(-312 * time.Second) }
		}, "clock", auth.Problem, "ClockSkew", "behind"},
		"PKCE without S256": {member("code_challenge_methods_supported", []string{"plain"}), nil, "PKCE", auth.Warning, "", "plain"},
		"no code flow":      {member("response_types_supported", []string{"id_token"}), nil, "response type", auth.Problem, "", "code"},
		"method not listed": {member("token_endpoint_auth_methods_supported", []string{"client_secret_post"}),
			func(cfg *auth.Config) { cfg.ClientAuthMethod = auth.ClientSecretBasic }, "client authentication", auth.Problem,
			"ClientAuthMethod", "client_secret_post only"},
		"scope not listed": {member("scopes_supported", []string{"openid"}), nil, "scopes", auth.Warning, "Scopes", "email"},
		"prompt not listed": {member("prompt_values_supported", []string{"none", "login"}),
			func(cfg *auth.Config) { cfg.Prompt = "consent" }, "prompt", auth.Problem, "Prompt", "consent"},
		"no pushed requests": {member("pushed_authorization_request_endpoint", nil),
			func(cfg *auth.Config) { cfg.PushedAuthorization = true }, "pushed authorization", auth.Problem,
			"PushedAuthorization", ""},
		"redirect URI not registered": {func(p *provider) { p.RedirectURI = "http://127.0.0.1/login/callback" }, nil,
			"redirect URI", auth.Problem, "RedirectURL", "http://app.test/login/callback"},
		"wrong client ID": {nil, func(cfg *auth.Config) { cfg.ClientID = "someone" }, "redirect URI", auth.Problem, "RedirectURL", "someone"},
		"wrong secret": {nil, func(cfg *auth.Config) { cfg.ClientSecret = "wrong" }, "client secret", auth.Problem,
			"ClientSecret", "Copy"},
		"no sign-out at the provider": {member("end_session_endpoint", nil), nil, "sign-out", auth.Warning, "", "end_session_endpoint"},
		"no sign-out from outside":    {member("backchannel_logout_supported", false), nil, "sign-out elsewhere", auth.Warning, "", "neither"},
		"no userinfo":                 {member("userinfo_endpoint", nil), nil, "userinfo", auth.Warning, "", "ID token"},
		"http in public": {nil, func(cfg *auth.Config) { cfg.RedirectURL = "http://app.example/login/callback" }, "cookies", auth.Warning,
			"RedirectURL", "unencrypted"},
		"store not writable": {nil, func(cfg *auth.Config) { cfg.Store = brokenStore{cfg.Store} }, "session store", auth.Problem, "Store",
			"read-only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.Discovery = withLists
			a := newApp(t, p, c.config)
			if c.override != nil {
				c.override(p)
			}
			got, found := findings(t, a)[c.finding]
			if !found || got.Severity != c.severity || got.Field != c.field || !strings.Contains(got.Text+got.Cure, c.says) {
				t.Errorf("got %+v, want %s about %q that says %q", got, c.severity, c.field, c.says)
			}
		})
	}
}

// brokenStore is a store that cannot be written.
type brokenStore struct{ auth.Store }

func (brokenStore) LoadOrStore(context.Context, string, []byte, time.Time) ([]byte, bool, error) {
	return nil, false, errors.New("the disk is read-only")
}

// TestCheckSignsNobodyIn checks that the requests of Check create neither a session nor a code that could be redeemed.
func TestCheckSignsNobodyIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newSpy(t)
	a := newApp(t, p, withStore(s))
	a.client.Check(t.Context())
	if n := s.count("Create"); n != 0 {
		t.Errorf("created %d sessions", n)
	}
	if got := p.LastRequest("/authorize").Form.Get("prompt"); got != "none" {
		t.Errorf("sent an authorization request with the prompt %q", got)
	}
	if got := p.RequestCount("/token"); got != 1 {
		t.Errorf("sent %d token requests, want 1", got)
	}
	if !slices.Contains([]int{1, 2}, p.RequestCount(discoveryPath)) {
		t.Errorf("sent %d discovery requests", p.RequestCount(discoveryPath))
	}
}
