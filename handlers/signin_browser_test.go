package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// layoutFault returns the first fault in the layout of a page at its width, or "". A page must not scroll sideways, its
// navbar must be one row, and the links and buttons of the navbar must be large enough and not covered.
const layoutFault = `(() => {
	scrollTo(0, 0); // autofocus may have scrolled
	const page = document.documentElement;
	if (page.scrollWidth > innerWidth) return "the page is " + page.scrollWidth + " px wide";
	const centres = new Set();
	for (const item of document.querySelectorAll(".navbar :is(a, button)")) {
		if (item.closest(".navbar-links") && innerWidth < 576) continue; // hidden; the footer has them
		const box = item.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
		centres.add(Math.round(y));
		if (box.width < 24 || box.height < 44) return item.textContent + " is " + box.width + " by " + box.height + " px";
		if (!item.contains(document.elementFromPoint(x, y))) return item.textContent + " is covered";
	}
	for (const text of document.querySelectorAll(".navbar span, .login-state-name")) {
		if (text.offsetHeight > 44) return text.textContent + " has several lines";
		if (text.textContent.length < 9 && text.scrollWidth > text.clientWidth + 1 && text.clientWidth > 1)
			return text.textContent + " is truncated";
	}
	return centres.size === 1 ? "" : "the navbar has " + centres.size + " rows";
})()`

func checkLayout(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Front()
	if fault := browsertest.Eval[string](tab, layoutFault); fault != "" {
		page, width := browsertest.Eval[string](tab, `document.title`), browsertest.Eval[int](tab, `innerWidth`)
		t.Errorf("%s at %d px: %s", page, width, fault)
	}
}

// TestStory signs in, registers, refreshes and signs out, with and without JavaScript, on a desktop and on a phone.
func TestStory(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 360} {
		for _, script := range []bool{true, false} {
			t.Run(fmt.Sprintf("width %d, JavaScript %t", width, script), func(t *testing.T) {
				t.Parallel()
				testStory(t, width, script)
			})
		}
	}
}

func testStory(t *testing.T, width int64, script bool) {
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	tab.Size(width, 800)
	if !script {
		tab.NoScript()
	}
	waitFor := func(path string) {
		t.Helper()
		tab.Wait(isAt(app.URL + path))
		checkLayout(t, tab)
	}

	tab.Open(app.URL + "/")
	waitFor("/")
	checkText(t, tab, "h1", textHelloWorld)
	checkText(t, tab, "#session", textLogin)
	checkText(t, tab, ".page-hero .btn-primary", textRegister)

	// Sign in as a user of the list.
	tab.Click(".login-state a")
	tab.Wait(isAtSignIn(app))
	checkLayout(t, tab)
	tab.Click(`button[value="ada"]`)
	waitFor("/")
	checkText(t, tab, "#session li:first-child", textLoggedInAs+"ada")
	checkText(t, tab, "#session li:last-child", textLogout)
	checkText(t, tab, "h1", textHello("ada"))

	// Open the profile.
	tab.Click(".page-hero .btn-primary")
	waitFor("/profile")
	checkText(t, tab, "h1", textWelcome("ada@example.com"))
	checkText(t, tab, ".profile-card-object h3", textUserObject)
	if object := tab.Text("pre"); !strings.Contains(object, `"username": "ada"`) {
		t.Errorf("the user object is %s", object)
	}

	// Sign out, also at the provider, which shows its sign-in page the next time.
	tab.Click(".login-state button")
	waitFor("/")
	checkText(t, tab, "#session", textLogin)

	// Register, on the way to a private page.
	tab.Open(app.URL + "/profile")
	tab.Wait(isAtSignIn(app))
	tab.Click(`a[href^="/register"]`)
	tab.Wait(`location.pathname === "/register" && document.readyState === "complete"`)
	checkLayout(t, tab)
	tab.Type("#name", "Grace <b>Hopper</b>")
	tab.Type("#email", "grace@example.com")
	tab.Type("#password", "correct horse")
	tab.Click("main .card button")
	waitFor("/profile")
	checkText(t, tab, "h1", textWelcome("grace@example.com"))
	checkText(t, tab, ".profile-card dd", "Grace <b>Hopper</b>")

	// Refresh the card with JavaScript, or the whole page without.
	before := tab.Text(".profile-card time")
	app.AdvanceClock(time.Minute)
	tab.Click("#profile-refresh")
	tab.Wait(`document.querySelector(".profile-card time").textContent !== "` + before + `"`)
	want := 0
	if !script {
		want = 1
	}
	if got := countRequests(app, tab, "POST", "/profile"); got != want {
		t.Errorf("sent the form of the page %d times, want %d", got, want)
	}

	tab.Click(".login-state button")
	waitFor("/")

	// Sign in with the new password.
	tab.Click(".page-hero .btn-primary")
	tab.Wait(isAtSignIn(app))
	tab.Click(".idp-fold summary")
	tab.Type("#login", "grace@example.com")
	tab.Type("#password", "wrong")
	tab.Allow("status of 422") // message of Chromium
	tab.Click(".card form:not(.list-group) button")
	tab.Wait(`document.querySelector("[role=alert]")`)
	checkLayout(t, tab)
	tab.Type("#password", "correct horse")
	tab.Click(".card form:not(.list-group) button")
	waitFor("/")
}

// TestLayoutOfNames opens the pages of users with long, foreign and missing names on a small phone, and at the smallest
// width that a page must support without scrolling sideways (WCAG 2.2, 1.4.10).
func TestLayoutOfNames(t *testing.T) {
	t.Parallel()
	users := append(devidp.DemoUsers(), devidp.User{
		Username: "hubert.wolfeschlegelsteinhausenbergerdorff-featherstonehaugh", Name: "Hubert",
	})
	app := testapp.New(t, testapp.Options{Provider: devidp.Config{Users: users}})
	for _, user := range users {
		t.Run(user.Username, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.New(t).Tab()
			tab.Size(320, 740)
			signIn(app, tab, user.Username, "/profile")
			checkLayout(t, tab)
			tab.Size(360, 740)
			checkLayout(t, tab)
			welcome := user.Email
			if welcome == "" {
				welcome = user.Username
			}
			if got := tab.Text("h1"); !strings.Contains(got, welcome) && !strings.Contains(got, user.Name) {
				t.Errorf("the page greets with %q", got)
			}
			tab.Click("#profile-more summary")
			checkLayout(t, tab)
			tab.Open(app.URL + "/")
			checkLayout(t, tab)
		})
	}
}

// TestOneClickSignIn presses a person on the home page: the provider asks nothing.
func TestOneClickSignIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	tab.Open(app.URL + "/")
	tab.Click(`#people a[href*="ada"]`)
	tab.Wait(isAt(app.URL + "/"))
	tab.Wait(`document.querySelector("h1").textContent === "Hello, ada!"`)
}
