package assets_test

import (
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers/browsertest"
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
	open()
	tab.Wait(updatedOnce)
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
	tab.Wait(saysOffline)
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

func TestWithoutTrustedTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`delete window.trustedTypes`)
	tab.Open(s.URL + "/profile?untyped")
	tab.Click("#refresh")
	tab.Wait(updatedOnce)
}

func TestWithoutAnAddressOfHtmxAFormIsAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile?without")
	tab.Click("#refresh")
	tab.Wait(`document.title === "Posted"`)
}
