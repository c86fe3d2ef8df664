package handlers_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// focused tells what has the focus, by its text or its label, and what is wrong with how it looks: that it can't be
// seen, or that nothing shows the focus.
const focused = `(() => {
	const e = document.activeElement;
	if (e === document.body) return "";
	const name = (e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.innerText).replace(/\s+/g, " ").trim();
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	if (!e.checkVisibility() || box.width < 2 || style.clipPath !== "none") return name + " (can't be seen)";
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + " (doesn't show the focus)";
	return name;
})()`

// tabTo presses Tab until something has the focus, and returns what had it on the way, it included.
func tabTo(t *testing.T, tab *browsertest.Tab, name string) (way []string) {
	t.Helper()
	for range 30 {
		tab.Press(kb.Tab)
		way = append(way, browsertest.Eval[string](tab, focused))
		if way[len(way)-1] == name {
			return way
		}
	}
	t.Fatalf("Tab does not reach %q: %q", name, way)
	return nil
}

func checkWay(t *testing.T, way []string, want string) {
	t.Helper()
	if got := strings.Join(way, " > "); got != want {
		t.Errorf("the focus went\n%s, want\n%s", got, want)
	}
}

func TestByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	arrive := func(url string) {
		t.Helper()
		tab.Wait(at(url))
		tab.Wait(alive)
	}

	tab.Open(s.app + "/")
	arrive(s.app + "/")
	checkWay(t, tabTo(t, tab, "Components"), "Skip to content > + Plusauth Starter > Login > Login/Register » > Components")

	// The skip link: what comes next is the page's own.
	tab.Open(s.app + "/")
	arrive(s.app + "/")
	tabTo(t, tab, "Skip to content")
	tab.Press(kb.Enter)
	tab.Wait(`document.activeElement.id === "main"`)
	checkWay(t, tabTo(t, tab, "Login/Register »"), "Login/Register »")

	// In, with the password.
	tab.Press(kb.Enter)
	tab.Wait(s.onSignIn())
	tabTo(t, tab, "Email or username")
	tab.Press("ada")
	checkWay(t, tabTo(t, tab, "Password"), "Password")
	tab.Press("demo" + kb.Enter)
	arrive(s.app + "/")

	// The profile: refreshed, unfolded, scrolled.
	tabTo(t, tab, "Logged in as: ada")
	tab.Press(kb.Enter)
	arrive(s.app + "/profile")
	way := tabTo(t, tab, "Components")
	checkWay(t, way, "Skip to content > + Plusauth Starter > Logged in as: ada > Logout > Refresh > More > Copy > User object: Ada Lovelace > Components")
	for range way[:len(way)-5] { // back to Refresh
		tab.Press(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
	}
	if got := browsertest.Eval[string](tab, focused); got != "Refresh" {
		t.Fatalf("backwards the focus went to %q", got)
	}
	remember(tab)
	s.later(time.Minute)
	tab.Press(" ")
	tab.Wait(isUpdated + " && " + isCalm)
	checkWay(t, tabTo(t, tab, "More"), "More")
	tab.Press(kb.Enter)
	tab.Wait(`document.querySelector("#profile-more").open`)
	tabTo(t, tab, "User object: Ada Lovelace")
	if height := browsertest.Eval[int](tab, `(pre => pre.scrollHeight - pre.clientHeight)(document.activeElement)`); height > 0 {
		tab.Press(kb.End)
		tab.Wait(`document.activeElement.scrollTop > 0`)
	} else {
		t.Log("the user object fits: nothing to scroll by " + strconv.Itoa(height))
	}

	// Out.
	tab.Open(s.app + "/profile")
	arrive(s.app + "/profile")
	tabTo(t, tab, "Logout")
	tab.Press(kb.Enter)
	arrive(s.app + "/")
	tabTo(t, tab, "Login")

	// In, with one press in the list.
	tab.Press(kb.Enter)
	tab.Wait(s.onSignIn())
	tabTo(t, tab, "Bob Wilson bob@example.com · email not verified")
	tab.Press(kb.Enter)
	arrive(s.app + "/")
}
