package handlers_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestSignedOutPage checks the page that replaces a private one whose session has ended.
func TestSignedOutPage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b, ada := app.Browser(t), app.Browser(t).SignIn("ada")
	for returnTo, want := range map[string]string{
		"/test-notes?tab=2":                "/test-notes?tab=2",
		"":                                 "/",
		"https://evil.example/":            "/",
		"//evil.example":                   "/",
		"/signed-out?return_to=/profile":   "/",
		"/signed-out":                      "/",
		`"><script>alert(1)</script>`:      "/",
		"/profile?x=<script>y</script>#it": "",
	} {
		path := "/signed-out?return_to=" + url.QueryEscape(returnTo)
		resp := b.Get(path)
		link := `class="btn btn-primary" href="/login?return_to=` + url.QueryEscape(want)
		if resp.Status != 200 || !strings.Contains(html.UnescapeString(resp.Body), link) ||
			strings.Contains(resp.Body, "<script>") {
			t.Errorf("%q, signed out: got status %d and %s", returnTo, resp.Status, resp.Body)
		}
		if want != "" {
			checkRedirect(t, returnTo+", signed in", ada.Get(path), want)
		}
	}
}

// TestPublicPageSaysThatItsSessionEnded checks the message of a public page that is loaded again because its session
// has ended. A private page has its own, and a page whose person has changed has none.
func TestPublicPageSaysThatItsSessionEnded(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	was := url.QueryEscape(sessionKey(t, ada))
	signOutEverywhere(t, app, "ada")
	ada.Get("/fragments/session?page=private&was=" + was)
	checkFlash(t, ada.Get("/"), "")
	ada.Get("/fragments/session?page=public&was=" + was)
	checkFlash(t, ada.Get("/"), "Your session ended. Sign in again to continue.")
	checkFlash(t, ada.Get("/"), "")
	ada.SignIn("bob")
	ada.Get("/fragments/session?page=public&was=" + was)
	checkFlash(t, ada.Get("/"), "")
}
