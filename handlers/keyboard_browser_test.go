package handlers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// focused returns the label or text of the element that has the focus, and whether the element or its outline is
// invisible.
const focused = `(() => {
	const e = document.activeElement;
	if (e === document.body) return "";
	const name = (e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.innerText).replace(/\s+/g, " ").trim();
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	if (!e.checkVisibility() || box.width < 2 || style.clipPath !== "none") return name + " (invisible)";
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + " (no outline)";
	return name;
})()`

// tabTo presses Tab until the element with the given name has the focus. It returns the names of all elements that had
// the focus meanwhile.
func tabTo(t *testing.T, tab *browsertest.Tab, name string) (names []string) {
	t.Helper()
	for range 30 {
		tab.Press(kb.Tab)
		names = append(names, browsertest.Eval[string](tab, focused))
		if names[len(names)-1] == name {
			return names
		}
	}
	t.Fatalf("Tab does not reach %q: %q", name, names)
	return nil
}

func checkOrder(t *testing.T, names []string, want ...string) {
	t.Helper()
	if !slices.Equal(names, want) {
		t.Errorf("the order of the focus is\n%q, want\n%q", names, want)
	}
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	waitFor := func(path string) { tab.Wait(isAt(app.URL + path)) }

	tab.Open(app.URL + "/")
	waitFor("/")
	checkOrder(t, tabTo(t, tab, textComponents),
		textSkip, "+ "+textBrand, textComponents)

	// The skip link moves the focus to the content of the page.
	tab.Open(app.URL + "/")
	waitFor("/")
	tabTo(t, tab, textSkip)
	tab.Press(kb.Enter)
	tab.Wait(`document.activeElement.id === "main"`)
	checkOrder(t, tabTo(t, tab, textRegister), textRegister)

	// Sign in with the password.
	tab.Press(kb.Enter)
	tab.Wait(isAtSignIn(app))
	tabTo(t, tab, "Use a password")
	tab.Press(kb.Enter)
	tabTo(t, tab, "Email or username")
	tab.Press("ada")
	checkOrder(t, tabTo(t, tab, "Password"), "Password")
	tab.Press("demo" + kb.Enter)
	waitFor("/")

	// Refresh the profile, open its details and scroll the user object.
	tabTo(t, tab, textLoggedInAs+"ada")
	tab.Press(kb.Enter)
	waitFor("/profile")
	userObject := textUserObject + " Ada Lovelace"
	order := tabTo(t, tab, userObject)
	checkOrder(t, order, textSkip, "+ "+textBrand, textComponents, textLoggedInAs+"ada", textLogout, "Profile",
		"Sessions", textRefresh, textTokenDetails, textUserObject+" 19 claims", userObject)
	for range order[:len(order)-8] { // back to Refresh
		tab.Press(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	if got := browsertest.Eval[string](tab, focused); got != textRefresh {
		t.Fatalf("Shift+Tab moved the focus to %q, want %q", got, textRefresh)
	}
	recordCard(tab)
	app.AdvanceClock(time.Minute)
	tab.Press(" ")
	tab.Wait(isUpdated + " && " + isIdle)
	checkOrder(t, tabTo(t, tab, textTokenDetails), textTokenDetails)
	tab.Press(kb.Enter)
	tab.Wait(`document.querySelector("#profile-more").open`)
	tabTo(t, tab, userObject)
	if browsertest.Eval[bool](tab, `document.activeElement.scrollHeight > document.activeElement.clientHeight`) {
		tab.Press(kb.End)
		tab.Wait(`document.activeElement.scrollTop > 0`)
	} else {
		t.Log("the user object is too short to scroll")
	}

	// Sign out.
	tab.Open(app.URL + "/profile")
	waitFor("/profile")
	tabTo(t, tab, textLogout)
	tab.Press(kb.Enter)
	waitFor("/")
	tabTo(t, tab, textLogin)

	// Sign in with one key press in the list.
	tab.Press(kb.Enter)
	tab.Wait(isAtSignIn(app))
	tabTo(t, tab, "Bob Wilson bob@example.com email not verified")
	tab.Press(kb.Enter)
	waitFor("/")
}
