package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

const (
	showsLogin  = `document.querySelector("#session a[href^='/login']") !== null`
	showsPrompt = `document.querySelector(".sign-in-prompt a.btn") !== null`
	showsLogout = `document.querySelector("#session button") !== null`
)

// isAtPrompt returns an expression that is true when the sign-in prompt in place of a private page is loaded.
func isAtPrompt(app *testapp.App, path string) string {
	return isAt(app.URL+"/signed-out?return_to="+url.QueryEscape(path)) + " && " + showsLogin + " && " + showsPrompt
}

// countChecks returns how often the tab has requested its login state.
func countChecks(app *testapp.App, tab *browsertest.Tab) int {
	settle(tab)
	return countRequests(app, tab, http.MethodGet, "/fragments/session")
}

// TestOtherTabSignsOutAndIn checks a page in one tab while the person uses another tab.
func TestOtherTabSignsOutAndIn(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"home": "/", "profile": "/profile"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			browser := browsertest.New(t)
			first, second := browser.Tab(), browser.Tab()
			signIn(app, second, "ada", "/")
			first.Open(app.URL + path)
			first.Wait(isLoaded)

			// After a sign-out the hidden page shows Login and why. A prompt replaces a private page.
			second.Front()
			second.Wait(isLoaded)
			second.Click("#session button")
			if path == "/" {
				first.Wait(isAt(app.URL+"/") + " && " + showsLogin + ` && document.querySelector(".flash-message")`)
				checkText(t, first, "h1", textHelloWorld)
				checkText(t, first, "#flash", "Your session ended. Sign in again to continue.")
			} else {
				first.Wait(isAtPrompt(app, path))
			}
			if !browsertest.Eval[bool](first, `document.hidden && !document.hasFocus()`) {
				t.Error("the tab is not hidden")
			}
			if n := countChecks(app, first); n != 1 {
				t.Errorf("sent %d requests, want 1", n)
			}
			if browsertest.Eval[bool](first, `document.documentElement.textContent.includes("ada@example.com")`) {
				t.Error("the page still shows private data")
			}

			// After a sign-in as another user the page shows that user.
			second.Wait(isAt(app.URL + "/"))
			signIn(app, second, "bob", "/")
			first.Wait(isAt(app.URL+path) + " && " + showsLogout + ` && document.querySelector(".login-state-name").textContent === "bob"`)
		})
	}
}

func TestOtherTabChangesUser(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	signIn(app, tab, "ada", "/profile")
	other.Open(app.URL + "/login?prompt=login&return_to=/")
	other.Wait(isAtSignIn(app))
	other.Click(`button[value="bob"]`)
	tab.Wait(isAt(app.URL+"/profile") + ` && document.querySelector("h1").textContent.includes("bob@example.com")`)
}

func TestReturnToTab(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	signIn(app, tab, "ada", "/")
	browsertest.Eval[bool](tab, `(
		document.querySelector("#session a").focus(),
		window.link = document.activeElement,
		true)`)

	switchTabs := func() (age float64) {
		t.Helper()
		other.Front()
		tab.Wait(`document.hidden`)
		tab.Front()
		tab.Wait(`!document.hidden && document.hasFocus()`)
		return browsertest.Eval[float64](tab, `performance.now()`)
	}
	// A page that is less than two seconds old does not check its session.
	age := switchTabs()
	if n := countChecks(app, tab); n != 0 && age < 2000 {
		t.Errorf("a page that is %.0f ms old sent %d requests", age, n)
	}

	// An older page checks once in two seconds.
	tab.Wait(`(window.since ??= performance.now()) + 2000 < performance.now()`)
	before, began := countChecks(app, tab), browsertest.Eval[float64](tab, `performance.now()`)
	switchTabs()
	age = switchTabs()
	if n := countChecks(app, tab) - before; n < 1 || n > 1 && age < began+2000 {
		t.Errorf("sent %d requests, want 1", n)
	}
	// If the session is the same, nothing is replaced and the focus stays.
	if !browsertest.Eval[bool](tab, `link.isConnected && document.activeElement === link`) {
		t.Error("the login state was replaced, or it lost the focus")
	}
}

func TestBackAfterLogout(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`addEventListener("pageshow", event => {
		if (event.persisted) sessionStorage.cached = location.pathname;
	})`)
	signIn(app, tab, "ada", "/")
	tab.Click(".page-hero .btn-primary")
	tab.Wait(isAt(app.URL + "/profile"))
	tab.Click("#session button")
	tab.Wait(isAt(app.URL+"/") + " && " + showsLogin)

	tab.Back() // to the profile, which redirects to the provider
	tab.Wait(isAtSignIn(app))
	tab.Open(app.URL + "/")
	if path := browsertest.Eval[string](tab, `sessionStorage.cached ?? ""`); path == "/profile" {
		t.Error("the profile came from the back/forward cache")
	}
	if n := countRequests(app, tab, http.MethodGet, "/profile"); n != 2 {
		t.Errorf("the profile was requested %d times, want 2", n)
	}
}

// TestLogoutAtProvider signs out at the provider while the profile is open. The page notices when the person returns.
func TestLogoutAtProvider(t *testing.T) {
	t.Parallel()
	for name, signOut := range map[string]func(t *testing.T, app *testapp.App, browser *browsertest.Browser){
		"everywhere, in another browser": func(t *testing.T, app *testapp.App, _ *browsertest.Browser) {
			signOutEverywhere(t, app, "ada")
		},
		"in another tab": func(t *testing.T, app *testapp.App, browser *browsertest.Browser) {
			tab := browser.Tab()
			tab.Open(app.Provider.URL + "/")
			tab.Click(`form button:not([name])`)
			tab.Wait(`location.pathname === "/signed-out" && ` + isLoaded) // and its frames
			if n := countRequests(app, tab, http.MethodGet, handlers.FrontChannelPath); n != 1 {
				t.Errorf("the front-channel logout was requested %d times, want 1", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			browser := browsertest.New(t)
			other, tab := browser.Tab(), browser.Tab()
			signIn(app, tab, "ada", "/profile")
			signOut(t, app, browser)

			other.Front()
			tab.Wait(`document.hidden && performance.now() > 2000`)
			if n := countChecks(app, tab); n != 0 {
				t.Errorf("the hidden page sent %d requests", n)
			}
			tab.Front()
			tab.Wait(isAtPrompt(app, "/profile"))
			if n := countChecks(app, tab); n != 1 {
				t.Errorf("sent %d requests, want 1", n)
			}
		})
	}
}
