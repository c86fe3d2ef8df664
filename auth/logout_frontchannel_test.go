package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Front-Channel Logout 1.0 section 3: iss and sid identify the session, because the request has no cookie.
func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := []*app{newApp(t, p, withStore(s)), newApp(t, p, withStore(s)), newApp(t, p, withStore(s))}
		sids := []string{"alice-1", "alice-2"}
		var browsers []*browser
		for i, sid := range sids {
			p.setSID(sid)
			browsers = append(browsers, instances[i].browser())
			browsers[i].MustSignIn()
		}
		for name, c := range map[string]struct {
			issuer, sid string
			want        error
		}{
			"another issuer":               {"https://evil.example", "alice-1", auth.ErrBadToken},
			"issuer with a trailing slash": {p.Issuer + "/", "alice-1", auth.ErrBadToken},
			"no issuer":                    {"", "alice-1", auth.ErrBadToken},
			"no sid":                       {p.Issuer, "", auth.ErrBadToken},
			"sid longer than 1024 bytes":   {p.Issuer, strings.Repeat("x", 1025), auth.ErrBadToken},
			"unknown sid":                  {p.Issuer, "unknown", nil},
			"sub as sid":                   {p.Issuer, "alice-0001", nil},
		} {
			s.reset()
			if err := instances[0].client.FrontChannelLogout(t.Context(), c.issuer, c.sid); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
			if n := s.count(writes...); n != 0 {
				t.Errorf("%s: got %d writes, want none", name, n)
			}
		}
		for _, b := range browsers {
			if _, err := b.User(); err != nil {
				t.Fatal(err)
			}
		}
		if err := instances[2].client.FrontChannelLogout(t.Context(), p.Issuer, "alice-1"); err != nil {
			t.Fatal(err)
		}
		for _, a := range instances {
			browsers[0].withApp(a).CheckSignedOut()
			if _, err := browsers[1].withApp(a).User(); err != nil {
				t.Errorf("the other session ended: %v", err)
			}
		}
		if err := instances[1].client.FrontChannelLogout(t.Context(), p.Issuer, "alice-1"); err != nil {
			t.Errorf("second call: %v", err)
		}
	})
}
