package auth

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestRefreshTokenIsRevokedIfTheBrowserDoesNotReturn checks the revocation after a sign-out from which the browser does
// not come back: not at once, because the provider may still need the session, but after revokeAfterLogout.
func TestRefreshTokenIsRevokedIfTheBrowserDoesNotReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const metadata = `{"issuer":"https://id.example","authorization_endpoint":"https://id.example/authorize",` +
			`"token_endpoint":"https://id.example/token","jwks_uri":"https://id.example/keys",` +
			`"revocation_endpoint":"https://id.example/revoke"}`
		revoked := make(chan string, 2)
		c, err := New(Config{
			Issuer: "https://id.example", ClientID: "app", RedirectURL: "https://app.example/login/callback",
			Store: struct{ Store }{}, // not used
			Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				body := ""
				switch r.URL.Path {
				case "/.well-known/openid-configuration":
					body = metadata
				case "/revoke":
					form, err := io.ReadAll(r.Body)
					values, _ := url.ParseQuery(string(form))
					if err != nil {
						return nil, err
					}
					revoked <- values.Get("token")
				}
				header := http.Header{"Content-Type": {"application/json"}}
				return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		c.revokeAfter(t.Context(), "state", "refresh-token")
		time.Sleep(revokeAfterLogout - time.Millisecond)
		synctest.Wait()
		if len(revoked) != 0 {
			t.Errorf("revoked %q too early", <-revoked)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if len(revoked) != 1 {
			t.Fatalf("%d revocations, want 1", len(revoked))
		}
		if got := <-revoked; got != "refresh-token" {
			t.Errorf("revoked %q, want the refresh token", got)
		}
		c.Wait()
	})
}
