package assets_test

import (
	"net/http"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

const checkSession = `document.dispatchEvent(new Event("session:check"))`

// shows returns an expression that is true when the login state shows the key.
func shows(key string) string {
	word := "Logout"
	if key == "" {
		word = "Login"
	}
	return `document.querySelector("#session").dataset.session === "` + key + `" &&
		document.querySelector("#session a").textContent === "` + word + `"`
}

// open opens a page and waits until its scripts have started.
func open(tab *browsertest.Tab, url string) {
	tab.Open(url)
	tab.Wait(`document.readyState === "complete" &&
		(!document.querySelector("script[src*='/htmx-']") || document.querySelector("#session[data-htmx-powered]"))`)
}

// recordKeys makes the page record the keys that other tabs announce, in the variable keys. session.js receives each of
// them first.
func recordKeys(tab *browsertest.Tab) {
	browsertest.Eval[bool](tab, `(window.keys = [], window.recorder = new BroadcastChannel("session"),
		recorder.onmessage = event => keys.push(event.data), true)`)
}

func TestSwappedLoginStateIsAnnounced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	open(first, s.URL+"/error")
	open(second, s.URL+"/error")
	recordKeys(first)
	recordKeys(second)

	s.setKey("k1") // sign-in elsewhere, which only the second tab notices
	browsertest.Eval[bool](second, checkSession)
	second.Wait(shows("k1"))
	first.Wait(shows("k1"))
	second.Wait(`keys.includes("k1")`) // the first tab announces its new key too
	if a, b := count(first, sessionPath), count(second, sessionPath); a != 1 || b != 1 {
		t.Errorf("the tabs checked %d and %d times, want once each", a, b)
	}
}

func TestLeavingTheTabDoesNotCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	other, tab := browser.Tab(), browser.Tab()
	open(tab, s.URL)
	tab.Wait(`performance.now() > 2000`)
	other.Front()
	tab.Wait(`document.hidden`)
	if n := count(tab, sessionPath); n != 0 {
		t.Errorf("leaving the tab checked %d times, want none", n)
	}
}

// TestPageFromBackForwardCache checks a page with and one without htmx.
func TestPageFromBackForwardCache(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/error", "/"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tab := browsertest.New(t).Tab()
			tab.OnNewPages(`addEventListener("pageshow", event => event.persisted && sessionStorage.setItem("cached", "yes"))`)
			open(tab, s.URL+path)
			s.setKey("k1")
			tab.Click("#next")
			// The next page announces its key. A cached page with an open channel would be dropped by that message.
			tab.Wait(`location.pathname !== "` + path + `" && document.readyState === "complete"`)
			browsertest.Eval[bool](tab, `new Promise(received => {
				new BroadcastChannel("session").onmessage = () => received(true);
				new BroadcastChannel("session").postMessage("k1");
			})`)
			tab.Back()
			tab.Wait(`location.pathname === "` + path + `" && ` + shows("k1"))
			if browsertest.Eval[string](tab, `sessionStorage.getItem("cached") ?? "no"`) != "yes" {
				t.Error("the page did not come from the back/forward cache")
			}
			tab.Wait(`document.querySelector("#session[data-htmx-powered]")`)
			s.setKey("k2")
			browsertest.Eval[bool](tab, `(new BroadcastChannel("session").postMessage("k2"), true)`)
			tab.Wait(shows("k2"))
		})
	}
}

// noteAnswer makes the page set the variable answered when a check has ended, whether htmx or fetch makes it.
const noteAnswer = `window.htmx?.config
	? document.addEventListener("htmx:finally:request", () => window.answered = true)
	: (original => window.fetch = (...args) => original(...args).finally(() => window.answered = true))(window.fetch)`

// TestCheckWithoutChangeKeepsPage checks that a page stays as it is if the session is the same or if the server cannot
// tell.
func TestCheckWithoutChangeKeepsPage(t *testing.T) {
	t.Parallel()
	answers := map[string]http.HandlerFunc{
		"the session is the same": nil,
		"the store is unavailable": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("HX-Reswap", "none")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"the network fails": abort,
	}
	for name, answer := range answers {
		for _, path := range []string{"/", "/error", "/profile"} {
			t.Run(name+" on "+path, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				tab := browsertest.New(t).Tab()
				tab.Allow("status of 503", "net::ERR_EMPTY_RESPONSE", "htmx: htmx:error: Failed to fetch")
				open(tab, s.URL+path)
				s.handle(sessionPath, answer)
				browsertest.Eval[bool](tab, noteAnswer+`, document.querySelector("#session a").focus(),
					window.link = document.activeElement, `+checkSession)
				tab.Wait(`window.answered`)
				count(tab, sessionPath) // gives a page that is loaded again the time to begin
				if !browsertest.Eval[bool](tab, `window.link?.isConnected && document.activeElement === link &&
					!document.querySelector("[data-offline]")?.checkVisibility()`) {
					t.Error("the page was loaded again, the login state was replaced, or the offline line is shown")
				}
			})
		}
	}
}

func TestPageWithoutLoginState(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	open(first, s.URL)
	recordKeys(first)
	open(second, s.URL+"/bare")
	browsertest.Eval[bool](second, checkSession)
	if n := count(second, sessionPath); n != 0 {
		t.Errorf("the page checked %d times, want none", n)
	}
	browsertest.Eval[bool](second, `(new BroadcastChannel("session").postMessage("last"), true)`)
	first.Wait(`keys.at(-1) === "last"`)
	if got := browsertest.Eval[int](first, `keys.length`); got != 1 {
		t.Errorf("the page announced %d keys, want none", got-1)
	}
}
