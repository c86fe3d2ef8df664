package devidp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func TestUserinfoReturnsTheUsersClaims(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, func(cfg *devidp.Config) {
		cfg.Users = append(devidp.DemoUsers(), devidp.User{
			Username: "x", Claims: map[string]any{"name": "<script>", "roles": []string{"a"}},
		})
	})
	for username, want := range map[string]string{
		"bob": `{"email":"bob@example.com","email_verified":false,"family_name":"Wilson","given_name":"Bob",` +
			`"locale":"en-US","name":"Bob Wilson","preferred_username":"bob","sub":"dev-bob",` +
			`"updated_at":1768469400,"username":"bob"}`,
		"nomad": `{"family_name":"Nomad","given_name":"Robin","name":"Robin Nomad","preferred_username":"nomad",` +
			`"sub":"dev-nomad","updated_at":1768469400,"username":"nomad"}`,
		"x": `{"name":"\u003cscript\u003e","preferred_username":"x","roles":["a"],"sub":"dev-x","username":"x"}`,
	} {
		token, _ := e.tokens(e.browser(), username)
		if got := strings.TrimSpace(e.userinfo(token.AccessToken, http.StatusOK)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", username, got, want)
		}
	}
	e.oauth.Scopes = []string{"openid"}
	token, _ := e.tokens(e.browser(), "ada")
	if got := strings.TrimSpace(e.userinfo(token.AccessToken, http.StatusOK)); got != `{"sub":"dev-ada"}` {
		t.Errorf("scope openid: got %s", got)
	}
}

// userinfo sends a request to the userinfo endpoint, checks the status and returns the body.
func (e *testEnv) userinfo(accessToken string, status int) string {
	e.Helper()
	req, err := http.NewRequestWithContext(e.ctx, "GET", e.Issuer()+"/userinfo", nil)
	if err != nil {
		e.Fatal(err)
	}
	if accessToken != "" {
		req.Header.Set("Authorization", "Bearer "+accessToken)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		e.Fatal(err)
	}
	body := e.body(resp)
	if resp.StatusCode != status {
		e.Errorf("userinfo: status %d, want %d: %s", resp.StatusCode, status, body)
	}
	if challenge := resp.Header.Get("WWW-Authenticate"); status == 401 && !strings.HasPrefix(challenge, "Bearer") {
		e.Errorf("userinfo: WWW-Authenticate %q", challenge)
	}
	return body
}

func TestUserinfoRejectsInvalidTokens(t *testing.T) {
	t.Parallel()
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	token, _ := e.tokens(e.browser(), "ada")
	e.userinfo(token.AccessToken, 200)
	e.userinfo("", 401)
	e.userinfo("nonsense", 401)
	e.userinfo(token.AccessToken[:len(token.AccessToken)-2], 401)
	clock.advance(time.Hour)
	e.userinfo(token.AccessToken, 401)
}
