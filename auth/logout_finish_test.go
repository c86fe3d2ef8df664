package auth_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestFinishLogoutAcceptsItsStateOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, nil)
	b, other := a.browser(), a.browser()
	b.MustSignIn()
	other.MustSignIn()
	finish := func(b *browser, state string) bool {
		return b.FinishLogout("/logout?" + url.Values{"state": {state}}.Encode())
	}
	state, foreign := b.logoutQuery().Get("state"), other.logoutQuery().Get("state")
	for name, c := range map[string]struct {
		b     *browser
		state string
	}{
		"no state":                        {b, ""},
		"unknown state":                   {b, "AAAAAAAAAAAAAAAAAAAAAA"},
		"truncated state":                 {b, state[:10]},
		"state of another browser":        {b, foreign},
		"browser that has not signed out": {a.browser(), state},
		"browser with another state":      {other, state},
		"neither state nor cookie":        {a.browser(), ""},
	} {
		if finish(c.b, c.state) {
			t.Errorf("%s: accepted", name)
		}
	}
	if !finish(b, state) {
		t.Error("the state of this browser was rejected")
	}
	if finish(b, state) {
		t.Error("the state was accepted twice")
	}
}

func TestLogoutCookieAttributes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base, name string
		secure     bool
	}{
		"http":  {"http://app.test", "logout", false},
		"https": {"https://app.test", "__Secure-logout", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, newProvider(t), func(cfg *auth.Config) {
				cfg.RedirectURL, cfg.PostLogoutRedirectURL = c.base+"/login/callback", c.base+"/logout"
			})
			b := a.browser()
			if err := b.SignIn(); err != nil {
				t.Fatal(err)
			}
			resp := b.visit(a.client.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) {
				if _, err := a.client.BeginLogout(w, r); err != nil {
					t.Error(err)
				}
			})
			for _, cookie := range resp.Cookies() {
				if cookie.Name != c.name {
					continue
				}
				if !cookie.HttpOnly || cookie.Secure != c.secure || cookie.SameSite != http.SameSiteLaxMode ||
					cookie.Path != "/logout" || cookie.MaxAge != 600 {
					t.Errorf("got the cookie %v, want HttpOnly, Lax, Secure %v, Path /logout and Max-Age 600", cookie, c.secure)
				}
				return
			}
			t.Errorf("the response has no cookie %s", c.name)
		})
	}
}
