package devidp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// TestHelloRequiresAnAccessToken checks that the API answers a valid token in the Authorization header and nothing
// else.
func TestHelloRequiresAnAccessToken(t *testing.T) {
	t.Parallel()
	clock := new(testClock)
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	token, _ := e.tokens(e.browser(), "ada")
	call := func(query, authorization string) (status int, challenge, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(e.ctx, "GET", e.Issuer()+devidp.HelloPath+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header.Get("WWW-Authenticate"), strings.TrimSpace(e.body(resp))
	}
	const hello = `{"message":"Hello, Ada Lovelace!","sub":"dev-ada"}`
	if status, _, body := call("", "Bearer "+token.AccessToken); status != 200 || body != hello {
		t.Errorf("got status %d and %s, want %s", status, body, hello)
	}
	const missing, invalid = `Bearer realm="devidp"`, `Bearer realm="devidp", error="invalid_token"`
	check := func(name, query, authorization, challenge string) {
		t.Helper()
		status, got, body := call(query, authorization)
		if status != 401 || got != challenge || strings.Contains(body, "Ada") {
			t.Errorf("%s: got status %d, WWW-Authenticate %q and %s, want 401 and %q", name, status, got, body, challenge)
		}
	}
	check("no token", "", "", missing)
	check("token in the URL", "?access_token="+token.AccessToken, "", missing)
	check("another scheme", "", "Basic "+token.AccessToken, missing)
	check("refresh token", "", "Bearer "+token.RefreshToken+"x", invalid)
	clock.advance(time.Hour)
	check("expired token", "", "Bearer "+token.AccessToken, invalid)
}
