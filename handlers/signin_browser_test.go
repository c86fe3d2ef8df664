package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// fits finds what is wrong with the page at its width: "" when nothing sticks out, the navbar is one row, and what
// stands in it can be clicked.
const fits = `(() => {
	scrollTo(0, 0); // here, because autofocus may scroll at any time
	const wide = document.documentElement;
	if (wide.scrollWidth > innerWidth) return "the page is " + wide.scrollWidth + " px wide";
	const centres = new Set();
	for (const item of document.querySelectorAll(".navbar :is(a, button)")) {
		const box = item.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
		centres.add(Math.round(y));
		if (box.width < 24 || box.height < 44) return item.textContent + " is " + box.width + " by " + box.height + " px";
		if (!item.contains(document.elementFromPoint(x, y))) return item.textContent + " can't be clicked";
	}
	for (const text of document.querySelectorAll(".navbar span, .login-state-name")) {
		if (text.offsetHeight > 44) return text.textContent + " is in several lines";
		if (text.textContent.length < 9 && text.scrollWidth > text.clientWidth + 1 && text.clientWidth > 1) return text.textContent + " is cut short";
	}
	return centres.size === 1 ? "" : "the navbar has " + centres.size + " rows";
})()`

func checkFits(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Front()
	if wrong := browsertest.Eval[string](tab, fits); wrong != "" {
		t.Errorf("%s at %d px: %s", browsertest.Eval[string](tab, `document.title`), browsertest.Eval[int](tab, `innerWidth`), wrong)
	}
}

func checkText(t *testing.T, tab *browsertest.Tab, selector, want string) {
	t.Helper()
	if got := strings.Join(strings.Fields(tab.Text(selector)), " "); got != want {
		t.Errorf("%s: got %q, want %q", selector, got, want)
	}
}

// TestTheWholeStory is what a person does from the first visit on, with JavaScript and without, on a desktop and on a
// phone.
func TestTheWholeStory(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 360} {
		for _, script := range []bool{true, false} {
			t.Run(fmt.Sprintf("width %d, JavaScript %t", width, script), func(t *testing.T) {
				t.Parallel()
				wholeStory(t, width, script)
			})
		}
	}
}

func wholeStory(t *testing.T, width int64, script bool) {
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	tab.Size(width, 800)
	if !script {
		tab.NoScript()
	}
	arrive := func(url string) {
		t.Helper()
		tab.Wait(at(url))
		if script {
			tab.Wait(alive)
		}
		checkFits(t, tab)
	}

	// Signed out.
	tab.Open(s.app + "/")
	arrive(s.app + "/")
	checkText(t, tab, "h1", "Hello, world!")
	checkText(t, tab, ".navbar-nav", "Login")
	checkText(t, tab, ".jumbotron a", "Login/Register »")

	// As a person from the list.
	tab.Click(".login-state a")
	tab.Wait(s.onSignIn())
	checkFits(t, tab)
	tab.Click(`button[value="ada"]`)
	arrive(s.app + "/")
	checkText(t, tab, ".navbar-nav li:first-child", "Logged in as: ada")
	checkText(t, tab, ".navbar-nav li:last-child", "Logout")
	checkText(t, tab, "h1", "Hello, ada!")

	// The profile.
	tab.Click(".jumbotron a")
	arrive(s.app + "/profile")
	checkText(t, tab, "h1", "Welcome ada@example.com!")
	checkText(t, tab, "h3", "User object:")
	if object := tab.Text("pre"); !strings.Contains(object, `"username": "ada"`) {
		t.Errorf("the user object is %s", object)
	}

	// Out again: at the app and at the provider, which asks at the next sign-in.
	tab.Click(".login-state button")
	arrive(s.app + "/")
	checkText(t, tab, ".navbar-nav", "Login")

	// As somebody new, from a page that is for signed-in people.
	tab.Open(s.app + "/profile")
	tab.Wait(s.onSignIn())
	tab.Click(`a[href^="/register"]`)
	tab.Wait(`location.pathname === "/register" && document.readyState === "complete"`)
	checkFits(t, tab)
	tab.Type("#name", "Grace <b>Hopper</b>")
	tab.Type("#email", "grace@example.com")
	tab.Type("#password", "correct horse")
	tab.Click("main .card button")
	arrive(s.app + "/profile")
	checkText(t, tab, "h1", "Welcome grace@example.com!")
	checkText(t, tab, ".profile-card h2", "Grace <b>Hopper</b>")

	// Refresh: with JavaScript the card alone, else the page.
	before := tab.Text(".profile-card time")
	s.later(time.Minute)
	tab.Click("#profile-refresh")
	tab.Wait(`document.querySelector(".profile-card time").textContent !== "` + before + `"`)
	want := 0
	if !script {
		want = 1
	}
	if got := countRequests(tab, "POST", s.app+"/profile"); got != want {
		t.Errorf("posted the page's form %d times, want %d", got, want)
	}

	tab.Click(".login-state button")
	arrive(s.app + "/")

	// With the password that was just chosen.
	tab.Click(".jumbotron a")
	tab.Wait(s.onSignIn())
	tab.Type("#login", "grace@example.com")
	tab.Type("#password", "wrong")
	tab.Allow("status of 422") // Chromium's own message
	tab.Click(".card form:not(.list-group) button")
	tab.Wait(`document.querySelector("[role=alert]")`)
	checkFits(t, tab)
	tab.Type("#password", "correct horse")
	tab.Click(".card form:not(.list-group) button")
	arrive(s.app + "/")
}

// TestEverybodyFits opens the pages of people with long, foreign and missing names on a small phone, and on the
// smallest width that a page must fit without scrolling both ways (WCAG 2.2, 1.4.10).
func TestEverybodyFits(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, person := range stagePeople {
		t.Run(person.Username, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.New(t).Tab()
			tab.Size(320, 740)
			s.signIn(tab, person.Username, "/profile")
			checkFits(t, tab)
			tab.Size(360, 740)
			checkFits(t, tab)
			welcome := person.Email
			if welcome == "" {
				welcome = person.Username
			}
			if got := tab.Text("h1"); !strings.Contains(got, welcome) && !strings.Contains(got, person.Name) {
				t.Errorf("the page greets with %q", got)
			}
			tab.Click("#profile-more summary")
			checkFits(t, tab)
			tab.Open(s.app + "/")
			checkFits(t, tab)
		})
	}
}
