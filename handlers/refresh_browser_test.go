package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// openCard signs ada in on a page with her card.
func openCard(t *testing.T, s *stage) *browsertest.Tab {
	t.Helper()
	tab := browsertest.New(t).Tab()
	s.signIn(tab, "ada", "/profile")
	tab.Wait(alive)
	return tab
}

// refreshes returns how often the tab has asked for the card.
func (s *stage) refreshes(tab *browsertest.Tab) int {
	s.settled(tab)
	return countRequests(tab, http.MethodPost, s.app+"/fragments/profile")
}

const (
	isUpdated       = `document.querySelector(".profile-card time").textContent !== window.updated`
	isBusy          = `document.querySelector("#profile.htmx-request .profile-card-spinner").checkVisibility()`
	isCalm          = `!document.querySelector(".htmx-request")`
	refreshHasFocus = `document.activeElement.id === "profile-refresh"`
	showsProblem    = `document.querySelector("#profile [role=alert]")?.textContent ?? ""`
	showsOffline    = `document.querySelector("[data-offline]").checkVisibility()`
)

// remember keeps what a refresh must leave as it is, or change.
func remember(tab *browsertest.Tab) {
	browsertest.Eval[bool](tab, `(window.updated = document.querySelector(".profile-card time").textContent,
		window.kept = ["#profile", "#profile-refresh", "#profile-more", "#profile [role=status]"].map(kept => document.querySelector(kept)), true)`)
}

func TestRefreshStaysInPlace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	tab.Click("#profile-more summary")
	tab.Wait(`document.querySelector("#profile-more").open`)
	remember(tab)
	s.later(time.Minute)
	tab.Click("#profile-refresh")
	tab.Wait(isUpdated + " && " + isCalm)
	if !browsertest.Eval[bool](tab, `kept.every(element => element.isConnected)`) {
		t.Error("the card, its button, More or the status line was replaced, not changed")
	}
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus")
	}
	if !browsertest.Eval[bool](tab, `document.querySelector("#profile-more").open`) {
		t.Error("More was folded")
	}
	if !browsertest.Eval[bool](tab, `document.querySelector(".profile-card time").closest("[role=status]").textContent.startsWith("Updated ")`) {
		t.Error("the time of the update is not announced")
	}
	if browsertest.Eval[bool](tab, `document.querySelector("[data-copy]").hidden`) {
		t.Error("the copy button has gone")
	}
}

func TestASlowRefreshIsCalmAndAskedForOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	remember(tab)
	s.later(time.Minute)
	answer := s.hold("/userinfo")
	defer answer()
	tab.Click("#profile-refresh")
	tab.Click("#profile-refresh")
	tab.Wait(isBusy)
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus while the card waits")
	}
	tab.Wait(`getComputedStyle(document.querySelector("#profile dl")).opacity === "0.5"`)
	answer()
	tab.Wait(isUpdated + " && " + isCalm)
	if n := s.refreshes(tab); n != 1 {
		t.Errorf("two clicks made %d requests, want one", n)
	}
}

func TestRefreshWhileTheProviderIsDown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	tab.Allow("status of 503") // Chromium's own message
	remember(tab)
	s.later(time.Minute)
	s.door("/userinfo", away)
	tab.Click("#profile-refresh")
	tab.Wait(showsProblem)
	checkText(t, tab, ".profile-card h2", "Ada Lovelace")
	if browsertest.Eval[bool](tab, isUpdated) {
		t.Error("the card says that it was updated")
	}
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button, which tries again, lost the focus")
	}
	s.door("/userinfo", nil)
	tab.Click("#profile-refresh")
	tab.Wait(isUpdated + ` && !(` + showsProblem + `)`)
}

func TestRefreshWithoutASession(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	tab.Allow("status of 401") // Chromium's own message
	s.endedEverywhere(t, "ada")
	tab.Click("#profile-refresh")
	tab.Wait(s.onSignIn())
	tab.Click(`button[value="ada"]`)
	tab.Wait(at(s.app + "/profile"))
}

func TestRefreshWhenTheProviderWantsANewSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	tab.Allow("status of 401") // Chromium's own message
	remember(tab)
	s.later(2 * time.Hour) // the access token has expired, and there is no refresh token
	tab.Click("#profile-refresh")
	tab.Wait(at(s.app+"/profile") + ` && window.updated === undefined`) // a new page; single sign-on: nothing to click
}

func TestRefreshWithoutANetwork(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
	tab.Allow("net::ERR_INTERNET_DISCONNECTED", "htmx: htmx:error: Failed to fetch") // Chromium's message, and htmx's
	remember(tab)
	s.later(time.Minute)
	tab.Offline(true)
	tab.Click("#profile-refresh")
	tab.Wait(showsOffline + " && " + isCalm)
	checkText(t, tab, ".profile-card h2", "Ada Lovelace")
	if !browsertest.Eval[bool](tab, refreshHasFocus) {
		t.Error("the button lost the focus")
	}
	tab.Offline(false)
	answer := s.hold("/userinfo")
	defer answer()
	tab.Click("#profile-refresh")
	tab.Wait(isBusy + " && !(" + showsOffline + ")") // else another failure would not be announced
	answer()
	tab.Wait(isUpdated + " && !(" + showsOffline + ")")
}
