package handlers_test

import (
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/handlers"
)

// secretNote must not appear in any response after ada's session has ended.
const secretNote = "the launch code"

func withNotes(c *worldConfig) { c.app = handlers.NewWithNotes }

// onNotes are the headers that htmx 4 sends for the element #notes on the page /notes?tab=2.
func onNotes(w *world) []string {
	return []string{"HX-Request", "true", "HX-Current-URL", w.base + "/notes?tab=2#end", "HX-Target", "section#notes"}
}

// newNotes returns an app with notes and ada, signed in, with a secret note.
func newNotes(t *testing.T) (*world, *visitor) {
	t.Helper()
	w := newWorld(t, withNotes)
	ada := w.signedIn(t, "ada")
	checkAnswer(t, "POST /notes", ada.post("/notes", "text="+url.QueryEscape(secretNote)), 303, "/notes")
	return w, ada
}

// TestPrivatePageSignedIn checks a private page, its form and its fragment while the session lasts.
func TestPrivatePageSignedIn(t *testing.T) {
	t.Parallel()
	w, ada := newNotes(t)
	bob := w.signedIn(t, "bob")
	page := ada.get("/notes?tab=2")
	fragment := ada.post("/fragments/notes", "text=milk", onNotes(w)...)
	for name, a := range map[string]*answer{"page": page, "fragment": fragment} {
		if a.status != 200 || !strings.Contains(a.body, secretNote) || a.header.Get("Cache-Control") != "no-store" ||
			a.header.Get("ETag") != "" {
			t.Errorf("%s: got status %d, %v and %s", name, a.status, a.header, a.body)
		}
		if isPage := strings.Contains(a.body, "<html"); isPage != (name == "page") {
			t.Errorf("%s: got %s", name, a.body)
		}
	}
	if a := ada.get("/notes.txt"); !strings.Contains(a.body, secretNote) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("response without render: got %v and %s", a.header, a.body)
	}
	for _, text := range []string{"page=private", "/assets/htmx-", "<title>Notes</title>"} {
		if !strings.Contains(page.body, text) {
			t.Errorf("%q is missing in the page: %s", text, page.body)
		}
	}
	if a := bob.get("/notes"); a.status != 200 || strings.Contains(a.body, secretNote) {
		t.Errorf("another person: got status %d and %s", a.status, a.body)
	}
	if a := bob.post("/notes", "text=x", "Sec-Fetch-Site", "cross-site"); a.status != 403 {
		t.Errorf("a form on another site: got status %d", a.status)
	}
}

// TestPrivatePageSignedOut checks that a stranger, and a person whose session has ended in any way, sees nothing
// private and is led to sign in and back to the page.
func TestPrivatePageSignedOut(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, w *world, ada *visitor) *visitor{
		"stranger": func(t *testing.T, w *world, _ *visitor) *visitor { return w.visitor(t) },
		"signed out in another tab": func(_ *testing.T, _ *world, ada *visitor) *visitor {
			ada.post("/logout", "")
			return ada
		},
		"signed out by the provider": func(t *testing.T, w *world, ada *visitor) *visitor {
			token, _ := w.logoutToken(t, ada)
			w.visitor(t).post("/logout/backchannel", "logout_token="+token)
			return ada
		},
		"session expired": func(_ *testing.T, w *world, ada *visitor) *visitor {
			w.later(25 * time.Hour) // the idle timeout is 24 hours
			return ada
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada := newNotes(t)
			key := ada.key()
			v := end(t, w, ada)
			const login, loginTab = "/login?return_to=%2Fnotes", "/login?return_to=%2Fnotes%3Ftab%3D2"
			page := v.get("/notes?tab=2")
			checkAnswer(t, "page", page, 303, loginTab)
			checkAnswer(t, "HEAD", v.do("HEAD", "/notes?tab=2", ""), 303, loginTab)
			form := v.post("/notes?x=1", "text=lost")
			checkAnswer(t, "form", form, 303, login)

			fragment := v.post("/fragments/notes", "text=lost", onNotes(w)...)
			checkAnswer(t, "fragment", fragment, 401, "")
			if got := fragment.header.Get("HX-Redirect"); got != loginTab {
				t.Errorf("fragment: HX-Redirect is %q, want %q", got, loginTab)
			}
			checkNotice(t, fragment, "notes", "Your session has ended")

			open := v.get("/fragments/session?page=private&was=" + url.QueryEscape(key))
			if open.status != 200 || open.header.Get("HX-Redirect") != "/" {
				t.Errorf("open page: got status %d and %v", open.status, open.header)
			}

			asJSON := v.get("/notes", "Accept", "application/json")
			fragmentJSON := v.post("/fragments/notes", "text=lost", append(onNotes(w), "Accept", "application/json")...)
			for _, a := range []*answer{asJSON, fragmentJSON} {
				checkAnswer(t, "JSON", a, 401, "")
				if !strings.Contains(a.body, `"error":"login_required"`) || a.header.Get("HX-Redirect") != "" {
					t.Errorf("JSON: got %v and %s", a.header, a.body)
				}
			}
			for _, a := range []*answer{page, form, fragment, open, asJSON, fragmentJSON} {
				if strings.Contains(a.body, secretNote) || a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("got %v and %s", a.header, a.body)
				}
			}

			begin := v.get(loginTab)
			checkAnswer(t, "way back", v.get(v.answerOf(begin.location(), "ada")), 303, "/notes?tab=2")
			if body := v.get("/notes?tab=2").body; !strings.Contains(body, secretNote) || strings.Contains(body, "lost") {
				t.Errorf("after signing in again: got %s", body)
			}
		})
	}
}

// checkNotice checks that a response is an error notice alone, for the element with an id.
func checkNotice(t *testing.T, a *answer, id, title string) {
	t.Helper()
	body := html.UnescapeString(a.body)
	for _, want := range []string{` id="` + id + `"`, `role="alert"`, "<h2>" + title + "</h2>"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in %s", want, body)
		}
	}
	if strings.Contains(body, "<html") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v and %s", a.header, body)
	}
}

// TestPrivatePageWithoutStore checks that nothing private is shown, and nobody is sent to sign in, while the session
// store does not answer.
func TestPrivatePageWithoutStore(t *testing.T) {
	t.Parallel()
	w, ada := newNotes(t)
	w.store.away.Store(true)
	for name, a := range map[string]*answer{
		"page":     ada.get("/notes"),
		"form":     ada.post("/notes", "text=lost"),
		"fragment": ada.post("/fragments/notes", "text=lost", onNotes(w)...),
		"JSON":     ada.get("/notes", "Accept", "application/json"),
	} {
		checkAnswer(t, name, a, 503, "")
		if strings.Contains(a.body, secretNote) || a.header.Get("HX-Redirect") != "" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %v and %s", name, a.header, a.body)
		}
		if name == "fragment" {
			checkNotice(t, a, "notes", "We can't reach the sign-in service")
			if !strings.Contains(a.body, `href="/notes?tab=2"`) {
				t.Errorf("the notice does not lead to the page again: %s", a.body)
			}
		}
	}
	w.store.away.Store(false)
	if body := ada.get("/notes").body; !strings.Contains(body, secretNote) || strings.Contains(body, "lost") {
		t.Errorf("store answers again: got %s", body)
	}
}

// TestPrivatePageErrors checks that the error of a handler becomes a page, or a notice in the fragment's own target,
// and that only the log has the cause.
func TestPrivatePageErrors(t *testing.T) {
	t.Parallel()
	w, ada := newNotes(t)
	const title = "Something went wrong on our side"
	page := ada.post("/notes", "text=fail")
	if page.status != 500 {
		t.Errorf("page: got status %d", page.status)
	}
	for _, text := range []string{"<html", "<h1>" + title + "</h1>", `page=error"`} {
		if !strings.Contains(page.body, text) {
			t.Errorf("page: %q is missing in %s", text, page.body)
		}
	}
	for target, id := range map[string]string{
		"section#notes":         "notes",
		"section#n%C3%B6tes":    "nötes",
		"section":               "notice",
		"":                      "notice",
		"section#%zz":           "notice",
		"section#\"><b>bold":    `"><b>bold`, // checkNotice unescapes it
		"section#list#of%23all": "list#of#all",
	} {
		a := ada.post("/fragments/notes", "text=fail", append(onNotes(w), "HX-Target", target)...)
		checkAnswer(t, "fragment in "+target, a, 500, "")
		checkNotice(t, a, id, title)
		if strings.Contains(a.body, "<b>") || strings.Contains(a.body, handlers.ErrNotes.Error()) {
			t.Errorf("fragment in %s: got %s", target, a.body)
		}
	}
	if n := len(w.log.records("request failed")); n != 8 {
		t.Errorf("the log has %d errors, want 8", n)
	}
	if !strings.Contains(w.log.text.String(), handlers.ErrNotes.Error()) || strings.Contains(page.body, handlers.ErrNotes.Error()) {
		t.Error("the cause must be in the log and not on the page")
	}
}

// TestFragmentReturnsToALocalPage checks that a sign-in which starts from a fragment never returns to another site,
// whatever HX-Current-URL says.
func TestFragmentReturnsToALocalPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withNotes)
	for current, want := range map[string]string{
		w.base + "/notes?a=1&b=2#end":    "/notes?a=1&b=2",
		w.base:                           "/",
		"":                               "/",
		"https://evil.example/notes":     "/notes",
		"https://evil.example//evil.com": "/",
		"https://evil.example/%5cevil":   "/",
		"//evil.example":                 "/",
		"javascript:alert(1)":            "/",
		"http://[::1":                    "/",
		"/notes":                         "/notes",
	} {
		a := w.visitor(t).post("/fragments/notes", "text=x", "HX-Current-URL", current)
		if got := a.header.Get("HX-Redirect"); got != "/login?return_to="+url.QueryEscape(want) {
			t.Errorf("%q: HX-Redirect is %q, want a return to %q", current, got, want)
		}
	}
}

// TestPagesLoadHtmxIfTheyUseIt checks which pages load htmx: those of a signed-in person and error pages.
func TestPagesLoadHtmxIfTheyUseIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, ada := w.visitor(t), w.signedIn(t, "ada")
	for name, c := range map[string]struct {
		a    *answer
		htmx bool
		kind string
	}{
		"home, signed out":    {out.get("/"), false, "public"},
		"gallery, signed out": {out.get("/components/btn"), false, "public"},
		"error, signed out":   {out.get("/nowhere"), true, "error"},
		"home":                {ada.get("/"), true, "public"},
		"gallery":             {ada.get("/components/btn"), true, "public"},
		"profile":             {ada.get("/profile"), true, "private"},
		"error":               {ada.get("/nowhere"), true, "error"},
		"failed callback":     {w.visitor(t).get("/login/callback?code=x&state=y"), true, "error"},
		"logout question":     {ada.get("/logout", "Sec-Fetch-Site", "cross-site"), true, "error"},
	} {
		if got := strings.Contains(c.a.body, "/assets/htmx-"); got != c.htmx {
			t.Errorf("%s: loads htmx: %t, want %t", name, got, c.htmx)
		}
		if !strings.Contains(c.a.body, "page="+c.kind+`"`) {
			t.Errorf("%s: the login state is not that of a page of kind %s: %s", name, c.kind, c.a.body)
		}
	}
}
