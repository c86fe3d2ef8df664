package auth_test

import (
	"errors"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// refusal is a sign-in that must fail.
type refusal struct {
	override        func(p *provider) // changes the provider
	want            error
	code            string // of the *auth.ProviderError; not checked if empty
	options         auth.LoginOptions
	withoutUserinfo bool // removes the UserInfo endpoint, because its sub is checked too
	config          func(*auth.Config)
}

// testRefusals checks that each sign-in returns exactly the wanted error. It uses a browser in which Bob is signed in,
// whose session must continue, and a new browser, which must have neither a session nor a cookie afterwards.
func testRefusals(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			alice := p.User
			if c.withoutUserinfo {
				document("userinfo_endpoint", nil)(p)
			}
			app := newApp(t, p, c.config)
			bobsBrowser, newBrowser := app.browser(), app.browser()
			p.User = map[string]any{"sub": "bob-0002"}
			bob := bobsBrowser.MustSignIn() // this also proves that a sign-in succeeds without the change
			p.User = alice
			c.override(p)

			for _, b := range []*browser{bobsBrowser, newBrowser} {
				returnTo, err := b.signInWith(c.options)
				if !errors.Is(err, c.want) || returnTo != "" {
					t.Errorf("got %q, %v; want %v", returnTo, err, c.want)
				}
				for _, other := range []error{auth.ErrBadToken, auth.ErrRefused, auth.ErrUnavailable, auth.ErrUnknownLogin} {
					if other != c.want && errors.Is(err, other) {
						t.Errorf("%v is also %v", err, other)
					}
				}
				refused := (*auth.ProviderError)(nil)
				if errors.As(err, &refused); c.code != "" && (refused == nil || refused.Code != c.code) {
					t.Errorf("got %v, want the code %q", err, c.code)
				}
			}
			newBrowser.CheckSignedOut()
			if cookies := newBrowser.Cookies("/"); len(cookies) != 0 {
				t.Errorf("got the cookies %v, want none", cookies)
			}
			if u, err := bobsBrowser.User(); err != nil || u.SessionRef != bob.SessionRef {
				t.Errorf("previous session: got %+v, %v; want %+v", u, err, bob)
			}
		})
	}
}
