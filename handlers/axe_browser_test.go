package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
	"github.com/plusauth/plusauth-go-starter/views/gallery"
)

// checkAxe looks for accessibility faults on the page, at the widths of a phone, a tablet and a desktop, light and
// dark.
func checkAxe(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for _, width := range []int64{360, 768, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			tab.Size(width, 800)
			tab.Media("", "prefers-color-scheme: "+scheme, "prefers-reduced-motion: reduce")
			for _, fault := range tab.Axe() {
				t.Errorf("%s, %d px, %s: %s", browsertest.Eval[string](tab, `location.pathname`), width, scheme, fault)
			}
		}
	}
}

func TestAccessibility(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	t.Run("app, signed out", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 404", "status of 400", "status of 403") // messages of Chromium
		for _, path := range []string{"/", "/components", "/nowhere", "/login/callback?state=x&code=y",
			"/login?iss=https://other.example"} {
			tab.Open(app.URL + path)
			checkAxe(t, tab)
		}
	})
	t.Run("app, signed in", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 503")
		app := testapp.New(t, testapp.Options{})
		app.Browser(t).SignIn(longUsername) // another session for the list
		signIn(app, tab, longUsername, "/profile")
		checkAxe(t, tab)
		tab.Click("#profile-more summary")
		app.Provider.Override("/userinfo", testapp.Unavailable)
		tab.Click("#profile-refresh")
		tab.Wait(showsProblem)
		checkAxe(t, tab)
		tab.Open(app.URL + "/")
		checkAxe(t, tab)
		tab.Open(app.URL + "/sessions")
		checkAxe(t, tab)
		tab.Click(`#sessions button[value="others"]`)
		tab.Wait(`document.querySelector(".flash-message")`)
		checkAxe(t, tab)
		// The page that asks whether to sign out, after a link on another site.
		app.Provider.Override("/link", testapp.Respond(200, "text/html",
			`<!doctype html><title>Link</title><link rel="icon" href="data:,"><a href="`+app.URL+`/logout">Logout</a>`))
		tab.Open(app.Provider.URL + "/link")
		tab.Click("a")
		tab.Wait(isAt(app.URL + "/logout"))
		checkAxe(t, tab)
	})
	t.Run("session ended", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Open(app.URL + "/signed-out?return_to=/profile")
		checkAxe(t, tab)
	})
	t.Run("pictures", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 4", "status of 5")
		app := testapp.New(t, misbehaving())
		tab.Open(app.URL + "/login")
		tab.Wait(isAtSignIn(app))
		tab.Click("#misbehave summary")
		tab.Click(`#misbehave button[value="clock"]`)
		tab.Wait(isAtSignIn(app) + ` && document.querySelector("#misbehave [role=status]")`)
		checkAxe(t, tab)
		tab.Click(`button[value="ada"]`)
		tab.Wait(`document.querySelector(".flow-picture-bad")`)
		checkAxe(t, tab) // with the likely causes
		tab.Open(app.URL + "/login")
		tab.Wait(isAt(app.URL + "/"))
		checkAxe(t, tab) // with the sign-in of the person
		tab.Open(app.URL + "/flow")
		checkAxe(t, tab)
		tab.Open(app.URL + "/")
		tab.Click("#session button")
		tab.Wait(isAt(app.URL+"/") + " && " + showsLogin)
		tab.Open(app.URL + "/flow") // the sign-out
		checkAxe(t, tab)
	})
	t.Run("provider", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 422", "status of 404")
		tab.Open(app.Provider.URL + "/")
		checkAxe(t, tab)
		tab.Open(app.URL + "/login")
		tab.Wait(isAtSignIn(app))
		checkAxe(t, tab)
		tab.Click(".idp-fold summary")
		tab.Type("#login", "ada")
		tab.Type("#password", "wrong")
		tab.Click(".card form:not(.list-group) button")
		tab.Wait(`document.querySelector("[role=alert]")`)
		checkAxe(t, tab)
		tab.Click(`a[href^="/register"]`)
		tab.Wait(`location.pathname === "/register"`)
		checkAxe(t, tab)
		signIn(app, tab, "ada", "/")
		tab.Open(app.Provider.URL + "/end_session") // asks whether to sign out
		checkAxe(t, tab)
		tab.Open(app.Provider.URL + "/")
		checkAxe(t, tab)
		tab.Click(`form button:not([name])`)
		tab.Wait(`location.pathname === "/signed-out"`)
		checkAxe(t, tab)
		tab.Open(app.Provider.URL + "/nowhere")
		checkAxe(t, tab)
	})
	for _, component := range gallery.Components() {
		t.Run("component "+component, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.New(t).Tab()
			tab.Open(app.URL + "/components/" + component)
			checkAxe(t, tab)
		})
	}
}
