package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

const (
	showsLogin  = `document.querySelector("#session a").textContent === "Login"`
	showsLogout = `document.querySelector("#session button").textContent === "Logout"`
)

// checks returns how often the tab has asked for the login state.
func (s *stage) checks(tab *browsertest.Tab) int {
	s.settled(tab)
	return countRequests(tab, http.MethodGet, s.app+"/fragments/session")
}

// Two tabs of one browser, one page in each. Each case looks at the first, while the person uses the second.
func TestATabFollowsTheOther(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"home": "/", "profile": "/profile"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			browser := browsertest.New(t)
			first, second := browser.Tab(), browser.Tab()
			s.signIn(second, "ada", "/")
			first.Open(s.app + path)
			first.Wait(alive)

			// Signs out. The page is not looked at, shows it all the same, and does not stay on what is protected.
			second.Front()
			second.Wait(alive)
			second.Click("#session button")
			first.Wait(at(s.app+"/") + " && " + showsLogin)
			if !browsertest.Eval[bool](first, `document.hidden && !document.hasFocus()`) {
				t.Error("the tab is in front: this test shows nothing")
			}
			if n := s.checks(first); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
			if browsertest.Eval[bool](first, `document.documentElement.textContent.includes("ada@example.com")`) {
				t.Error("the page still shows who was signed in")
			}

			// And in again, as somebody else.
			second.Wait(at(s.app + "/"))
			s.signIn(second, "bob", "/")
			first.Wait(showsLogout + ` && document.querySelector(".login-state-name").textContent === "bob"`)
		})
	}
}

func TestAnotherPersonsProfileIsLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	s.signIn(tab, "ada", "/profile")
	tab.Wait(alive)
	other.Open(s.app + "/login?prompt=login&return_to=/")
	other.Wait(s.onSignIn())
	other.Click(`button[value="bob"]`)
	tab.Wait(at(s.app+"/profile") + ` && document.querySelector("h1").textContent === "Welcome bob@example.com!"`)
}

func TestComingBackToATabAsksOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	s.signIn(tab, "ada", "/")
	tab.Wait(alive)
	browsertest.Eval[bool](tab, `(document.querySelector("#session a").focus(), window.link = document.activeElement, true)`)

	comeBack := func() (age float64) {
		t.Helper()
		other.Front()
		tab.Wait(`document.hidden`)
		tab.Front()
		tab.Wait(`!document.hidden && document.hasFocus()`)
		return browsertest.Eval[float64](tab, `performance.now()`)
	}
	// A page that just came is not asked about, unless the machine is very slow.
	age := comeBack()
	if n := s.checks(tab); n != 0 && age < 2000 {
		t.Errorf("a page %.0f ms old asked %d times", age, n)
	}

	// Later it asks, once for both events and for several times in two seconds.
	tab.Wait(`(window.since ??= performance.now()) + 2000 < performance.now()`)
	before, began := s.checks(tab), browsertest.Eval[float64](tab, `performance.now()`)
	comeBack()
	age = comeBack()
	if n := s.checks(tab) - before; n < 1 || n > 1 && age < began+2000 {
		t.Errorf("asked %d times, want once", n)
	}
	// Nothing changed: nothing is swapped, and the focus stays.
	if !browsertest.Eval[bool](tab, `link.isConnected && document.activeElement === link`) {
		t.Error("the login state was replaced, or the focus moved")
	}
}

func TestBackAfterSigningOutShowsNoProfile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`addEventListener("pageshow", event => { if (event.persisted) sessionStorage.cached = location.pathname })`)
	s.signIn(tab, "ada", "/")
	tab.Wait(alive)
	tab.Click(".jumbotron a")
	tab.Wait(at(s.app + "/profile"))
	tab.Wait(alive)
	tab.Click("#session button")
	tab.Wait(at(s.app+"/") + " && " + showsLogin)

	tab.Back() // to the profile, which leads to the provider
	tab.Wait(s.onSignIn())
	tab.Open(s.app + "/")
	if path := browsertest.Eval[string](tab, `sessionStorage.cached ?? ""`); path == "/profile" {
		t.Error("the profile came out of the back/forward cache")
	}
	if n := countRequests(tab, http.MethodGet, s.app+"/profile"); n != 2 {
		t.Errorf("the profile was requested %d times, want again by the way back", n)
	}
}

// endedEverywhere signs a person out at the provider, from another browser.
func (s *stage) endedEverywhere(t *testing.T, username string) {
	t.Helper()
	tab := browsertest.New(t).Tab()
	s.signIn(tab, username, "/")
	tab.Open(s.provider + "/")
	tab.Click(`button[name="everywhere"]`)
	tab.Wait(`document.querySelector("h1").textContent === "You are signed out"`)
	if told := tab.Text("main"); !strings.Contains(told, "The app: signed out") {
		t.Errorf("the provider says: %s", told)
	}
}

func TestALogoutAtTheProviderClearsTheOpenProfile(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, s *stage, browser *browsertest.Browser){
		"everywhere, from another browser": func(t *testing.T, s *stage, _ *browsertest.Browser) { s.endedEverywhere(t, "ada") },
		"in another tab": func(t *testing.T, s *stage, browser *browsertest.Browser) {
			tab := browser.Tab()
			tab.Open(s.provider + "/")
			tab.Click(`form button:not([name])`)
			tab.Wait(`document.querySelector("h1").textContent === "You are signed out" && document.readyState === "complete"`) // its frames, too
			if n := countRequests(tab, http.MethodGet, s.app+handlers.FrontChannelPath); n != 1 {
				t.Errorf("the front-channel logout was loaded %d times, want once", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			browser := browsertest.New(t)
			other, tab := browser.Tab(), browser.Tab()
			s.signIn(tab, "ada", "/profile")
			tab.Wait(alive)
			end(t, s, browser)

			other.Front()
			tab.Wait(`document.hidden && performance.now() > 2000`)
			if n := s.checks(tab); n != 0 {
				t.Errorf("the page that nobody looks at asked %d times", n)
			}
			tab.Front()
			tab.Wait(at(s.app+"/") + " && " + showsLogin)
			if n := s.checks(tab); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}
