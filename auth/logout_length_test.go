package auth_test

import (
	"strings"
	"testing"
)

// Some servers reject a query of more than 2,048 bytes. The ID token is left out if it does not fit.
func TestLogoutQueryIsShort(t *testing.T) {
	t.Parallel()
	var withHint, withoutHint int
	for size := 0; size <= 4000; size += 100 {
		p := newProvider(t)
		p.IDToken = func(claims, _ map[string]any) { claims["groups"] = strings.Repeat("g", size) }
		b := newApp(t, p, nil).browser()
		b.MustSignIn()
		endURL, err := b.BeginLogout()
		if err != nil {
			t.Fatal(err)
		}
		u := mustParseURL(t, endURL)
		if len(u.RawQuery) > 2048 {
			t.Errorf("with a claim of %d bytes: got a query of %d bytes, want at most 2048", size, len(u.RawQuery))
		}
		q := u.Query()
		if q.Get("client_id") == "" || q.Get("state") == "" || q.Get("post_logout_redirect_uri") == "" {
			t.Errorf("with a claim of %d bytes: got the query %v", size, q)
		}
		if q.Has("id_token_hint") {
			withHint++
		} else {
			withoutHint++
		}
	}
	if withHint < 3 || withoutHint < 3 {
		t.Errorf("got %d queries with the ID token and %d without it, want both", withHint, withoutHint)
	}
}
