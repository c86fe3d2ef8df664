package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// If the userinfo endpoint does not accept the access token, the claims of the ID token are used, and each sign-in logs
// one warning.
func TestUserinfoIsOptionalAtSignIn(t *testing.T) {
	t.Parallel()
	for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.IDToken = func(claims, _ map[string]any) { claims["email"] = "alice@id-token.example" }
			p.Respond("/userinfo", code, asJSON, `{}`)
			app := newApp(t, p, nil)
			for n := 1; n <= 2; n++ {
				if u := app.browser().MustSignIn(); u.Email != "alice@id-token.example" {
					t.Errorf("got the user %+v, want the claims of the ID token", u)
				}
				if got := strings.Count(app.logText(), "signed in with the claims of the ID token only"); got != n {
					t.Errorf("got %d warnings after %d sign-ins:\n%s", got, n, app.logText())
				}
			}
		})
	}
}

// logText returns what the application has logged.
func (a *app) logText() string {
	a.output.mu.Lock()
	defer a.output.mu.Unlock()
	return a.output.log.String()
}

// denyToken makes the userinfo endpoint reject one access token with a status.
func denyToken(p *provider, status int) {
	denied := p.LastRequest("/userinfo").Header.Get("Authorization")
	p.Handle("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == denied {
			http.Error(w, "Bad_OAuth_Token", status)
			return
		}
		p.userinfo(w, r)
	})
}

// If the userinfo endpoint no longer accepts the access token, Refresh renews it once.
func TestRefreshRenewsADeniedAccessToken(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		for name, c := range map[string]struct {
			change  func(*auth.Config)
			always  bool // the endpoint rejects every access token
			want    error
			renewed int
		}{
			"with a refresh token":                  {withOfflineAccess, false, nil, 1},
			"without a refresh token":               {nil, false, auth.ErrNeedsSignIn, 0},
			"with a refresh token, rejected always": {withOfflineAccess, true, auth.ErrNeedsSignIn, 1},
		} {
			t.Run(http.StatusText(status)+", "+name, func(t *testing.T) {
				t.Parallel()
				p := newProvider(t)
				tokensWith("expires_in", nil)(p)
				b := newApp(t, p, c.change).browser()
				b.MustSignIn()
				if denyToken(p, status); c.always {
					p.Respond("/userinfo", status, "text/plain", "Bad_OAuth_Token")
				}
				want := c.want
				if c.always && status == http.StatusForbidden { // a new sign-in would not help
					want = auth.ErrMisconfigured
				}
				if _, err := b.Refresh(); !errors.Is(err, want) {
					t.Errorf("Refresh: got %v, want %v", err, want)
				}
				if n := p.RequestCount("/token") - 1; n != c.renewed {
					t.Errorf("got %d renewals, want %d", n, c.renewed)
				}
				if _, err := b.User(); err != nil {
					t.Errorf("session afterwards: %v", err)
				}
			})
		}
	}
}

// A number for sub is named, because a number may lose digits and OpenID Connect requires a string.
func TestNumericSubIsNamed(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(*provider){
		"ID token": claim("sub", 42),
		"userinfo": func(p *provider) { p.Userinfo = func(c map[string]any) { c["sub"] = 42 } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, nil)
			override(p)
			err := app.browser().SignIn()
			if m := misconfiguration(t, err); !strings.Contains(m.Problem, "is a number") || !errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want ErrBadToken that names the number", err)
			}
		})
	}
}

// The sources of distributed claims contain access tokens. They are neither resolved nor part of the user object.
func TestDistributedClaimsAreIgnored(t *testing.T) {
	t.Parallel()
	for name, names := range map[string]any{
		"with a source":    map[string]any{"groups": "source-1"},
		"source missing":   map[string]any{"groups": "source-2"},
		"source empty":     map[string]any{"groups": ""},
		"of a wrong type":  "groups",
		"names of numbers": map[string]any{"groups": 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			add := func(claims map[string]any) {
				claims["_claim_names"] = names
				claims["_claim_sources"] = map[string]any{"source-1": map[string]any{
					"endpoint": p.Issuer + "/groups", "access_token": "token-of-the-source"}}
			}
			p.IDToken = func(claims, _ map[string]any) { add(claims) }
			p.Userinfo = add
			b := newApp(t, p, withOfflineAccess).browser()
			u := b.MustSignIn()
			if refreshed, err := b.Refresh(); err != nil {
				t.Errorf("Refresh: %v", err)
			} else if string(refreshed.Claims) != string(u.Claims) {
				t.Errorf("claims after Refresh: got %s, want %s", refreshed.Claims, u.Claims)
			}
			if text := string(u.Claims); strings.Contains(text, "_claim") || strings.Contains(text, "token-of-the-source") {
				t.Errorf("got the claims %s", text)
			}
		})
	}
}
