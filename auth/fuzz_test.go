package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func FuzzSafeReturnTo(f *testing.F) {
	for address := range returnTos(f) {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := auth.SafeReturnTo(address)
		if got != address && got != "/" {
			t.Errorf("%q becomes %q", address, got)
		}
		if again := auth.SafeReturnTo(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
		if place := leavesFor(got); place != "" {
			t.Errorf("%q leads to %q", address, place)
		}
	})
}

// FuzzFinish sends queries to the callback in the middle of a sign-in. STATE and ISSUER in them stand for the right
// ones, so that all checks are reached; CODE is one that is almost right. Whatever comes, nobody is signed in.
func FuzzFinish(f *testing.F) {
	for _, query := range []string{
		"", "code=CODE&state=STATE", "code=x&state=STATE", "error=access_denied&state=STATE", "state=STATE", "code=CODE", "state=&code=",
		"code=CODE&state=STATE&iss=https%3A%2F%2Fevil.example", "code=CODE&code=CODE&state=STATE", "error=&state=STATE", "%zz", ";", "&&&=",
		"iss=ISSUER&state=STATE&error=server_error&error_description=%ff", "code=a%0ab&state=STATE&iss=ISSUER",
		"code=CODE&state=STATE&iss=ISSUER&state=", "iss=ISSUER&state=STATE&code=x%00", "iss=ISSUER&code=CODE&state=STATE&session_state=z",
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
		right := mustParseURL(t, b.Authorize(authURL)).Query()
		query = strings.NewReplacer("STATE", right.Get("state"), "ISSUER", url.QueryEscape(right.Get("iss")), "CODE", "x"+right.Get("code")).Replace(query)

		// The query does not go through a URL of the client's: a server takes what comes.
		b.visit(app.client.Load, "GET", "/login/callback", func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = query
			returnTo, err := app.client.FinishLogin(w, r)
			q := r.URL.Query()
			if said := q.Get("error") + q.Get("error_description"); !strings.Contains(said, right.Get("code")) && !strings.Contains(said, right.Get("state")) {
				app.output.addError(err) // which may repeat the provider's error, whatever that is
			}
			if err == nil || returnTo != "" {
				t.Errorf("%q signs somebody in: %q, %v", query, returnTo, err)
			}
			known := false
			for _, sentinel := range []error{auth.ErrUnknownLogin, auth.ErrRefused, auth.ErrBadToken} {
				known = known || errors.Is(err, sentinel)
			}
			if !known {
				t.Errorf("%q: %v is an error that nobody expects", query, err)
			}
		})
		b.CheckSignedOut()
		if cookies := b.Cookies("/"); len(cookies) != 0 {
			t.Errorf("%q leaves %v", query, cookies)
		}
	})
}
