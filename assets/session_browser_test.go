package assets_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

const fragment = "/fragments/session"

// shows is true when the login state shows the key.
func shows(key string) string {
	return `document.querySelector("#session").dataset.session === "` + key + `" && document.querySelector("#session a").textContent === "` +
		map[bool]string{true: "Login", false: "Logout"}[key == ""] + `"`
}

// announcements makes the page note what other tabs announce, after session.js has heard it.
func announcements(tab *browsertest.Tab) {
	tab.Wait(`document.readyState === "complete"`)
	browsertest.Eval[bool](tab, `(window.heard = [], (window.ear = new BroadcastChannel("session")).onmessage = e => heard.push(e.data), true)`)
}

func TestTabsFollowEachOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first := browser.Tab()
	first.Open(s.URL)
	announcements(first)
	second := browser.Tab()
	second.Open(s.URL)
	first.Wait(`heard.length === 1`)
	if n := s.count(first, fragment); n != 0 {
		t.Errorf("a tab with the same session made the first ask the server %d times", n)
	}

	s.session("k1") // signs in with the second tab
	second.Open(s.URL + "/profile")
	first.Wait(shows("k1"))
	if !browsertest.Eval[bool](first, `document.hidden`) {
		t.Error("the first tab is in front: this test shows nothing")
	}
	if n := s.count(first, fragment); n != 1 {
		t.Errorf("the first tab asked %d times, want once", n)
	}

	s.session("") // signs out with the second tab
	second.Open(s.URL)
	first.Wait(shows(""))
	if n := s.count(second, fragment); n != 0 {
		t.Errorf("the second tab, whose pages came fresh, asked %d times", n)
	}
}

func TestASwappedLoginStateIsAnnounced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	first.Open(s.URL)
	second.Open(s.URL)
	announcements(first)
	announcements(second)

	s.session("k1") // signs in elsewhere; only the second tab notices
	browsertest.Eval[bool](second, `document.dispatchEvent(new Event("session:check"))`)
	second.Wait(shows("k1"))
	first.Wait(shows("k1"))
	second.Wait(`heard.includes("k1")`) // the first repeats it, and that is all
	if a, b := s.count(first, fragment), s.count(second, fragment); a != 1 || b != 1 {
		t.Errorf("the tabs asked %d and %d times, want once each", a, b)
	}
}

func TestAProtectedPageIsLeftWhenItsSessionEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.session("k1")
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	first.Open(s.URL + "/profile")
	announcements(first)
	s.session("") // signs out with the second tab
	second.Open(s.URL)
	first.Wait(`location.pathname === "/" && ` + shows(""))
}

func TestComingBackChecksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	tab, other := browser.Tab(), browser.Tab()
	tab.Open(s.URL)

	const burst = `(() => {
		for (let i = 0; i < 5; i++) { window.dispatchEvent(new Event("focus")); document.dispatchEvent(new Event("visibilitychange")); }
		return performance.now();
	})()`
	tab.Front()
	tab.Wait(`!document.hidden && document.hasFocus() && document.readyState === "complete"`)
	if at := browsertest.Eval[float64](tab, burst); at < 2000 { // unless the machine is very slow
		if n := s.count(tab, fragment); n != 0 {
			t.Errorf("a page %.0f ms old asked %d times, want not at all", at, n)
		}
	}

	// What a person does. Both events are raised.
	other.Front()
	tab.Wait(`document.hidden && (window.raised = [], ["focus", "visibilitychange"].forEach(
		type => addEventListener(type, () => raised.push(type), {capture: true, once: true})), true)`)
	tab.Wait(`performance.now() > 2000`)
	before := s.count(tab, fragment)
	tab.Front()
	tab.Wait(`raised.length === 2`)
	if n := s.count(tab, fragment) - before; n != 1 {
		t.Errorf("coming back asked %d times, want once", n)
	}

	// After two seconds it counts again.
	tab.Wait(`(window.since ??= performance.now()) + 2000 < performance.now()`)
	before = s.count(tab, fragment)
	browsertest.Eval[float64](tab, burst)
	if n := s.count(tab, fragment) - before; n != 1 {
		t.Errorf("ten events at once asked %d times, want once", n)
	}

	// Going away is not coming back.
	tab.Wait(`(window.then ??= performance.now()) + 2000 < performance.now()`)
	before = s.count(tab, fragment)
	other.Front()
	tab.Wait(`document.hidden`)
	if n := s.count(tab, fragment) - before; n != 0 {
		t.Errorf("leaving the tab asked %d times", n)
	}
}

func TestAPageFromTheBackForwardCacheChecks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.session("k1")
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL)
	tab.Wait(`document.readyState === "complete"`)
	browsertest.Eval[bool](tab, `window.kept = true`)
	s.session("")
	tab.Click("#away")
	// The next page announces its key when it starts. A page in the cache that still listened would be thrown out.
	tab.Wait(`location.pathname === "/profile" && document.readyState === "complete"`)
	browsertest.Eval[bool](tab, `new Promise(heard => {
		new BroadcastChannel("session").onmessage = () => heard(true);
		new BroadcastChannel("session").postMessage("");
	})`)
	tab.Back()
	tab.Wait(`location.pathname === "/" && ` + shows(""))
	if !browsertest.Eval[bool](tab, `window.kept === true`) {
		t.Error("the page did not come from the back/forward cache")
	}
	// It listens again.
	s.session("k2")
	browsertest.Eval[bool](tab, `(new BroadcastChannel("session").postMessage("k2"), true)`)
	tab.Wait(shows("k2"))
}

func TestNothingNewLeavesTheFocusAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL)
	tab.Wait(`document.readyState === "complete"`)
	browsertest.Eval[bool](tab, `(document.querySelector("#session a").focus(), window.link = document.activeElement,
		document.addEventListener("htmx:finally:request", () => window.answered = true), document.dispatchEvent(new Event("session:check")))`)
	tab.Wait(`window.answered`)
	if !browsertest.Eval[bool](tab, `link.isConnected && document.activeElement === link && link.textContent === "Login"`) {
		t.Error("the login state was replaced, or the focus moved")
	}
}

func TestAPageWithoutALoginStateIsQuiet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser := browsertest.New(t)
	first, second := browser.Tab(), browser.Tab()
	first.Open(s.URL)
	announcements(first)
	second.Open(s.URL + "/bare")
	second.Wait(`!document.querySelector("#copy").hidden`)
	browsertest.Eval[bool](second, `(navigator.clipboard.writeText = () => Promise.reject(), true)`) // one clipboard for all tests
	second.Click("#copy")                                                                            // no [role=status] to write to
	second.Wait(`getSelection().toString() === "No login state, no status"`)
	browsertest.Eval[bool](second, `(new BroadcastChannel("session").postMessage("end"), true)`)
	first.Wait(`heard.at(-1) === "end"`)
	if got := browsertest.Eval[int](first, `heard.length`); got != 1 {
		t.Errorf("it announced %d keys", got-1)
	}
}
