package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// key is what a page that is open knows of its session.
func (v *visitor) key() string {
	v.t.Helper()
	m := regexp.MustCompile(`data-session="([^"]*)"`).FindStringSubmatch(v.get("/").body)
	if m == nil {
		v.t.Fatal("the page does not say which session it shows")
	}
	return m[1]
}

// TestSessionFragment: nothing when nothing has changed, else the login state; away from a protected page whose session
// is over.
func TestSessionFragment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, out := w.signedIn(t, "ada"), w.signedIn(t, "bob"), w.visitor(t)
	was := ada.key()
	onProfile, onHome := []string{"HX-Request", "true", "HX-Current-URL", w.base + "/profile"}, []string{"HX-Request", "true", "HX-Current-URL", w.base + "/"}
	for name, c := range map[string]struct {
		v        *visitor
		was      string
		headers  []string
		status   int
		redirect string
		says     string
	}{
		"nothing changed":                       {ada, was, onProfile, 204, "", ""},
		"nothing changed, signed out":           {out, "", onHome, 204, "", ""},
		"nobody was there before":               {out, "", onProfile, 204, "", ""},
		"signed in in another tab":              {ada, "", onHome, 200, "", "Logged in as:"},
		"signed in, with the profile open":      {ada, "", onProfile, 200, "/profile", "Logged in as:"},
		"signed out in another tab":             {out, was, onHome, 200, "", "Login"},
		"signed out, with the profile open":     {out, was, onProfile, 200, "/", "Login"},
		"somebody else":                         {bob, was, onHome, 200, "", "bob"},
		"somebody else, with the profile open":  {bob, was, onProfile, 200, "/profile", "bob"},
		"another name, with the profile open":   {ada, strings.Split(was, ".")[0] + ".x", onProfile, 200, "", "ada"},
		"another query on the profile":          {out, was, []string{"HX-Current-URL", w.base + "/profile?x#y"}, 200, "/", "Login"},
		"an address that is none":               {out, was, []string{"HX-Current-URL", "http://[::1"}, 200, "", "Login"},
		"a was that nobody had":                 {ada, `"><script>alert(1)</script>`, onHome, 200, "", "Logged in as:"},
		"a was that nobody had, of a stranger":  {out, strings.Repeat("x", 1000), onProfile, 200, "/", "Login"},
		"asked for by an address in the window": {ada, "x", nil, 200, "", "Logged in as:"},
	} {
		a := c.v.get("/fragments/session?was="+url.QueryEscape(c.was), c.headers...)
		if a.status != c.status || a.header.Get("HX-Redirect") != c.redirect || a.location() != "" || !strings.Contains(a.body, c.says) || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got status %d, %v and %s", name, a.status, a.header, a.body)
		}
		if (c.status == 204) != (a.body == "") || strings.Contains(a.body, "<html") || strings.Contains(a.body, "<script") {
			t.Errorf("%s: got %s", name, a.body)
		}
	}
	checkAnswer(t, "another sign-in", ada.get(ada.callback("ada")), 303, "/")
	if again := ada.key(); strings.Split(again, ".")[0] == strings.Split(was, ".")[0] {
		t.Errorf("another sign-in has the same key: %s", again)
	}
}

// TestSessionFragmentDoesNotProlong: a page left open keeps no session alive; a person who uses the app does.
func TestSessionFragmentDoesNotProlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, used := w.signedIn(t, "ada"), w.signedIn(t, "bob")
	for range 5 { // of the 24 hours without use
		w.later(5 * time.Hour)
		open.get("/fragments/session?was=x")
		used.get("/")
	}
	if open.isSignedIn() || !used.isSignedIn() {
		t.Errorf("signed in: a page left open %t, somebody who uses the app %t", open.isSignedIn(), used.isSignedIn())
	}
}

// TestSessionFragmentStoreAway: nobody knows, so what is shown stays.
func TestSessionFragmentStoreAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	w.store.away.Store(true)
	a := ada.get("/fragments/session?was=x", "HX-Current-URL", w.base+"/profile")
	if a.status != 503 || a.header.Get("HX-Reswap") != "none" || a.header.Get("HX-Redirect") != "" || a.body != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got status %d, %v and %s", a.status, a.header, a.body)
	}
	if cookie := a.header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("the session's cookie is touched: %s", cookie)
	}
}

// TestProfileFragment: the card, as the provider knows it now; or as it was, with what went wrong.
func TestProfileFragment(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, a *answer, status int, redirect string, says ...string) {
		t.Helper()
		if a.status != status || a.location() != "" || !strings.HasPrefix(a.header.Get("HX-Redirect"), redirect) || (redirect == "") != (a.header.Get("HX-Redirect") == "") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got status %d and %v", a.status, a.header)
		}
		for _, s := range append(says, `id="profile"`) {
			if !strings.Contains(a.body, s) {
				t.Errorf("it does not say %q: %s", s, a.body)
			}
		}
		if strings.Contains(a.body, "<html") {
			t.Errorf("it is a whole page: %s", a.body)
		}
	}
	const stale = "This could not be refreshed; it is what was known before."

	t.Run("fresh", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("/userinfo", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Write([]byte(`{"sub":"dev-ada","username":"ada","name":"Ada King","email":"ada@example.com"}`))
		})
		a := ada.post("/fragments/profile", "")
		check(t, a, 200, "", "Ada King", "ada@example.com")
		if strings.Contains(a.body, stale) {
			t.Errorf("it says that it is not fresh: %s", a.body)
		}
		if page := ada.get("/profile"); !strings.Contains(page.body, "Ada King") {
			t.Error("the page does not know what the fragment knew")
		}
	})
	t.Run("signed out", func(t *testing.T) {
		t.Parallel()
		check(t, newWorld(t).visitor(t).post("/fragments/profile", ""), 401, "/login?return_to=%2Fprofile", "Please sign in", `href="/login?return_to=%2Fprofile"`, `role="alert"`)
	})
	t.Run("the provider is away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("", away)
		check(t, ada.post("/fragments/profile", ""), 503, "", stale, "Ada Lovelace", "try again in a moment", "Refresh")
		w.door("", nil)
		check(t, ada.post("/fragments/profile", ""), 200, "", "Ada Lovelace")
	})
	t.Run("the provider answers for somebody else", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("/userinfo", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Write([]byte(`{"sub":"dev-bob","name":"Bob Wilson"}`))
		})
		a := ada.post("/fragments/profile", "")
		check(t, a, 502, "", stale, "Ada Lovelace", "security check")
		if strings.Contains(a.body, "Bob") {
			t.Error("it shows somebody else")
		}
	})
	t.Run("the store is away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.store.away.Store(true)
		check(t, ada.post("/fragments/profile", ""), 503, "", "Sign-in is not available right now", `href="/profile"`, `role="alert"`)
		w.store.away.Store(false)
		if !ada.isSignedIn() {
			t.Error("the session is lost")
		}
	})
	t.Run("a new sign-in is needed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.later(2 * time.Hour) // of the hour that the access token lives; without offline_access there is no other
		check(t, ada.post("/fragments/profile", ""), 401, w.provider+"/authorize?", "Please sign in")
		if a := ada.post("/profile", ""); a.status != 303 || !strings.HasPrefix(a.location(), w.provider+"/authorize?") {
			t.Errorf("without JavaScript: got status %d and Location %q", a.status, a.location())
		}
		if !ada.isSignedIn() {
			t.Error("the session is lost")
		}
	})
	t.Run("the provider has ended the grant", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *worldConfig) { c.auth.Scopes = []string{"openid", "profile", "email", "offline_access"} })
		ada := w.signedIn(t, "ada")
		w.later(2 * time.Hour)
		w.door("/token", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusBadRequest)
			rw.Write([]byte(`{"error":"invalid_grant","error_description":"revoked"}`))
		})
		check(t, ada.post("/fragments/profile", ""), 401, "/login?return_to=%2Fprofile", "Please sign in")
		if ada.isSignedIn() {
			t.Error("still signed in")
		}
	})
}

// TestRefreshWithoutScript: POST /profile does the same for a page.
func TestRefreshWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	w.door("/userinfo", away)
	a := ada.post("/profile", "")
	if a.status != 503 || !strings.Contains(a.body, "<h1>Sign-in is not available right now</h1>") || !ada.isSignedIn() {
		t.Errorf("the provider is away: got status %d and %s", a.status, a.body)
	}
	w.door("/userinfo", nil)
	checkAnswer(t, "it is back", ada.post("/profile", ""), 303, "/profile")
}
