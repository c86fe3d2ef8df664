package handlers_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestSessionsPage signs a person in with three browsers, and ends one session, all others, and all.
func TestSessionsPage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	var ada [3]*testapp.Browser
	for i := range ada {
		ada[i] = app.Browser(t).SignIn("ada")
	}
	bob := app.Browser(t).SignIn("bob")
	refs := func(b *testapp.Browser) (refs []string) {
		t.Helper()
		resp := b.Get("/sessions")
		if resp.Status != 200 || resp.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("got status %d and %v", resp.Status, resp.Header)
		}
		for _, m := range regexp.MustCompile(`name="end" value="([^"]{16})"`).FindAllStringSubmatch(resp.Body, -1) {
			refs = append(refs, m[1])
		}
		return refs
	}
	wantSignedIn := func(want ...bool) {
		t.Helper()
		for i, b := range ada {
			if got := b.IsSignedIn(); got != want[i] {
				t.Errorf("browser %d: signed in %t, want %t", i, got, want[i])
			}
		}
	}
	own := func(b *testapp.Browser) string {
		ref, _, _ := strings.Cut(sessionKey(t, b), ".")
		return ref
	}
	list := refs(ada[0]) // the others, newest first
	if len(list) != 2 || len(refs(bob)) != 0 {
		t.Fatalf("got the sessions %q of ada and %q of bob", list, refs(bob))
	}
	checkRedirect(t, "session of another person", ada[0].Post("/sessions", "end="+own(bob)), "/sessions")
	checkRedirect(t, "no session", ada[0].Post("/sessions", ""), "/sessions")
	wantSignedIn(true, true, true)
	if resp := ada[0].Post("/sessions", "end=all", "Sec-Fetch-Site", "cross-site"); resp.Status != 403 {
		t.Errorf("a form on another site: got status %d", resp.Status)
	}
	checkRedirect(t, "end one", ada[0].Post("/sessions", "end="+list[0]), "/sessions")
	checkFlash(t, ada[0].Get("/sessions"), "That session has ended.")
	checkFlash(t, ada[0].Get("/sessions"), "")
	wantSignedIn(true, true, false)
	checkRedirect(t, "end it again", ada[0].Post("/sessions", "end="+list[0]), "/sessions")
	checkRedirect(t, "ended session", ada[2].Get("/sessions"), "/login?return_to=%2Fsessions")
	ada[2].SignIn("ada")
	checkRedirect(t, "end all others", ada[1].Post("/sessions", "end=others"), "/sessions")
	checkFlash(t, ada[1].Get("/profile"), "You are signed out in all other browsers.")
	wantSignedIn(false, true, false)

	ada[0].SignIn("ada")
	if resp := ada[0].Post("/sessions", "end="+own(ada[0])); resp.Status >= 400 || ada[0].IsSignedIn() {
		t.Errorf("end this session: got status %d, signed in %t", resp.Status, ada[0].IsSignedIn())
	}
	wantSignedIn(false, true, false)

	ada[0].SignIn("ada")
	ada[2].SignIn("ada")
	ada[0].Open("/sessions").Click("Sign out everywhere")
	wantSignedIn(false, false, false)
	if u, err := url.Parse(app.URL); err != nil || ada[0].Page.URL.Host != u.Host {
		t.Errorf("after signing out everywhere: at %s", ada[0].Page.URL)
	}
	if !bob.IsSignedIn() {
		t.Error("bob was signed out")
	}
}

// TestEqualBrowsersAreDistinguishable checks that each button of the page has a name of its own, even if the browsers
// are equal and have signed in within one minute.
func TestEqualBrowsersAreDistinguishable(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for range 3 {
		app.Browser(t).SignIn("ada")
	}
	body := app.Browser(t).SignIn("ada").Get("/sessions").Body
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`aria-label="(End session of [^"]+)"`).FindAllStringSubmatch(body, -1) {
		names[m[1]] = true
	}
	if len(names) != 3 {
		t.Errorf("three buttons have the names %v", names)
	}
}

// checkFlash checks the message of a page. If want is empty, there must be none.
func checkFlash(t *testing.T, resp *testapp.Response, want string) {
	t.Helper()
	got := ""
	if m := regexp.MustCompile(`<p class="flash-message [^"]*">([^<]*)</p>`).FindStringSubmatch(resp.Body); m != nil {
		got = m[1]
	}
	if got != want {
		t.Errorf("got the message %q, want %q", got, want)
	}
}

// TestSessionsPageErrors checks the page while the store does not answer, for a person who is signed out, and as JSON.
func TestSessionsPageErrors(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	checkRedirect(t, "signed out", app.Browser(t).Get("/sessions"), "/login?return_to=%2Fsessions")
	checkRedirect(t, "form, signed out", app.Browser(t).Post("/sessions", "end=all"), "/login?return_to=%2Fsessions")
	app.Store.SetDown(true)
	for _, resp := range []*testapp.Response{ada.Get("/sessions"), ada.Post("/sessions", "end=others")} {
		checkResponse(t, "store down", resp, 503, "")
		if strings.Contains(resp.Body, `name="end"`) {
			t.Errorf("got %s", resp.Body)
		}
	}
	app.Store.SetDown(false)
	if !ada.IsSignedIn() {
		t.Error("the session has ended")
	}
}
