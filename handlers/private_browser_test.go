package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// openNotes signs ada in on the page /notes and adds a secret note there.
func openNotes(s *stage, tab *browsertest.Tab) {
	s.signIn(tab, "ada", "/notes")
	tab.Type("#text", secretNote)
	tab.Click("#add")
	tab.Wait(`document.querySelector("#notes li")?.textContent === "` + secretNote + `"`)
}

func TestPrivatePageIsLeftWhenAnotherTabSignsOut(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, handlers.NewWithNotes)
	browser := browsertest.New(t)
	notes, other := browser.Tab(), browser.Tab()
	openNotes(s, notes)
	other.Open(s.app + "/")
	other.Wait(alive)
	other.Click("#session button")
	notes.Wait(at(s.app+"/") + " && " + showsLogin)
	if browsertest.Eval[bool](notes, `document.documentElement.textContent.includes("`+secretNote+`")`) {
		t.Error("the tab still shows the note")
	}
	notes.Back()
	notes.Wait(s.onSignIn())
}

func TestPrivatePageIsLoadedAgainForAnotherPerson(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, handlers.NewWithNotes)
	browser := browsertest.New(t)
	notes, other := browser.Tab(), browser.Tab()
	openNotes(s, notes)
	other.Open(s.app + "/login?prompt=login&return_to=/")
	other.Wait(s.onSignIn())
	other.Click(`button[value="bob"]`)
	notes.Wait(at(s.app+"/notes") + ` && document.querySelector(".login-state-name").textContent === "bob"`)
	if browsertest.Eval[bool](notes, `document.documentElement.textContent.includes("`+secretNote+`")`) {
		t.Error("bob sees ada's note")
	}
}

func TestFragmentOfAnEndedSessionLeadsBackToItsPage(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, handlers.NewWithNotes)
	tab := browsertest.New(t).Tab()
	tab.Allow("status of 401") // Chromium's own message
	openNotes(s, tab)
	s.endedEverywhere(t, "ada")
	tab.Click("#add")
	tab.Wait(s.onSignIn())
	tab.Click(`button[value="ada"]`)
	tab.Wait(at(s.app+"/notes") + ` && document.querySelector("#notes li").textContent === "` + secretNote + `"`)
}

func TestFragmentErrorIsShownInItsTarget(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, handlers.NewWithNotes)
	tab := browsertest.New(t).Tab()
	tab.Allow("status of 500") // Chromium's own message
	openNotes(s, tab)
	tab.Type("#text", "fail")
	tab.Click("#add")
	tab.Wait(`document.querySelector("#notes[role=alert] h2")`)
	if !browsertest.Eval[bool](tab, `document.querySelectorAll("#notes").length === 1 && document.querySelector("#session button")`+
		` && document.querySelector("main > #notes") && location.pathname === "/notes"`) {
		t.Error("the error replaced more than the target, or is not in its place")
	}
}
