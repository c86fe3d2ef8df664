package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// openProfile signs ada in and opens her profile.
func openProfile(t *testing.T, app *testapp.App) *browsertest.Tab {
	t.Helper()
	tab := browsertest.New(t).Tab()
	signIn(app, tab, "ada", "/profile")
	return tab
}

const (
	isUpdated       = `document.querySelector(".profile-card time").textContent !== window.updated`
	isBusy          = `document.querySelector("#profile.htmx-request .profile-card-spinner").checkVisibility()`
	isIdle          = `!document.querySelector(".htmx-request")`
	refreshHasFocus = `document.activeElement.id === "profile-refresh"`
	showsProblem    = `document.querySelector("#profile [role=alert]")?.textContent ?? ""`
	showsOffline    = `document.querySelector("[data-offline]").checkVisibility()`
)

// recordCard stores the time of the last update in the variable updated, for isUpdated, and the elements that a refresh
// must not replace in the variable kept.
func recordCard(tab *browsertest.Tab) {
	browsertest.Eval[bool](tab, `(
		window.updated = document.querySelector(".profile-card time").textContent,
		window.kept = ["#profile", "#profile-refresh", "#profile-more", "#profile [role=status]"]
			.map(selector => document.querySelector(selector)),
		true)`)
}

func TestRefreshMorphsTheCard(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Click("#profile-more summary")
	tab.Wait(`document.querySelector("#profile-more").open`)
	recordCard(tab)
	app.AdvanceClock(time.Minute)
	tab.Click("#profile-refresh")
	tab.Wait(isUpdated + " && " + isIdle)
	if !browsertest.Eval[bool](tab, `kept.every(element => element.isConnected)`) {
		t.Error("the card, its button, its details or its status line was replaced")
	}
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus")
	}
	if !browsertest.Eval[bool](tab, `document.querySelector("#profile-more").open`) {
		t.Error("the details were closed")
	}
	if !browsertest.Eval[bool](tab, `document.querySelector(".profile-card time").closest("[role=status]")`+
		`.textContent.startsWith("Updated ")`) {
		t.Error("the time of the update is not in a status line, which screen readers announce")
	}
	if browsertest.Eval[bool](tab, `document.querySelector("[data-copy]").hidden`) {
		t.Error("the copy button is hidden")
	}
}

// TestRefreshChangesTheWholePage changes name and email at the provider. The heading and the navbar follow the card.
func TestRefreshChangesTheWholePage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	app.AdvanceClock(time.Minute)
	app.Provider.Override("/userinfo", userinfo(
		`{"sub":"dev-ada","username":"countess","name":"Augusta King","email":"king@example.com","email_verified":false}`))
	tab.Click("#profile-refresh")
	tab.Wait(`document.querySelector("#profile dd").textContent.trim() === "Augusta King" && ` + isIdle)
	checkText(t, tab, "h1", textWelcome("king@example.com"))
	checkText(t, tab, "#welcome .page-lead", "Augusta King")
	checkText(t, tab, "#welcome .badge", "email not verified")
	checkText(t, tab, ".login-state-name", "countess")
	if n := browsertest.Eval[int](tab, `document.querySelectorAll("#welcome, #session, #profile").length`); n != 3 {
		t.Errorf("the page has %d parts, want 3", n)
	}
}

func TestSlowRefresh(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	recordCard(tab)
	app.AdvanceClock(time.Minute)
	_, release := app.Provider.Hold("/userinfo")
	defer release()
	tab.Click("#profile-refresh")
	tab.Click("#profile-refresh")
	tab.Wait(isBusy + ` && document.querySelector("#profile").ariaBusy === "true"`)
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus during the refresh")
	}
	tab.Wait(`getComputedStyle(document.querySelector("#profile dl")).opacity === "0.5"`)
	release()
	tab.Wait(isUpdated + " && " + isIdle)
	settle(tab)
	tab.Wait(`document.querySelector("#profile").ariaBusy !== "true"`)
	if n := countRequests(app, tab, http.MethodPost, "/fragments/profile"); n != 1 {
		t.Errorf("two clicks sent %d requests, want 1", n)
	}
}

func TestRefreshWhileProviderUnavailable(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Allow("status of 503") // message of Chromium
	recordCard(tab)
	app.AdvanceClock(time.Minute)
	app.Provider.Override("/userinfo", testapp.Unavailable)
	tab.Click("#profile-refresh")
	tab.Wait(showsProblem)
	checkText(t, tab, ".profile-card dd", "Ada Lovelace")
	if browsertest.Eval[bool](tab, isUpdated) {
		t.Error("the card has a new time of update")
	}
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus")
	}
	app.Provider.Override("/userinfo", nil)
	tab.Click("#profile-refresh")
	tab.Wait(isUpdated + ` && !(` + showsProblem + `)`)
}

func TestRefreshAfterSessionEnded(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Allow("status of 401") // message of Chromium
	signOutEverywhere(t, app, "ada")
	tab.Click("#profile-refresh")
	tab.Wait(isAtSignIn(app))
	tab.Click(`button[value="ada"]`)
	tab.Wait(isAt(app.URL + "/profile"))
}

func TestRefreshNeedsSignIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Allow("status of 401") // message of Chromium
	recordCard(tab)
	app.AdvanceClock(2 * time.Hour) // the access token expires, and there is no refresh token
	tab.Click("#profile-refresh")
	tab.Wait(isAt(app.URL+"/profile") + ` && window.updated === undefined`) // a new page, by single sign-on
}

func TestRefreshOffline(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Allow("net::ERR_INTERNET_DISCONNECTED", "htmx: htmx:error: Failed to fetch") // messages of Chromium and htmx
	recordCard(tab)
	app.AdvanceClock(time.Minute)
	tab.Offline(true)
	tab.Click("#profile-refresh")
	tab.Wait(showsOffline + " && " + isIdle)
	checkText(t, tab, ".profile-card dd", "Ada Lovelace")
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus")
	}
	tab.Offline(false)
	_, release := app.Provider.Hold("/userinfo")
	defer release()
	tab.Click("#profile-refresh")
	tab.Wait(isBusy + " && !(" + showsOffline + ")") // hidden, so that another failure is announced
	release()
	tab.Wait(isUpdated + " && !(" + showsOffline + ")")
}
