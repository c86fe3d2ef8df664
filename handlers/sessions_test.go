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
	list := refs(ada[0]) // newest first
	if len(list) != 3 || len(refs(bob)) != 1 {
		t.Fatalf("got the sessions %q of ada and %q of bob", list, refs(bob))
	}
	checkRedirect(t, "session of another person", ada[0].Post("/sessions", "end="+refs(bob)[0]), "/sessions")
	checkRedirect(t, "no session", ada[0].Post("/sessions", ""), "/sessions")
	wantSignedIn(true, true, true)
	if resp := ada[0].Post("/sessions", "end=all", "Sec-Fetch-Site", "cross-site"); resp.Status != 403 {
		t.Errorf("a form on another site: got status %d", resp.Status)
	}
	checkRedirect(t, "end one", ada[0].Post("/sessions", "end="+list[0]), "/sessions")
	wantSignedIn(true, true, false)
	checkRedirect(t, "end it again", ada[0].Post("/sessions", "end="+list[0]), "/sessions")
	checkRedirect(t, "ended session", ada[2].Get("/sessions"), "/login?return_to=%2Fsessions")
	ada[2].SignIn("ada")
	checkRedirect(t, "end all others", ada[1].Post("/sessions", "end=others"), "/sessions")
	wantSignedIn(false, true, false)

	ada[0].SignIn("ada")
	this := refs(ada[0])[0]
	if resp := ada[0].Post("/sessions", "end="+this); resp.Status >= 400 || ada[0].IsSignedIn() {
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
