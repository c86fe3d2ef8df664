package handlers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/views/gallery"
)

// checkAxe looks for accessibility faults in what the tab shows, on a phone, a tablet and a desktop, light and dark.
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

func TestNoAccessibilityFault(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	t.Run("app, signed out", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 404", "status of 400", "status of 403") // Chromium's own messages
		for _, path := range []string{"/", "/nowhere", "/login/callback?state=x&code=y", "/login?iss=https://other.example", "/components"} {
			tab.Open(s.app + path)
			checkAxe(t, tab)
		}
	})
	t.Run("app, signed in", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 503")
		s := newStage(t) // of its own: its provider goes away
		s.signIn(tab, "maria", "/profile")
		checkAxe(t, tab)
		tab.Click("#profile-more summary")
		s.door("/userinfo", away)
		tab.Click("#profile-refresh")
		tab.Wait(showsProblem)
		checkAxe(t, tab)
		tab.Open(s.app + "/")
		checkAxe(t, tab)
		// The page that asks whether to sign out, for who comes from another site.
		s.door("/elsewhere", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,"><a href="%s/logout">Out</a>`, s.app)
		})
		tab.Open(s.provider + "/elsewhere")
		tab.Click("a")
		tab.Wait(at(s.app + "/logout"))
		checkText(t, tab, "h1", "Do you want to sign out?")
		checkAxe(t, tab)
	})
	t.Run("provider", func(t *testing.T) {
		t.Parallel()
		tab := browsertest.New(t).Tab()
		tab.Allow("status of 422", "status of 404")
		tab.Open(s.provider + "/")
		checkAxe(t, tab)
		tab.Open(s.app + "/login")
		tab.Wait(s.onSignIn())
		checkAxe(t, tab)
		tab.Type("#login", "ada")
		tab.Type("#password", "wrong")
		tab.Click(".card form:not(.list-group) button")
		tab.Wait(`document.querySelector("[role=alert]")`)
		checkAxe(t, tab)
		tab.Click(`a[href^="/register"]`)
		tab.Wait(`location.pathname === "/register"`)
		checkAxe(t, tab)
		s.signIn(tab, "ada", "/")
		tab.Open(s.provider + "/end_session")
		checkText(t, tab, "h1", "Do you want to sign out?")
		checkAxe(t, tab)
		tab.Open(s.provider + "/")
		checkAxe(t, tab)
		tab.Click(`form button:not([name])`)
		tab.Wait(`document.querySelector("h1").textContent === "You are signed out"`)
		checkAxe(t, tab)
		tab.Open(s.provider + "/nowhere")
		checkAxe(t, tab)
	})
	for _, component := range gallery.Components() {
		t.Run("component "+component, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.New(t).Tab()
			tab.Open(s.app + "/components/" + component)
			checkAxe(t, tab)
		})
	}
}
