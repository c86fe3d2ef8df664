package auth_test

import (
	"errors"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// refusal is a sign-in that must not work.
type refusal struct {
	bend            func(p *provider) // makes the provider hostile
	want            error
	code            string // of the *auth.ProviderError, when one is wanted
	options         auth.LoginOptions
	withoutUserinfo bool // the provider has no userinfo endpoint, which would compare the sub once more
	config          func(*auth.Config)
}

// testRefusals tries each with a browser in which Bob is signed in already: he stays it, and Alice, who would have been
// signed in, is not. A browser without a session has none afterwards. Secrets show nowhere (see heard).
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
			before, fresh := app.browser(), app.browser()
			p.User = map[string]any{"sub": "bob-0002"}
			bob := before.MustSignIn() // which also shows that all is well before it is bent
			p.User = alice
			c.bend(p)

			for _, b := range []*browser{before, fresh} {
				returnTo, err := b.signInWith(c.options)
				if !errors.Is(err, c.want) || returnTo != "" {
					t.Errorf("got %q, %v; want %v", returnTo, err, c.want)
				}
				for _, other := range []error{auth.ErrBadToken, auth.ErrRefused, auth.ErrUnavailable, auth.ErrUnknownLogin} {
					if other != c.want && errors.Is(err, other) {
						t.Errorf("%v is %v as well", err, other)
					}
				}
				refused := (*auth.ProviderError)(nil)
				if errors.As(err, &refused); c.code != "" && (refused == nil || refused.Code != c.code) {
					t.Errorf("got %v, want the code %q", err, c.code)
				}
			}
			fresh.CheckSignedOut()
			if cookies := fresh.Cookies("/"); len(cookies) != 0 {
				t.Errorf("cookies left: %v", cookies)
			}
			if u, err := before.User(); err != nil || u.SessionRef != bob.SessionRef {
				t.Errorf("the session before is %+v, %v; want Bob's as it was", u, err)
			}
		})
	}
}
