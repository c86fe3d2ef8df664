package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// misbehaving are the options of an app that records sign-ins, beside a provider with switches.
func misbehaving() testapp.Options {
	return testapp.Options{
		Auth:     auth.Config{ProviderTimeout: time.Second},
		Provider: devidp.Config{Misbehave: true},
		Handler: func(cfg handlers.Config) http.Handler {
			cfg.Inspect = true
			return handlers.New(cfg)
		},
	}
}

// TestSwitchesOfTheProvider presses each switch that waits for a sign-in. The sign-in ends on the page of its error, with
// the right step in red, and the next one succeeds.
func TestSwitchesOfTheProvider(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]struct{ step, check string }{
		"nonce":    {"code + verifier", "nonce"},
		"audience": {"code + verifier", "audience"},
		"expired":  {"code + verifier", "expiry"},
		"clock":    {"code + verifier", "issued at"},
		"refused":  {"code", "code"},
		"slow":     {"code + verifier", ""},
		"failing":  {"code + verifier", ""},
		"echo":     {"code + verifier", ""},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, misbehaving())
			tab := browsertest.New(t).Tab()
			tab.Allow("status of 4", "status of 5") // messages of Chromium
			tab.Open(app.URL + "/login")
			tab.Wait(isAtSignIn(app))
			tab.Click("#misbehave summary")
			tab.Click(`#misbehave button[value="` + fault + `"]`)
			tab.Wait(isAtSignIn(app) + ` && document.querySelector("#misbehave [role=status]")`)
			tab.Click(`button[value="ada"]`)
			tab.Wait(`document.querySelector(".notice") && document.querySelector(".flow-picture-bad")`)
			if got := tab.Text(".flow-picture-bad bdi"); got != want.step {
				t.Errorf("the failed step is %q, want %q", got, want.step)
			}
			if want.check != "" {
				if got := tab.Text(".flow-picture-no bdi"); got != want.check {
					t.Errorf("the failed check is %q, want %q", got, want.check)
				}
			}
			if got := tab.Text("#session"); strings.Contains(got, textLoggedInAs) {
				t.Errorf("somebody is signed in: %s", got)
			}
			tab.Open(app.URL + "/login")
			tab.Wait(isAt(app.URL+"/") + ` || ` + isAtSignIn(app))
			if tab.Text("h1") != textHello("ada") {
				tab.Click(`button[name="continue"]`)
			}
			tab.Wait(isAt(app.URL + "/"))
			checkText(t, tab, "h1", textHello("ada"))
		})
	}
}

// TestSwitchesThatActAtOnce presses the switches that change something at the provider.
func TestSwitchesThatActAtOnce(t *testing.T) {
	t.Parallel()
	press := func(t *testing.T, app *testapp.App, tab *browsertest.Tab, fault string) {
		t.Helper()
		tab.Open(app.Provider.URL + "/")
		tab.Click("#misbehave summary")
		browsertest.Eval[bool](tab, `(window.old = true)`)
		tab.Click(`#misbehave button[value="` + fault + `"]`)
		tab.Wait(`!window.old && ` + isAt(app.Provider.URL+"/"))
	}
	t.Run("rotated key", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, misbehaving())
		tab := browsertest.New(t).Tab()
		signIn(app, tab, "ada", "/")
		press(t, app, tab, "key")
		tab.Open(app.URL + "/login?prompt=login")
		tab.Wait(isAtSignIn(app))
		tab.Click(`button[value="bob"]`)
		tab.Wait(isAt(app.URL + "/"))
		checkText(t, tab, "h1", textHello("bob"))
	})
	t.Run("back-channel logout", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, misbehaving())
		tab := browsertest.New(t).Tab()
		signIn(app, tab, "ada", "/")
		press(t, app, tab, "logout")
		tab.Open(app.URL + "/")
		tab.Wait(isAt(app.URL + "/"))
		checkText(t, tab, "h1", textHelloWorld)
	})
	t.Run("another email", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, misbehaving())
		tab := browsertest.New(t).Tab()
		signIn(app, tab, "ada", "/")
		press(t, app, tab, "email")
		tab.Allow("status of 401")
		tab.Open(app.URL + "/profile")
		tab.Wait(isAt(app.URL + "/profile"))
		tab.Click("#profile-refresh")
		// The heading changes with the card, although it is outside of it.
		tab.Wait(`document.querySelector("#profile").textContent.includes("@changed.example")`)
		tab.Wait(`document.querySelector("h1").textContent.includes("@changed.example")`)
		if n := browsertest.Eval[int](tab, `document.querySelectorAll("h1, #session, #profile").length`); n != 3 {
			t.Errorf("the page has %d headings, login states and cards, want one of each", n)
		}
	})
	t.Run("tokens revoked", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, misbehaving())
		tab := browsertest.New(t).Tab()
		signIn(app, tab, "ada", "/")
		press(t, app, tab, "revoked")
		tab.Allow("status of 401")
		tab.Open(app.URL + "/profile")
		tab.Wait(isAt(app.URL + "/profile"))
		tab.Click("#profile-refresh") // needs a new sign-in, which the provider's session allows
		tab.Wait(isAt(app.URL+"/profile") + ` || ` + isAtSignIn(app))
	})
}

// TestNoSwitchesUnlessAskedFor checks that a provider for tests has no panel and accepts no switch.
func TestNoSwitchesUnlessAskedFor(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	if page := b.Get(app.Provider.URL + "/"); strings.Contains(page.Body, "misbehave") {
		t.Error("the provider shows the panel")
	}
	if resp := b.Post(app.Provider.URL+"/misbehave", "fault=nonce"); resp.Status < 400 {
		t.Errorf("got status %d", resp.Status)
	}
}
