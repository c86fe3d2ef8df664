package assets_test

import (
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

const (
	submitRefresh = `(document.querySelector("#profile form").requestSubmit(document.querySelector("#refresh")), true)`
	updatedOnce   = `document.querySelector("#updated").textContent === "Updated 1 times"`
)

// fetched returns how often the tab has fetched htmx.
func (s *site) fetched(tab *browsertest.Tab) int { return s.count(tab, s.files.URL("htmx.js")) }

func TestAPageThatIsReadFetchesNoHtmx(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/profile", "/bare"} {
		tab := browsertest.New(t).Tab()
		tab.Open(s.URL + path)
		if n := s.fetched(tab); n != 0 {
			t.Errorf("%s fetched htmx", path)
		}
	}
}

func TestACheckWaitsForHtmx(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, open := gate(s.files.ServeHTTP)
	s.onHtmx(held)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL)
	s.session("k1")
	browsertest.Eval[bool](tab, `document.dispatchEvent(new Event("session:check"))`)
	open()
	tab.Wait(shows("k1"))
	if a, b := s.fetched(tab), s.count(tab, fragment); a != 1 || b != 1 {
		t.Errorf("fetched htmx %d times and asked %d times, want once each", a, b)
	}
}

func TestAFormThatIsSentFirstWaitsForHtmx(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, open := gate(s.files.ServeHTTP)
	s.onHtmx(held)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile")
	browsertest.Eval[bool](tab, `(document.querySelector("details").open = true, window.kept = document.querySelector("details"))`+` && `+submitRefresh)
	browsertest.Eval[bool](tab, submitRefresh) // impatient
	if !browsertest.Eval[bool](tab, `document.querySelector("#profile").matches(".htmx-request")`) {
		t.Error("the panel does not look busy")
	}
	open()
	tab.Wait(updatedOnce + ` && !document.querySelector(".htmx-request")`)
	if a, b := s.fetched(tab), s.count(tab, "/fragments/profile"); a != 1 || b != 1 {
		t.Errorf("fetched htmx %d times and sent the form %d times, want once each", a, b)
	}
	if !browsertest.Eval[bool](tab, `kept.isConnected && kept.open`) {
		t.Error("the page was loaded anew, or the opened details closed")
	}
	if n := browsertest.Eval[int](tab, `document.querySelectorAll("script[src*='/htmx-']").length`); n != 1 {
		t.Errorf("htmx runs %d times", n)
	}
}

func TestTheButtonThatSendsAFormIsSentAlong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/?element=" + url.QueryEscape(`<form action="/" data-hx-get="/fragments/word" data-hx-target="#word">
		<button name="which" value=" by the first">1</button><button name="which" value=" by the second" id="second">2</button></form><p id="word"></p>`))
	browsertest.Eval[bool](tab, `(document.querySelector("#second").form.requestSubmit(document.querySelector("#second")), true)`)
	tab.Wait(`document.querySelector("#word").textContent === "fetched by the second"`)
}

func TestAFormThatIsNotOfHtmxIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/?element=" + url.QueryEscape(`<form action="/login"><button id="plain">Go</button></form>`))
	tab.Click("#plain")
	tab.Wait(`location.pathname === "/login" && document.readyState === "complete"`)
	if n := s.fetched(tab); n != 0 {
		t.Error("htmx was fetched")
	}
}

func TestHtmxIsFetchedOnTheWayToAForm(t *testing.T) {
	t.Parallel()
	for name, approach := range map[string]string{
		"by pointer":  `document.querySelector("#refresh").dispatchEvent(new PointerEvent("pointerover", {bubbles: true}))`,
		"by keyboard": `(document.querySelector("#refresh").focus(), true)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tab := browsertest.New(t).Tab()
			tab.Open(s.URL + "/profile")
			tab.Front()
			browsertest.Eval[bool](tab, `(document.querySelector("summary").focus(), document.querySelector("summary").dispatchEvent(new PointerEvent("pointerover", {bubbles: true})))`)
			if n := s.fetched(tab); n != 0 {
				t.Error("what is no form fetched htmx")
			}
			browsertest.Eval[bool](tab, approach)
			tab.Wait(`window.htmx`)
			if n := s.count(tab, "/fragments/profile"); n != 0 {
				t.Error("the form was sent")
			}
		})
	}
}

// TestOtherElementsOfHtmxWorkAsItsManualSays: whoever adds one to a page needs to know nothing of the loader.
func TestOtherElementsOfHtmxWorkAsItsManualSays(t *testing.T) {
	t.Parallel()
	for name, element := range map[string]string{
		"by itself":                `<p id="word" hx-get="/fragments/word" hx-trigger="load"></p>`,
		"by itself, as data":       `<p id="word" data-hx-get="/fragments/word" data-hx-trigger="load"></p>`,
		"a form that sends itself": `<form id="word" action="/" data-hx-get="/fragments/word" data-hx-trigger="load"></form>`,
		"a login state that asks":  `<p id="word" data-session="" data-hx-get="/fragments/word" data-hx-trigger="load, session:check from:document"></p>`,
		"inherited":                `<div hx-target:inherited="#word"><p hx-get="/fragments/word" hx-trigger="load"></p></div><p id="word"></p>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tab := browsertest.New(t).Tab()
			tab.Open(s.URL + "/?element=" + url.QueryEscape(element))
			tab.Wait(`document.querySelector("#word").textContent === "fetched"`)
		})
	}
	t.Run("a link, clicked at once", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		tab := browsertest.New(t).Tab()
		tab.Open(s.URL + "/?element=" + url.QueryEscape(`<button id="word" hx-get="/fragments/word">Fetch</button>`))
		tab.Wait(`window.htmx`)
		tab.Click("#word")
		tab.Wait(`document.querySelector("#word").textContent === "fetched"`)
	})
}

func TestHtmxThatCannotBeFetchedIsSaidInThePanel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onHtmx(noAnswer)
	tab := browsertest.New(t).Tab()
	tab.Allow("net::ERR_EMPTY_RESPONSE") // Chromium's own message
	tab.Open(s.URL + "/profile")
	browsertest.Eval[bool](tab, submitRefresh)
	tab.Wait(saysOffline + ` && !document.querySelector(".htmx-request")`)
	if n := s.count(tab, "/fragments/profile"); n != 0 {
		t.Errorf("the form was sent %d times", n)
	}

	// To come near again is no reason to try again: a pointer comes and goes.
	before := s.fetched(tab)
	browsertest.Eval[bool](tab, `document.querySelector("#refresh").dispatchEvent(new PointerEvent("pointerover", {bubbles: true}))`)
	if after := s.fetched(tab); after != before {
		t.Error("the pointer made the page try again")
	}

	// The next try takes the line away, so that its failure is announced again.
	held, open := gate(noAnswer)
	s.onHtmx(held)
	browsertest.Eval[bool](tab, submitRefresh)
	tab.Wait(saysNothing)
	open()
	tab.Wait(saysOffline)

	s.onHtmx(nil)
	browsertest.Eval[bool](tab, submitRefresh)
	tab.Wait(updatedOnce + " && " + saysNothing)
}

func TestHtmxThatDoesNotComeIsSaidInThePanel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, open := gate(s.files.ServeHTTP)
	s.onHtmx(held)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`window.setTimeout = (later => (act, time) => later(act, time / 50))(setTimeout)`)
	tab.Open(s.URL + "/profile")
	browsertest.Eval[bool](tab, submitRefresh)
	tab.Wait(saysOffline)

	// It comes after all, and serves the next try.
	open()
	tab.Wait(`window.htmx`)
	tab.Click("#refresh")
	tab.Wait(updatedOnce + " && " + saysNothing)
	if n := s.count(tab, "/fragments/profile"); n != 1 {
		t.Errorf("the form was sent %d times, want once", n)
	}
}

func TestACheckThatCannotBeMadeIsMadeTheNextTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onHtmx(noAnswer)
	tab := browsertest.New(t).Tab()
	tab.Allow("net::ERR_EMPTY_RESPONSE") // Chromium's own message
	tab.Open(s.URL)
	s.session("k1")
	browsertest.Eval[bool](tab, `document.dispatchEvent(new Event("session:check"))`)
	tab.Wait(`!document.querySelector("script[src*='/htmx-']")`)
	s.onHtmx(nil)
	browsertest.Eval[bool](tab, `document.dispatchEvent(new Event("session:check"))`)
	tab.Wait(shows("k1"))
}

// TestAFormThatWaitsIsSentByHtmx whatever stands on its page and in its attributes.
func TestAFormThatWaitsIsSentByHtmx(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]struct{ element, script string }{
		"a listener of its own hears it once": {
			`<form id="word" action="/profile" method="post" data-hx-get="/fragments/word"></form>`,
			`document.querySelector("#word").addEventListener("submit", event => { heard++; event.stopPropagation(); })`},
		"an element with the id htmx": {
			`<h2 id="htmx">htmx</h2><form id="word" action="/profile" method="post" data-hx-get="/fragments/word"></form>`,
			`document.addEventListener("submit", () => heard++)`},
		"a target that is no selector": {
			`<form id="word" action="/profile" method="post" data-hx-get="/fragments/word" data-hx-target="<form/>"></form>`,
			`document.addEventListener("submit", () => heard++)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tab := browsertest.New(t).Tab()
			tab.Open(s.URL + "/?element=" + url.QueryEscape(page.element))
			browsertest.Eval[bool](tab, `(window.heard = 0, `+page.script+`, document.querySelector("#word").requestSubmit(), true)`)
			tab.Wait(`document.querySelector("#word")?.textContent === "fetched" || document.title === "Posted"`)
			if got := browsertest.Eval[string](tab, `document.title + " " + window.heard`); got != "Site 1" {
				t.Errorf("got %q, want the fragment, and one submit event", got)
			}
		})
	}
}

// TestWithoutHtmxAFormThatCanSayNothingIsAForm: better the whole page than nothing at all.
func TestWithoutHtmxAFormThatCanSayNothingIsAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onHtmx(noAnswer)
	tab := browsertest.New(t).Tab()
	tab.Allow("net::ERR_EMPTY_RESPONSE") // Chromium's own message
	tab.Open(s.URL + "/?element=" + url.QueryEscape(`<form action="/login" data-hx-get="/fragments/word"><button id="send" name="by" value="button">Send</button></form>`))
	browsertest.Eval[bool](tab, `(document.querySelector("form").requestSubmit(document.querySelector("#send")), true)`)
	tab.Wait(`location.pathname + location.search === "/login?by=button"`)
}

func TestACheckThatNothingWaitsForFetchesNoHtmx(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/bare")
	browsertest.Eval[bool](tab, `document.dispatchEvent(new Event("session:check"))`)
	if n := s.fetched(tab); n != 0 {
		t.Error("fetched htmx")
	}
}
