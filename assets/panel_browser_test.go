package assets_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// openProfile opens the page with the panel, and waits until its script has started.
func openProfile(t *testing.T, s *site) *browsertest.Tab {
	t.Helper()
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile")
	tab.Wait(`document.readyState === "complete"`)
	return tab
}

// gate is a handler that waits until the test lets it go on.
func gate(then http.HandlerFunc) (h http.HandlerFunc, open func()) {
	opened := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-opened:
			then(w, r)
		case <-r.Context().Done():
		}
	}, func() { close(opened) }
}

// noAnswer drops the connection, as a network does that is gone.
func noAnswer(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func answerPanel(times int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, panel(times)) }
}

func TestRefreshKeepsFocusAndOpenedDetails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	tab.Click("summary")
	tab.Wait(`document.querySelector("details").open`)
	browsertest.Eval[bool](tab, `(window.button = document.querySelector("#refresh"), window.details = document.querySelector("details"), true)`)
	tab.Click("#refresh")
	tab.Wait(`document.querySelector("#updated").textContent === "Updated 1 times"`)
	if !browsertest.Eval[bool](tab, `document.activeElement === button && button.isConnected`) {
		t.Error("the button lost the focus")
	}
	if !browsertest.Eval[bool](tab, `details.isConnected && details.open`) {
		t.Error("the opened details closed")
	}
}

func TestADoubleClickMakesOneRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	slow, answer := gate(answerPanel(1))
	s.onRefresh(slow)
	tab := openProfile(t, s)
	tab.Click("#refresh")
	tab.Click("#refresh")
	tab.Wait(`document.querySelector("#profile.htmx-request")`) // the busy state, by data-hx-indicator
	answer()
	tab.Wait(`document.querySelector("#updated").textContent === "Updated 1 times" && !document.querySelector(".htmx-request")`)
	if n := s.count(tab, "/fragments/profile"); n != 1 {
		t.Errorf("made %d requests, want 1", n)
	}
}

func TestARefusedFragmentLeadsToSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onRefresh(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("HX-Redirect", "/login?return_to=/profile")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `<p id="profile">You are signed out.</p>`)
	})
	tab := openProfile(t, s)
	tab.Allow("status of 401") // Chromium's own message
	tab.Click("#refresh")
	tab.Wait(`location.pathname + location.search === "/login?return_to=/profile"`)
}

const (
	saysOffline = `document.querySelector("[data-offline]").checkVisibility()`
	saysNothing = `!document.querySelector("[data-offline]").checkVisibility()`
)

func TestNoAnswerIsSaidInThePanel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	tab.Allow("net::ERR_EMPTY_RESPONSE", "htmx: htmx:error: Failed to fetch") // Chromium's message, and htmx's
	tab.Wait(saysNothing)

	s.onRefresh(noAnswer)
	tab.Click("#refresh")
	tab.Wait(saysOffline)
	if got := tab.Text("#updated"); got != "Updated 0 times" {
		t.Errorf("the panel changed: %q", got)
	}
	if !browsertest.Eval[bool](tab, `document.activeElement.id === "refresh"`) {
		t.Error("the button lost the focus")
	}

	// The next try takes the line away, so that its failure is announced again.
	slow, goOn := gate(noAnswer)
	s.onRefresh(slow)
	tab.Click("#refresh")
	tab.Wait(saysNothing)
	goOn()
	tab.Wait(saysOffline)

	s.onRefresh(answerPanel(7))
	tab.Click("#refresh")
	tab.Wait(`document.querySelector("#updated").textContent === "Updated 7 times" && ` + saysNothing)
}

func TestALateAnswerIsSaidInThePanel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	never, goOn := gate(answerPanel(1))
	defer goOn()
	s.onRefresh(never)
	tab := openProfile(t, s)
	tab.Allow("htmx: htmx:error: timeout")
	browsertest.Eval[bool](tab, `(document.querySelector("#refresh").focus(), true)`)
	tab.Wait(`window.htmx && (htmx.config.defaultTimeout = 200)`)
	tab.Click("#refresh")
	tab.Wait(saysOffline + ` && !document.querySelector(".htmx-request")`)
}

func TestALoginStateThatCannotBeCheckedStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	tab.Allow("Failed to fetch", "net::ERR_CONNECTION_REFUSED", "net::ERR_EMPTY_RESPONSE")
	browsertest.Eval[bool](tab, `(document.querySelector("#refresh").focus(), true)`)
	tab.Wait(`window.htmx`)
	s.Close()
	browsertest.Eval[bool](tab, `(document.addEventListener("htmx:finally:request", () => window.answered = true),
		document.dispatchEvent(new Event("session:check")))`)
	tab.Wait(`window.answered && ` + shows("") + ` && ` + saysNothing)
}

func TestAScriptInAFragmentNeverRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.onRefresh(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<section id="profile"><p id="updated">new</p><script>document.title = "Hacked"</script></section>`)
	})
	tab := openProfile(t, s)
	tab.Click("#refresh")
	tab.Wait(`document.querySelector("#updated").textContent === "new"`)
	if got := browsertest.Eval[string](tab, `document.title + document.querySelector("#profile script").textContent`); got != "Site" {
		t.Errorf("title and script are %q", got)
	}
	// That the policy had nothing to refuse is checked when the test ends.
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	tab.Do(permit(s.URL))
	tab.Click("#copy")
	tab.Wait(`document.querySelector("#copied").textContent === "Copied"`)
	if got := browsertest.Eval[string](tab, `navigator.clipboard.readText()`); got != `{"times": 0}` {
		t.Errorf("copied %q", got)
	}
	if got := tab.Text("#updated"); got != "Updated 0 times" {
		t.Errorf("another status was overwritten: %q", got)
	}

	// After a swap the button is still there, in use, and copies what is new.
	browsertest.Eval[bool](tab, `(document.querySelector("#profile form").requestSubmit(), true)`)
	tab.Wait(`document.querySelector("#updated").textContent === "Updated 1 times" && document.querySelector("#copied").textContent === ""`)
	if !browsertest.Eval[bool](tab, `document.activeElement.id === "copy" && document.activeElement.checkVisibility()`) {
		t.Error("the copy button lost the focus, or is hidden")
	}
	tab.Click("#copy")
	tab.Wait(`document.querySelector("#copied").textContent === "Copied"`)
	if got := browsertest.Eval[string](tab, `navigator.clipboard.readText()`); got != `{"times": 1}` {
		t.Errorf("copied %q", got)
	}
}

// permit lets a page read the clipboard, for the test to look at it. Writing needs no permission.
func permit(origin string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission:       &browser.PermissionDescriptor{Name: "clipboard-read"},
			Setting:          browser.PermissionSettingGranted,
			Origin:           origin,
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	})
}

func TestCopyRefusedSelectsTheText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	browsertest.Eval[bool](tab, `(navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError")), true)`)
	tab.Click("#copy")
	tab.Wait(`document.querySelector("#copied").textContent === "Selected, ready to copy"`)
	if got := browsertest.Eval[string](tab, `getSelection().toString()`); got != `{"times": 0}` {
		t.Errorf("selected %q", got)
	}
}

func TestCopyWithoutAClipboardSelectsTheText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	browsertest.Eval[bool](tab, `(Object.defineProperty(navigator, "clipboard", {value: undefined}), true)`) // as over plain http
	tab.Click("#copy")
	tab.Wait(`getSelection().toString() === '{"times": 0}'`)
}

func TestWithoutScriptNothingIsOfferedThatNeedsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.NoScript()
	tab.Open(s.URL + "/profile")
	if browsertest.Eval[bool](tab, `document.querySelector("#copy").checkVisibility() || document.querySelector("[data-offline]").checkVisibility()`) {
		t.Error("the copy button or the offline line is shown")
	}
}
