package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// openNotes signs ada in on the page /test-notes and adds a secret note there.
func openNotes(app *testapp.App, tab *browsertest.Tab) {
	signIn(app, tab, "ada", "/test-notes")
	tab.Type("#text", secretNote)
	tab.Click("#add")
	tab.Wait(`document.querySelector("#notes li")?.textContent === "` + secretNote + `"`)
}

func TestPrivatePageIsLeftWhenAnotherTabSignsOut(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Handler: handlers.NewWithNotes})
	browser := browsertest.New(t)
	notes, other := browser.Tab(), browser.Tab()
	openNotes(app, notes)
	other.Open(app.URL + "/")
	other.Wait(isLoaded)
	other.Click("#session button")
	notes.Wait(isAtPrompt(app, "/test-notes"))
	if browsertest.Eval[bool](notes, `document.documentElement.textContent.includes("`+secretNote+`")`) {
		t.Error("the tab still shows the note")
	}
	notes.Back()
	notes.Wait(isAtSignIn(app))
	notes.Open(app.URL + "/signed-out?return_to=/test-notes")
	notes.Click(".sign-in-prompt a.btn")
	notes.Wait(isAtSignIn(app))
	notes.Click(`button[value="ada"]`)
	notes.Wait(isAt(app.URL+"/test-notes") + ` && document.querySelector("#notes li").textContent === "` + secretNote + `"`)
}

func TestPrivatePageIsLoadedAgainForAnotherPerson(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Handler: handlers.NewWithNotes})
	browser := browsertest.New(t)
	notes, other := browser.Tab(), browser.Tab()
	openNotes(app, notes)
	other.Open(app.URL + "/login?prompt=login&return_to=/")
	other.Wait(isAtSignIn(app))
	other.Click(`button[value="bob"]`)
	notes.Wait(isAt(app.URL+"/test-notes") + ` && document.querySelector(".login-state-name").textContent === "bob"`)
	if browsertest.Eval[bool](notes, `document.documentElement.textContent.includes("`+secretNote+`")`) {
		t.Error("bob sees ada's note")
	}
}

func TestFragmentOfAnEndedSessionLeadsBackToItsPage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Handler: handlers.NewWithNotes})
	tab := browsertest.New(t).Tab()
	tab.Allow("status of 401") // message of Chromium
	openNotes(app, tab)
	signOutEverywhere(t, app, "ada")
	tab.Click("#add")
	tab.Wait(isAtSignIn(app))
	tab.Click(`button[value="ada"]`)
	tab.Wait(isAt(app.URL+"/test-notes") + ` && document.querySelector("#notes li").textContent === "` + secretNote + `"`)
}

func TestFragmentErrorIsShownInItsTarget(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Handler: handlers.NewWithNotes})
	tab := browsertest.New(t).Tab()
	tab.Allow("status of 500") // message of Chromium
	openNotes(app, tab)
	tab.Type("#text", "fail")
	tab.Click("#add")
	tab.Wait(`document.querySelector("#notes[role=alert] h2")`)
	if !browsertest.Eval[bool](tab, `document.querySelectorAll("#notes").length === 1 && `+
		`document.querySelector("#session button") && document.querySelector("main > #notes") && `+
		`location.pathname === "/test-notes"`) {
		t.Error("the error replaced more than the target, or is not in its place")
	}
}
