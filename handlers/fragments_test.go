package handlers_test

import (
	"html"
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

// TestSessionFragment checks what an open page is told about its session: nothing if it is the same, else the login
// state, and a header that loads the page again or leaves it, depending on the kind of page.
func TestSessionFragment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, out := w.signedIn(t, "ada"), w.signedIn(t, "bob"), w.visitor(t)
	was := ada.key()
	renamed := strings.Split(was, ".")[0] + ".x"
	const refresh, leave = "HX-Refresh: true", "HX-Redirect: /"
	for name, c := range map[string]struct {
		v         *visitor
		was, page string
		status    int
		header    string
		text      string
	}{
		"same session, public page":            {ada, was, "public", 204, "", ""},
		"same session, private page":           {ada, was, "private", 204, "", ""},
		"same session, error page":             {ada, was, "error", 204, "", ""},
		"still signed out":                     {out, "", "public", 204, "", ""},
		"signed in, public page":               {ada, "", "public", 200, refresh, "Logged in as:"},
		"signed in, error page":                {ada, "", "error", 200, "", "Logged in as:"},
		"signed out, public page":              {out, was, "public", 200, refresh, "Login"},
		"signed out, private page":             {out, was, "private", 200, leave, "Login"},
		"signed out, error page":               {out, was, "error", 200, "", "Login"},
		"another person, public page":          {bob, was, "public", 200, refresh, "bob"},
		"another person, private page":         {bob, was, "private", 200, refresh, "bob"},
		"another person, error page":           {bob, was, "error", 200, "", "bob"},
		"another name, public page":            {ada, renamed, "public", 200, "", "ada"},
		"another name, private page":           {ada, renamed, "private", 200, "", "ada"},
		"forged key, signed in":                {ada, `"><script>alert(1)</script>`, "error", 200, "", "Logged in as:"},
		"long key, signed out, private page":   {out, strings.Repeat("x", 1000), "private", 200, leave, "Login"},
		"unknown kind of page":                 {out, was, `"><script>`, 200, "", "Login"},
		"no kind, opened in the browser's bar": {ada, "x", "", 200, "", "Logged in as:"},
	} {
		a := c.v.get("/fragments/session?" + url.Values{"was": {c.was}, "page": {c.page}}.Encode())
		var header string
		for _, name := range []string{"HX-Refresh", "HX-Redirect"} {
			if value := a.header.Get(name); value != "" {
				header += name + ": " + value
			}
		}
		if a.status != c.status || header != c.header || a.location() != "" || !strings.Contains(a.body, c.text) ||
			a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got status %d, %v and %s, want %+v", name, a.status, a.header, a.body, c)
		}
		if strings.Contains(a.body, "<script") {
			t.Errorf("%s: the response contains the parameters unescaped: %s", name, a.body)
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
	a := ada.get("/fragments/session?was=x&page=private")
	if a.status != 503 || a.header.Get("HX-Reswap") != "none" || a.header.Get("HX-Redirect") != "" || a.body != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got status %d, %v and %s", a.status, a.header, a.body)
	}
	if cookie := a.header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("the session's cookie is touched: %s", cookie)
	}
}

// htmxOn are the headers that htmx 4 sends for the element #profile on a page.
func htmxOn(page string) []string {
	return []string{"HX-Request", "true", "HX-Current-URL", page, "HX-Target", "section#profile"}
}

// TestProfileFragment checks that a refresh returns the card as the provider knows it now, or as it was before with the
// reason why it could not be refreshed.
func TestProfileFragment(t *testing.T) {
	t.Parallel()
	refresh := func(v *visitor) *answer { return v.post("/fragments/profile", "", htmxOn(v.w.base+"/profile")...) }
	check := func(t *testing.T, a *answer, status int, redirect string, texts ...string) {
		t.Helper()
		got := a.header.Get("HX-Redirect")
		if a.status != status || a.location() != "" || !strings.HasPrefix(got, redirect) || (redirect == "") != (got == "") ||
			a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got status %d and %v", a.status, a.header)
		}
		for _, text := range append(texts, `id="profile"`) {
			if !strings.Contains(html.UnescapeString(a.body), text) {
				t.Errorf("%q is missing in %s", text, a.body)
			}
		}
		if strings.Contains(a.body, "<html") {
			t.Errorf("got a whole page: %s", a.body)
		}
	}
	userinfo := func(body string) http.HandlerFunc {
		return answering(http.StatusOK, "application/json", body)
	}

	t.Run("fresh", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("/userinfo", userinfo(`{"sub":"dev-ada","username":"ada","name":"Ada King","email":"ada@example.com"}`))
		a := refresh(ada)
		check(t, a, 200, "", "Ada King", "ada@example.com")
		if strings.Contains(a.body, "Not refreshed") {
			t.Errorf("the fresh card shows a problem: %s", a.body)
		}
		if page := ada.get("/profile"); !strings.Contains(page.body, "Ada King") {
			t.Error("the page does not show what the fragment showed")
		}
	})
	t.Run("signed out", func(t *testing.T) {
		t.Parallel()
		const login = "/login?return_to=%2Fprofile"
		check(t, refresh(newWorld(t).visitor(t)), 401, login, "Your session has ended", `href="`+login+`"`, `role="alert"`)
	})
	t.Run("provider does not answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("", away)
		check(t, refresh(ada), 503, "", "Not refreshed: 127.0.0.1:", "did not answer", "Ada Lovelace", "Refresh")
		w.door("", nil)
		check(t, refresh(ada), 200, "", "Ada Lovelace")
	})
	t.Run("provider answers for another person", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.door("/userinfo", userinfo(`{"sub":"dev-bob","name":"Bob Wilson"}`))
		a := refresh(ada)
		check(t, a, 502, "", "Not refreshed: a security check", "Ada Lovelace")
		if strings.Contains(a.body, "Bob") {
			t.Error("the card shows another person")
		}
	})
	t.Run("store does not answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.store.away.Store(true)
		check(t, refresh(ada), 503, "", "We can't reach the sign-in service", `href="/profile"`, `role="alert"`)
		w.store.away.Store(false)
		if !ada.isSignedIn() {
			t.Error("the session is lost")
		}
	})
	t.Run("provider asks for a new sign-in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.signedIn(t, "ada")
		w.later(2 * time.Hour) // the access token lives one hour; without offline_access there is no other
		a := refresh(ada)
		check(t, a, 401, w.provider+"/authorize?", "Please sign in again")
		if !strings.Contains(html.UnescapeString(a.body), `href="`+a.header.Get("HX-Redirect")+`"`) {
			t.Errorf("the button does not lead to the sign-in: %s", a.body)
		}
		if a := ada.post("/profile", ""); a.status != 303 || !strings.HasPrefix(a.location(), w.provider+"/authorize?") {
			t.Errorf("without JavaScript: got status %d and Location %q", a.status, a.location())
		}
		if !ada.isSignedIn() {
			t.Error("the session is lost")
		}
	})
	t.Run("provider cannot be reached for a new sign-in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *worldConfig) { c.auth.PushedAuthorization = true })
		ada := w.signedIn(t, "ada")
		w.later(2 * time.Hour)
		w.door("/par", away)
		check(t, refresh(ada), 503, "", "We can't reach the sign-in service")
	})
	t.Run("provider has ended the grant", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *worldConfig) { c.auth.Scopes = []string{"openid", "profile", "email", "offline_access"} })
		ada := w.signedIn(t, "ada")
		w.later(2 * time.Hour)
		w.door("/token", answering(400, "application/json", `{"error":"invalid_grant","error_description":"revoked"}`))
		check(t, refresh(ada), 401, "/login?return_to=%2Fprofile", "Your session has ended")
		if ada.isSignedIn() {
			t.Error("still signed in")
		}
	})
}

// TestRefreshWithoutScript checks that POST /profile does the same for a whole page, which keeps the profile in sight.
func TestRefreshWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	w.door("/userinfo", away)
	a := ada.post("/profile", "")
	for _, text := range []string{"<html", "Not refreshed: 127.0.0.1:", "Ada Lovelace", "User object:"} {
		if !strings.Contains(a.body, text) {
			t.Errorf("provider does not answer: %q is missing in %s", text, a.body)
		}
	}
	if a.status != 503 || a.header.Get("Cache-Control") != "no-store" || !ada.isSignedIn() {
		t.Errorf("provider does not answer: got status %d and %v", a.status, a.header)
	}
	w.door("/userinfo", nil)
	checkAnswer(t, "provider answers again", ada.post("/profile", ""), 303, "/profile")
}
