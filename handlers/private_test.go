package handlers_test

import (
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// secretNote must not appear in any response after ada's session has ended.
const secretNote = "the launch code"

var withNotes = testapp.Options{Handler: handlers.NewWithNotes}

// onNotes are the headers that htmx 4 sends for the element #notes on the page /test-notes?tab=2.
func onNotes(app *testapp.App) []string {
	return []string{"HX-Request", "true", "HX-Current-URL", app.URL + "/test-notes?tab=2#end", "HX-Target", "section#notes"}
}

// newNotes returns an app with notes and ada, signed in, with a secret note.
func newNotes(t *testing.T) (*testapp.App, *testapp.Browser) {
	t.Helper()
	app := testapp.New(t, withNotes)
	ada := app.Browser(t).SignIn("ada")
	checkRedirect(t, "POST /test-notes", ada.Post("/test-notes", "text="+url.QueryEscape(secretNote)), "/test-notes")
	return app, ada
}

// TestPrivatePageSignedIn checks a private page, its form and its fragment while the session lasts.
func TestPrivatePageSignedIn(t *testing.T) {
	t.Parallel()
	app, ada := newNotes(t)
	bob := app.Browser(t).SignIn("bob")
	page := ada.Get("/test-notes?tab=2")
	fragment := ada.Post("/fragments/test-notes", "text=milk", onNotes(app)...)
	for name, resp := range map[string]*testapp.Response{"page": page, "fragment": fragment} {
		if resp.Status != 200 || !strings.Contains(resp.Body, secretNote) ||
			resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("ETag") != "" {
			t.Errorf("%s: got status %d, %v and %s", name, resp.Status, resp.Header, resp.Body)
		}
		if isPage := strings.Contains(resp.Body, "<html"); isPage != (name == "page") {
			t.Errorf("%s: got %s", name, resp.Body)
		}
	}
	plain := ada.Get("/test-notes.txt")
	if !strings.Contains(plain.Body, secretNote) || plain.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("response without render: got %v and %s", plain.Header, plain.Body)
	}
	for _, text := range []string{"page=private", "/assets/htmx-", "<title>Notes</title>"} {
		if !strings.Contains(page.Body, text) {
			t.Errorf("%q is missing in the page: %s", text, page.Body)
		}
	}
	if resp := bob.Get("/test-notes"); resp.Status != 200 || strings.Contains(resp.Body, secretNote) {
		t.Errorf("another person: got status %d and %s", resp.Status, resp.Body)
	}
	if resp := bob.Post("/test-notes", "text=x", "Sec-Fetch-Site", "cross-site"); resp.Status != 403 {
		t.Errorf("a form on another site: got status %d", resp.Status)
	}
}

// TestPrivatePageSignedOut checks that a person who was never signed in, or whose session has ended in any way, sees
// nothing private and is led to sign in and back to the page.
func TestPrivatePageSignedOut(t *testing.T) {
	t.Parallel()
	type endFunc = func(t *testing.T, app *testapp.App, ada *testapp.Browser) *testapp.Browser
	for name, end := range map[string]endFunc{
		"never signed in": func(t *testing.T, app *testapp.App, _ *testapp.Browser) *testapp.Browser {
			return app.Browser(t)
		},
		"signed out in another tab": func(_ *testing.T, _ *testapp.App, ada *testapp.Browser) *testapp.Browser {
			ada.Post("/logout", "")
			return ada
		},
		"signed out by the provider": func(t *testing.T, app *testapp.App, ada *testapp.Browser) *testapp.Browser {
			token, _ := app.LogoutToken(t, ada)
			app.Browser(t).Post("/logout/backchannel", "logout_token="+token)
			return ada
		},
		"session expired": func(_ *testing.T, app *testapp.App, ada *testapp.Browser) *testapp.Browser {
			app.AdvanceClock(25 * time.Hour) // the idle timeout is 24 hours
			return ada
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, ada := newNotes(t)
			key := sessionKey(t, ada)
			b := end(t, app, ada)
			const login, loginTab = "/login?return_to=%2Ftest-notes", "/login?return_to=%2Ftest-notes%3Ftab%3D2"
			page := b.Get("/test-notes?tab=2")
			checkRedirect(t, "page", page, loginTab)
			checkRedirect(t, "HEAD", b.Do("HEAD", "/test-notes?tab=2", ""), loginTab)
			form := b.Post("/test-notes?x=1", "text=lost")
			checkRedirect(t, "form", form, login)

			fragment := b.Post("/fragments/test-notes", "text=lost", onNotes(app)...)
			checkResponse(t, "fragment", fragment, 401, "")
			if got := fragment.Header.Get("HX-Redirect"); got != loginTab {
				t.Errorf("fragment: HX-Redirect is %q, want %q", got, loginTab)
			}
			checkNotice(t, fragment, "notes", textSessionEnded)

			open := b.Get("/fragments/session?page=private&was=" + url.QueryEscape(key))
			if open.Status != 200 || open.Header.Get("HX-Redirect") != "/signed-out?return_to=%2F" {
				t.Errorf("open page: got status %d and %v", open.Status, open.Header)
			}

			asJSON := b.Get("/test-notes", "Accept", "application/json")
			fragmentJSON := b.Post("/fragments/test-notes", "text=lost", append(onNotes(app), "Accept", "application/json")...)
			for _, resp := range []*testapp.Response{asJSON, fragmentJSON} {
				checkResponse(t, "JSON", resp, 401, "")
				if !strings.Contains(resp.Body, `"error":"login_required"`) || resp.Header.Get("HX-Redirect") != "" {
					t.Errorf("JSON: got %v and %s", resp.Header, resp.Body)
				}
			}
			for _, resp := range []*testapp.Response{page, form, fragment, open, asJSON, fragmentJSON} {
				if strings.Contains(resp.Body, secretNote) || resp.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("got %v and %s", resp.Header, resp.Body)
				}
			}

			begin := b.Get(loginTab)
			checkRedirect(t, "way back", b.Get(b.Authorize(begin.Location(), "ada")), "/test-notes?tab=2")
			if body := b.Get("/test-notes?tab=2").Body; !strings.Contains(body, secretNote) || strings.Contains(body, "lost") {
				t.Errorf("after signing in again: got %s", body)
			}
		})
	}
}

// checkNotice checks that a response is an error notice alone, for the element with an id.
func checkNotice(t *testing.T, resp *testapp.Response, id, title string) {
	t.Helper()
	body := html.UnescapeString(resp.Body)
	for _, want := range []string{` id="` + id + `"`, `role="alert"`, "<h2>" + title + "</h2>"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in %s", want, body)
		}
	}
	if strings.Contains(body, "<html") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %v and %s", resp.Header, body)
	}
}

// TestPrivatePageWithoutStore checks that nothing private is shown, and nobody is sent to sign in, while the session
// store does not answer.
func TestPrivatePageWithoutStore(t *testing.T) {
	t.Parallel()
	app, ada := newNotes(t)
	app.Store.SetDown(true)
	for name, resp := range map[string]*testapp.Response{
		"page":     ada.Get("/test-notes"),
		"form":     ada.Post("/test-notes", "text=lost"),
		"fragment": ada.Post("/fragments/test-notes", "text=lost", onNotes(app)...),
		"JSON":     ada.Get("/test-notes", "Accept", "application/json"),
	} {
		checkResponse(t, name, resp, 503, "")
		if strings.Contains(resp.Body, secretNote) || resp.Header.Get("HX-Redirect") != "" ||
			resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %v and %s", name, resp.Header, resp.Body)
		}
		if name == "fragment" {
			checkNotice(t, resp, "notes", textUnavailable)
			if !strings.Contains(resp.Body, `href="/test-notes?tab=2"`) {
				t.Errorf("the notice does not lead to the page again: %s", resp.Body)
			}
		}
	}
	app.Store.SetDown(false)
	if body := ada.Get("/test-notes").Body; !strings.Contains(body, secretNote) || strings.Contains(body, "lost") {
		t.Errorf("store answers again: got %s", body)
	}
}

// TestPrivatePageErrors checks that the error of a handler becomes a page, or a notice in the fragment's own target,
// and that only the log has the cause.
func TestPrivatePageErrors(t *testing.T) {
	t.Parallel()
	app, ada := newNotes(t)
	page := ada.Post("/test-notes", "text=fail")
	if page.Status != 500 {
		t.Errorf("page: got status %d", page.Status)
	}
	for _, text := range []string{"<html", "<h1>" + textServerError + "</h1>", `page=error"`} {
		if !strings.Contains(page.Body, text) {
			t.Errorf("page: %q is missing in %s", text, page.Body)
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
		resp := ada.Post("/fragments/test-notes", "text=fail", append(onNotes(app), "HX-Target", target)...)
		checkResponse(t, "fragment in "+target, resp, 500, "")
		checkNotice(t, resp, id, textServerError)
		if strings.Contains(resp.Body, "<b>") || strings.Contains(resp.Body, handlers.ErrNotes.Error()) {
			t.Errorf("fragment in %s: got %s", target, resp.Body)
		}
	}
	if n := len(app.Log.Records(logRequestFailed)); n != 8 {
		t.Errorf("the log has %d errors, want 8", n)
	}
	cause := handlers.ErrNotes.Error()
	if !strings.Contains(app.Log.String(), cause) || strings.Contains(page.Body, cause) {
		t.Error("the cause must be in the log and not on the page")
	}
}

// TestFragmentReturnsToALocalPage checks that a sign-in which starts from a fragment never returns to another site,
// whatever HX-Current-URL says.
func TestFragmentReturnsToALocalPage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, withNotes)
	for current, want := range map[string]string{
		app.URL + "/test-notes?a=1&b=2#end": "/test-notes?a=1&b=2",
		app.URL:                             "/",
		"":                                  "/",
		"https://evil.example/test-notes":   "/test-notes",
		"https://evil.example//evil.com":    "/",
		"https://evil.example/%5cevil":      "/",
		"//evil.example":                    "/",
		"javascript:alert(1)":               "/",
		"http://[::1":                       "/",
		"/test-notes":                       "/test-notes",
	} {
		resp := app.Browser(t).Post("/fragments/test-notes", "text=x", "HX-Current-URL", current)
		if got := resp.Header.Get("HX-Redirect"); got != "/login?return_to="+url.QueryEscape(want) {
			t.Errorf("%q: HX-Redirect is %q, want a return to %q", current, got, want)
		}
	}
}

// TestPagesLoadHtmxIfTheyUseIt checks which pages load htmx: those of a signed-in person and error pages.
func TestPagesLoadHtmxIfTheyUseIt(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	out, ada := app.Browser(t), app.Browser(t).SignIn("ada")
	for name, c := range map[string]struct {
		resp *testapp.Response
		htmx bool
		kind string
	}{
		"home, signed out":    {out.Get("/"), false, "public"},
		"gallery, signed out": {out.Get("/components/btn"), false, "public"},
		"error, signed out":   {out.Get("/nowhere"), true, "error"},
		"home":                {ada.Get("/"), true, "public"},
		"gallery":             {ada.Get("/components/btn"), true, "public"},
		"profile":             {ada.Get("/profile"), true, "private"},
		"error":               {ada.Get("/nowhere"), true, "error"},
		"failed callback":     {app.Browser(t).Get("/login/failed?error=cancelled"), true, "error"},
		"logout question":     {ada.Get("/logout", "Sec-Fetch-Site", "cross-site"), true, "error"},
	} {
		if got := strings.Contains(c.resp.Body, "/assets/htmx-"); got != c.htmx {
			t.Errorf("%s: loads htmx: %t, want %t", name, got, c.htmx)
		}
		if !strings.Contains(c.resp.Body, "page="+c.kind+`"`) {
			t.Errorf("%s: the login state is not that of a page of kind %s: %s", name, c.kind, c.resp.Body)
		}
	}
}
