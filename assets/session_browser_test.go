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

func TestOpenPublicPageFollowsOtherTab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first := browser.Tab()
	open(first, s.URL)
	recordKeys(first)
	second := browser.Tab()
	open(second, s.URL)
	first.Wait(`keys.length === 1`)
	if n := count(first, sessionPath); n != 0 {
		t.Errorf("a tab with the same session made the first tab check %d times", n)
	}

	s.setKey("k1") // sign-in in the second tab
	open(second, s.URL+"/profile")
	first.Wait(shows("k1") + ` && window.keys === undefined && document.querySelector("#session[data-htmx-powered]")`)
	if !browsertest.Eval[bool](first, `document.hidden`) {
		t.Error("the first tab is in front, so the event of another tab is not what made it check")
	}
	if n := count(first, sessionPath); n != 1 {
		t.Errorf("the first tab checked %d times after the sign-in, want once", n)
	}

	browsertest.Eval[bool](first, `window.kept = true`)
	s.setKey("") // sign-out in the second tab
	open(second, s.URL)
	first.Wait(shows("") + ` && window.kept === undefined && document.readyState === "complete"`)
	if n := count(first, sessionPath); n != 2 {
		t.Errorf("the first tab checked %d times after both changes, want twice", n)
	}
	if n := count(second, sessionPath); n != 0 {
		t.Errorf("the second tab checked %d times, want none because each of its pages was new", n)
	}
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

func TestPrivatePageIsLeftWhenSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.setKey("k1")
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	open(first, s.URL+"/profile")
	s.setKey("") // sign-out in the second tab
	open(second, s.URL)
	first.Wait(`location.pathname === "/" && ` + shows(""))
}

func TestReturnToTabChecksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	open(tab, s.URL)

	const manyEvents = `(() => {
		for (let i = 0; i < 5; i++) {
			window.dispatchEvent(new Event("focus"));
			document.dispatchEvent(new Event("visibilitychange"));
		}
		return performance.now();
	})()`
	tab.Front()
	tab.Wait(`!document.hidden && document.hasFocus()`)
	if age := browsertest.Eval[float64](tab, manyEvents); age < 2000 { // a very slow machine takes longer
		if n := count(tab, sessionPath); n != 0 {
			t.Errorf("a page that was %.0f ms old checked %d times, want none", age, n)
		}
	}

	// Selecting the tab raises both events.
	other.Front()
	tab.Wait(`document.hidden && (window.raised = [], ["focus", "visibilitychange"].forEach(
		type => addEventListener(type, () => raised.push(type), {capture: true, once: true})), true)`)
	tab.Wait(`performance.now() > 2000`)
	before := count(tab, sessionPath)
	tab.Front()
	tab.Wait(`raised.length === 2`)
	if n := count(tab, sessionPath) - before; n != 1 {
		t.Errorf("returning to the tab checked %d times, want once", n)
	}

	tab.Wait(`(window.firstWait ??= performance.now()) + 2000 < performance.now()`)
	before = count(tab, sessionPath)
	browsertest.Eval[float64](tab, manyEvents)
	if n := count(tab, sessionPath) - before; n != 1 {
		t.Errorf("ten events checked %d times, want once", n)
	}

	tab.Wait(`(window.secondWait ??= performance.now()) + 2000 < performance.now()`)
	before = count(tab, sessionPath)
	other.Front()
	tab.Wait(`document.hidden`)
	if n := count(tab, sessionPath) - before; n != 0 {
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

// TestSkippedViewTransition skips the transition, as leaving the page does. The test fails if the page reports an
// uncaught error.
func TestSkippedViewTransition(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	// The copy button is visible once session.js has started.
	tab.OnNewPages(`addEventListener("pagereveal", event => {
		window.skipped = Boolean(event.viewTransition && document.querySelector("[data-copy]:not([hidden])"));
		if (skipped) event.viewTransition.skipTransition();
	})`)
	for range 20 {
		open(tab, s.URL)
		tab.Click("#session a")
		tab.Wait(`location.pathname === "/bare" && window.skipped !== undefined`)
		if browsertest.Eval[bool](tab, `skipped`) {
			return
		}
	}
	t.Error("session.js never started before the page was revealed, so the test shows nothing")
}
