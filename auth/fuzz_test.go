package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// FuzzSafeReturnTo checks that SafeReturnTo returns its argument or "/", and that browsers stay on the site.
func FuzzSafeReturnTo(f *testing.F) {
	for path := range returnTos(f) {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := auth.SafeReturnTo(path)
		if got != path && got != "/" {
			t.Errorf("SafeReturnTo(%q): got %q", path, got)
		}
		if again := auth.SafeReturnTo(got); again != got {
			t.Errorf("SafeReturnTo(%q): got %q, want the argument", got, again)
		}
		if place := leavesFor(got); place != "" {
			t.Errorf("SafeReturnTo(%q): got %q, which leads to %q", path, got, place)
		}
	})
}

// FuzzFinishLogin sends queries to the callback of a running attempt and checks that nobody is signed in. In a query,
// STATE and ISSUER stand for the right values, so that all checks are reached, and CODE for a wrong code.
func FuzzFinishLogin(f *testing.F) {
	for _, query := range []string{
		"", "code=CODE&state=STATE", "code=x&state=STATE", "error=access_denied&state=STATE", "state=STATE", "code=CODE",
		"state=&code=", "code=CODE&state=STATE&iss=https%3A%2F%2Fevil.example", "code=CODE&code=CODE&state=STATE",
		"error=&state=STATE", "%zz", ";", "&&&=", "iss=ISSUER&state=STATE&error=server_error&error_description=%ff",
		"code=a%0ab&state=STATE&iss=ISSUER", "code=CODE&state=STATE&iss=ISSUER&state=",
		"iss=ISSUER&state=STATE&code=x%00", "iss=ISSUER&code=CODE&state=STATE&session_state=z",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p := newProvider(t)
		p.Alg = "ES256"
		app := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg, cfg.Transport = "ES256", inProcess{p} })
		b := app.browser()
		b.providerClient.Transport = inProcess{p}
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		response := mustParseURL(t, b.Authorize(authURL)).Query()
		state, code := response.Get("state"), response.Get("code")
		query = strings.NewReplacer(
			"STATE", state, "ISSUER", url.QueryEscape(response.Get("iss")), "CODE", "x"+code,
		).Replace(query)

		// The query is set on the server's request, because url.Parse rejects some queries.
		b.visit(app.client.Load, "GET", "/login/callback", func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = query
			returnTo, err := app.client.FinishLogin(w, r)
			q := r.URL.Query()
			text := q.Get("error") + q.Get("error_description") // err may contain it
			if !strings.Contains(text, code) && !strings.Contains(text, state) {
				app.output.addError(err)
			}
			if err == nil || returnTo != "" {
				t.Errorf("%q: got %q, %v, want an error", query, returnTo, err)
			}
			known := false
			for _, sentinel := range []error{auth.ErrUnknownLogin, auth.ErrRefused, auth.ErrBadToken} {
				known = known || errors.Is(err, sentinel)
			}
			if !known {
				t.Errorf("%q: got %v, want ErrUnknownLogin, ErrRefused or ErrBadToken", query, err)
			}
		})
		b.CheckSignedOut()
		if cookies := b.Cookies("/"); len(cookies) != 0 {
			t.Errorf("%q: got the cookies %v, want none", query, cookies)
		}
	})
}
