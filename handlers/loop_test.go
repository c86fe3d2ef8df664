package handlers_test

import (
	"net/http"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestLoopOfSignIns checks that a browser that loses its session after each sign-in gets an explanation, once, in place
// of the fourth sign-in.
func TestLoopOfSignIns(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	resp := loseSession(t, app, b)
	if resp.Status != http.StatusLoopDetected || resp.Element("h1") != textLoop {
		t.Errorf("got status %d: %s", resp.Status, resp.Text())
	}
	if m := actionLink.FindStringSubmatch(resp.Body); m == nil || m[1] != "/login?return_to=/profile" {
		t.Errorf("got the action %q", m)
	}
	authorizationRequest(t, b.Get("/login?return_to=/profile"))
}

// TestLoopOfGuard checks that a guard that asks again after each sign-in does not lead to a loop.
func TestLoopOfGuard(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
		return handlers.NewWithError(cfg, auth.ErrNeedsSignIn)
	}})
	b := app.Browser(t).SignIn("ada")
	for range 2 {
		checkRedirect(t, "callback", b.Get(b.Authorize(b.Get("/broken").Location(), "ada")), "/broken")
	}
	if resp := b.Get("/broken"); resp.Status != http.StatusLoopDetected {
		t.Errorf("got status %d: %s", resp.Status, resp.Text())
	}
	authorizationRequest(t, b.Get("/broken"))
}

// TestManySignInsAreNoLoop checks that people who sign out between sign-ins, and several tabs that sign in at once, are
// not in a loop.
func TestManySignInsAreNoLoop(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	for range 5 {
		b.SignIn("ada").Click("Logout").WantURL(http.StatusOK, app.URL+"/")
	}
	var tabs []string
	for range 5 {
		tabs = append(tabs, b.Get("/login?return_to=/profile").Location())
	}
	for _, authURL := range tabs {
		checkRedirect(t, "tab", b.Get(b.Authorize(authURL, "ada")), "/profile")
	}
	for range 5 { // choose the account again
		authorizationRequest(t, b.Get("/login?prompt=login"))
	}
}
