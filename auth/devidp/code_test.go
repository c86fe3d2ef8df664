package devidp_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func TestCodeFlow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		alg   string
		style oauth2.AuthStyle
		spa   bool
	}{
		{name: "confidential client, secret in the header"},
		{name: "confidential client, secret in the form", style: oauth2.AuthStyleInParams},
		{name: "public client", spa: true, style: oauth2.AuthStyleInParams},
		{name: "PS256", alg: "PS256"},
		{name: "ES256", alg: "ES256"},
		{name: "EdDSA", alg: "EdDSA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, func(cfg *devidp.Config) { cfg.SigningAlg = tt.alg })
			if tt.style != 0 {
				e.oauth.Endpoint.AuthStyle = tt.style
			}
			if tt.spa {
				e.oauth.ClientID, e.oauth.ClientSecret, e.oauth.RedirectURL = "spa", "", e.app.URL+"/spa?keep=1"
				e.verifier = e.discovered.Verifier(&oidc.Config{ClientID: "spa"})
			}
			before := time.Now().Add(-time.Second)
			browser := e.browser()
			q := e.callback(browser, "ada")
			if tt.spa && q.Get("keep") != "1" {
				t.Errorf("the query of the redirect URI is missing: %v", q)
			}
			token, err := e.oauth.Exchange(e.ctx, q.Get("code"), verifier())
			if err != nil {
				t.Fatal(err)
			}
			id := e.verify(token)
			if id.Nonce != "the-nonce" || id.Subject != "dev-ada" ||
				!slices.Equal(id.Audience, []string{e.oauth.ClientID}) {
				t.Errorf("ID token %+v", id)
			}
			if err := id.VerifyAccessToken(token.AccessToken); err != nil {
				t.Errorf("at_hash: %v", err)
			}
			var claims struct {
				AuthTime int64  `json:"auth_time"`
				Name     string `json:"name"`
			}
			if err := id.Claims(&claims); err != nil || claims.AuthTime < before.Unix() || claims.AuthTime > time.Now().Unix() {
				t.Errorf("auth_time %d, %v", claims.AuthTime, err)
			}
			if claims.Name != "" {
				t.Error("the ID token contains the claims of userinfo")
			}
			if token.RefreshToken != "" {
				t.Error("got a refresh token without offline_access")
			}
			if in := time.Until(token.Expiry); in < 55*time.Minute || in > time.Hour {
				t.Errorf("the access token expires in %v", in)
			}
			e.sid(id)

			info, err := e.discovered.UserInfo(e.ctx, oauth2.StaticTokenSource(token))
			if err != nil {
				t.Fatal(err)
			}
			var user map[string]any
			if err := info.Claims(&user); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"sub": "dev-ada", "username": "ada", "preferred_username": "ada",
				"name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
				"nickname": "Ada", "locale": "en-GB", "zoneinfo": "Europe/London", "updated_at": float64(1768469400),
				"email": "ada@example.com", "email_verified": true,
			}
			if got, _ := json.Marshal(user); string(got) != mustJSON(t, want) {
				t.Errorf("userinfo\ngot  %s\nwant %s", got, mustJSON(t, want))
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// errorCode returns the error code of a token endpoint's response.
func errorCode(err error) string {
	if e := new(oauth2.RetrieveError); errors.As(err, &e) {
		return e.ErrorCode
	}
	return ""
}

func TestTokenEndpointRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	pkce := verifier()
	for _, tt := range []struct {
		name, want string
		change     func(*oauth2.Config)
		options    []oauth2.AuthCodeOption
		wait       time.Duration
	}{
		{name: "no verifier", want: "invalid_request", options: []oauth2.AuthCodeOption{}},
		{name: "wrong verifier", want: "invalid_grant", options: []oauth2.AuthCodeOption{
			oauth2.VerifierOption(codeVerifier + "x"),
		}},
		{name: "wrong secret", want: "invalid_client", change: func(c *oauth2.Config) { c.ClientSecret = "wrong" }},
		{name: "no secret", want: "invalid_client", change: func(c *oauth2.Config) {
			c.ClientSecret, c.Endpoint.AuthStyle = "", oauth2.AuthStyleInParams
		}},
		{name: "unknown client", want: "invalid_client", change: func(c *oauth2.Config) { c.ClientID = "stranger" }},
		{name: "code of another client", want: "invalid_grant", change: func(c *oauth2.Config) {
			c.ClientID, c.ClientSecret, c.Endpoint.AuthStyle = "spa", "", oauth2.AuthStyleInParams
		}},
		{name: "another redirect_uri", want: "invalid_grant", change: func(c *oauth2.Config) { c.RedirectURL += "/" }},
		{name: "code expired", want: "invalid_grant", wait: time.Minute},
		{name: "valid", want: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := e.code(e.browser(), "ada")
			clock.advance(tt.wait)
			c := e.oauth
			if tt.change != nil {
				tt.change(&c)
			}
			if tt.options == nil {
				tt.options = []oauth2.AuthCodeOption{pkce}
			}
			_, err := c.Exchange(e.ctx, code, tt.options...)
			if got := errorCode(err); got != tt.want || (tt.want == "") != (err == nil) {
				t.Errorf("got %q, want %q: %v", got, tt.want, err)
			}
			if tt.want != "" { // the code cannot be used again
				if _, err := e.oauth.Exchange(e.ctx, code, pkce); errorCode(err) != "invalid_grant" {
					t.Errorf("second use: got %v", err)
				}
			}
		})
	}

	for _, form := range []url.Values{
		{"grant_type": {"client_credentials"}}, {"grant_type": {"password"}},
		{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"x"}}, {"grant_type": {"implicit"}},
	} {
		resp, body := e.post(http.DefaultClient, e.Issuer()+"/token", form)
		if resp.StatusCode != 400 || !strings.Contains(body, `"unsupported_grant_type"`) {
			t.Errorf("%v: %d %s", form, resp.StatusCode, body)
		}
	}
	query := url.Values{"client_secret": {secret}}
	resp, body := e.post(http.DefaultClient, e.Issuer()+"/token?"+query.Encode(), url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"app"}, "code": {e.code(e.browser(), "ada")},
		"code_verifier": {codeVerifier}, "redirect_uri": {e.oauth.RedirectURL},
	})
	if resp.StatusCode != 401 || jsonError(body) != "invalid_client" {
		t.Errorf("secret in the URL: %d %s", resp.StatusCode, body)
	}
}

func TestSecondUseOfACodeRevokesItsTokens(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "devidp.json")
	for name, between := range map[string]func(*testEnv){
		"at once":         func(*testEnv) {},
		"after a restart": func(e *testEnv) { e.restart(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newTestEnv(t, func(cfg *devidp.Config) { cfg.File = file })
			code := e.code(e.browser(), "ada")
			token, err := e.oauth.Exchange(e.ctx, code, verifier())
			if err != nil {
				t.Fatal(err)
			}
			e.userinfo(token.AccessToken, 200)
			between(e)
			if _, err := e.oauth.Exchange(e.ctx, code, verifier()); errorCode(err) != "invalid_grant" {
				t.Errorf("second use: got %v", err)
			}
			e.userinfo(token.AccessToken, 401)
		})
	}
}

// countSuccesses requests tokens eight times at once and returns how many requests succeeded. The others must fail with
// invalid_grant.
func (e *testEnv) countSuccesses(request func() (*oauth2.Token, error)) (n int) {
	e.Helper()
	for _, err := range concurrently(8, func() error { _, err := request(); return err }) {
		if err == nil {
			n++
		} else if errorCode(err) != "invalid_grant" {
			e.Error(err)
		}
	}
	return n
}

func TestConcurrentUsesOfACode(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	code := e.code(e.browser(), "ada")
	if n := e.countSuccesses(func() (*oauth2.Token, error) { return e.oauth.Exchange(e.ctx, code, verifier()) }); n > 1 {
		t.Errorf("%d uses succeeded, want at most 1", n)
	}
}
