package handlers_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// sessionKey returns the key of the session that an open page has.
func sessionKey(t *testing.T, b *testapp.Browser) string {
	t.Helper()
	m := regexp.MustCompile(`data-session="([^"]*)"`).FindStringSubmatch(b.Get("/").Body)
	if m == nil {
		t.Fatal("the page has no session key")
	}
	return m[1]
}

// TestSessionFragment checks what an open page is told about its session: nothing if it is the same, else the login
// state, and a header that loads the page again or leaves it, depending on the kind of page.
func TestSessionFragment(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, bob, out := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob"), app.Browser(t)
	was := sessionKey(t, ada)
	session, _, _ := strings.Cut(was, ".")
	renamed := session + ".x"
	const refresh, leave = "HX-Refresh: true", "HX-Redirect: /signed-out?return_to=%2F"
	for name, c := range map[string]struct {
		b         *testapp.Browser
		was, page string
		status    int
		header    string
		text      string
	}{
		"same session, public page":            {ada, was, "public", 204, "", ""},
		"same session, private page":           {ada, was, "private", 204, "", ""},
		"same session, error page":             {ada, was, "error", 204, "", ""},
		"still signed out":                     {out, "", "public", 204, "", ""},
		"signed in, public page":               {ada, "", "public", 200, refresh, `action="/logout"`},
		"signed in, error page":                {ada, "", "error", 200, "", `action="/logout"`},
		"signed out, public page":              {out, was, "public", 200, refresh, `href="/login"`},
		"signed out, private page":             {out, was, "private", 200, leave, `href="/login"`},
		"signed out, error page":               {out, was, "error", 200, "", `href="/login"`},
		"another person, public page":          {bob, was, "public", 200, refresh, "bob"},
		"another person, private page":         {bob, was, "private", 200, refresh, "bob"},
		"another person, error page":           {bob, was, "error", 200, "", "bob"},
		"another name, public page":            {ada, renamed, "public", 200, "", "ada"},
		"another name, private page":           {ada, renamed, "private", 200, "", "ada"},
		"forged key, signed in":                {ada, `"><script>alert(1)</script>`, "error", 200, "", `action="/logout"`},
		"long key, signed out, private page":   {out, strings.Repeat("x", 1000), "private", 200, leave, `href="/login"`},
		"unknown kind of page":                 {out, was, `"><script>`, 200, "", `href="/login"`},
		"no kind, opened in the browser's bar": {ada, "x", "", 200, "", `action="/logout"`},
	} {
		resp := c.b.Get("/fragments/session?" + query("was", c.was, "page", c.page))
		var header string
		for _, name := range []string{"HX-Refresh", "HX-Redirect"} {
			if value := resp.Header.Get(name); value != "" {
				header += name + ": " + value
			}
		}
		if resp.Status != c.status || header != c.header || resp.Location() != "" || !strings.Contains(resp.Body, c.text) ||
			resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got status %d, %v and %s, want %+v", name, resp.Status, resp.Header, resp.Body, c)
		}
		if strings.Contains(resp.Body, "<script") {
			t.Errorf("%s: the response contains the parameters unescaped: %s", name, resp.Body)
		}
	}
	checkRedirect(t, "another sign-in", ada.Get(ada.BeginSignIn("ada")), "/")
	if got := sessionKey(t, ada); strings.HasPrefix(got, session+".") {
		t.Errorf("another sign-in has the same session key: %s", got)
	}
}

// TestSessionFragmentDoesNotExtendSession leaves a page open, which requests the fragment, until the session expires.
func TestSessionFragmentDoesNotExtendSession(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{Auth: auth.Config{IdleTimeout: 24 * time.Hour}})
	idle, active := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob")
	for range 5 {
		app.AdvanceClock(5 * time.Hour)
		idle.Get("/fragments/session?was=x")
		active.Get("/")
	}
	if idle.IsSignedIn() || !active.IsSignedIn() {
		t.Errorf("signed in: idle %t, active %t, want false and true", idle.IsSignedIn(), active.IsSignedIn())
	}
}

// TestSessionFragmentWhileStoreDown checks that an open page stays as it is.
func TestSessionFragmentWhileStoreDown(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	app.Store.SetDown(true)
	resp := ada.Get("/fragments/session?was=x&page=private")
	if resp.Status != 503 || resp.Header.Get("HX-Reswap") != "none" || resp.Header.Get("HX-Redirect") != "" ||
		resp.Body != "" || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("got status %d, %v and %s", resp.Status, resp.Header, resp.Body)
	}
}

// htmxHeaders are the headers that htmx 4 sends for the element #profile on a page.
func htmxHeaders(page string) []string {
	return []string{"HX-Request", "true", "HX-Current-URL", page, "HX-Target", "section#profile"}
}

func refreshProfile(b *testapp.Browser) *testapp.Response {
	return b.Post("/fragments/profile", "", htmxHeaders(b.URL+"/profile")...)
}

func checkProfileFragment(t *testing.T, resp *testapp.Response, status int, redirect string, texts ...string) {
	t.Helper()
	got := resp.Header.Get("HX-Redirect")
	if resp.Status != status || resp.Location() != "" ||
		!strings.HasPrefix(got, redirect) || (redirect == "") != (got == "") ||
		resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got status %d and %v", resp.Status, resp.Header)
	}
	for _, text := range append(texts, `id="profile"`) {
		if !strings.Contains(html.UnescapeString(resp.Body), text) {
			t.Errorf("%q is missing in %s", text, resp.Body)
		}
	}
	if strings.Contains(resp.Body, "<html") {
		t.Errorf("got a whole page: %s", resp.Body)
	}
}

func userinfo(body string) http.HandlerFunc { return testapp.Respond(200, "application/json", body) }

// TestProfileFragment checks that a refresh returns the card as the provider knows it now, or as it was before with the
// reason why it could not be refreshed.
func TestProfileFragment(t *testing.T) {
	t.Parallel()
	const login = "/login?return_to=%2Fprofile"
	withRefreshToken := testapp.Options{Auth: auth.Config{Scopes: []string{"openid", "profile", "offline_access"}}}
	for name, c := range map[string]struct {
		options testapp.Options
		test    func(t *testing.T, app *testapp.App, ada *testapp.Browser)
	}{
		"refreshed": {testapp.Options{}, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.Provider.Override("/userinfo",
				userinfo(`{"sub":"dev-ada","username":"ada","name":"Ada King","email":"ada@example.com"}`))
			resp := refreshProfile(ada)
			checkProfileFragment(t, resp, 200, "", "Ada King", "ada@example.com")
			if strings.Contains(resp.Body, `role="alert"`) {
				t.Errorf("the card shows a problem: %s", resp.Body)
			}
			if page := ada.Get("/profile"); !strings.Contains(page.Body, "Ada King") {
				t.Error("the page does not show what the fragment showed")
			}
		}},
		"signed out": {testapp.Options{}, func(t *testing.T, app *testapp.App, _ *testapp.Browser) {
			checkProfileFragment(t, refreshProfile(app.Browser(t)), 401, login, `href="`+login+`"`, `role="alert"`)
		}},
		"provider unavailable": {testapp.Options{}, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.Provider.Override("", testapp.Unavailable)
			checkProfileFragment(t, refreshProfile(ada), 503, "",
				`role="alert"`, "127.0.0.1:", textNoAnswer, "Ada Lovelace", `id="profile-refresh"`)
			app.Provider.Override("", nil)
			checkProfileFragment(t, refreshProfile(ada), 200, "", "Ada Lovelace")
		}},
		"userinfo of another person": {testapp.Options{}, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.Provider.Override("/userinfo", userinfo(`{"sub":"dev-bob","name":"Bob Wilson"}`))
			resp := refreshProfile(ada)
			checkProfileFragment(t, resp, 502, "", `role="alert"`, textFailedCheck, "Ada Lovelace")
			if strings.Contains(resp.Body, "Bob") {
				t.Error("the card shows another person")
			}
		}},
		"store down": {testapp.Options{}, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.Store.SetDown(true)
			checkProfileFragment(t, refreshProfile(ada), 503, "", `href="/profile"`, `role="alert"`)
			app.Store.SetDown(false)
			if !ada.IsSignedIn() {
				t.Error("the session is lost")
			}
		}},
		"no refresh token": {testapp.Options{}, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.AdvanceClock(2 * time.Hour) // an access token lives for an hour
			resp := refreshProfile(ada)
			checkProfileFragment(t, resp, 401, app.Provider.URL+"/authorize?", textNeedsSignIn)
			if !strings.Contains(html.UnescapeString(resp.Body), `href="`+resp.Header.Get("HX-Redirect")+`"`) {
				t.Errorf("the button does not lead to the sign-in: %s", resp.Body)
			}
			authorizationRequest(t, ada.Post("/profile", ""))
			if !ada.IsSignedIn() {
				t.Error("the session is lost")
			}
		}},
		"provider unavailable for a new sign-in": {testapp.Options{Auth: auth.Config{PushedAuthorization: true}},
			func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
				app.AdvanceClock(2 * time.Hour)
				app.Provider.Override("/par", testapp.Unavailable)
				checkProfileFragment(t, refreshProfile(ada), 503, "", `role="alert"`)
			}},
		"refresh token rejected": {withRefreshToken, func(t *testing.T, app *testapp.App, ada *testapp.Browser) {
			app.AdvanceClock(2 * time.Hour)
			tokenResponse(400, `{"error":"invalid_grant","error_description":"revoked"}`)(app, ada)
			checkProfileFragment(t, refreshProfile(ada), 401, login, `role="alert"`)
			if ada.IsSignedIn() {
				t.Error("still signed in")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, c.options)
			c.test(t, app, app.Browser(t).SignIn("ada"))
		})
	}
}

// TestRefreshWithoutScript checks that POST /profile does the same for a whole page, which keeps the profile in sight.
func TestRefreshWithoutScript(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	app.Provider.Override("/userinfo", testapp.Unavailable)
	resp := ada.Post("/profile", "")
	for _, text := range []string{"<html", `role="alert"`, textNoAnswer, "Ada Lovelace", `id="profile-object"`} {
		if !strings.Contains(resp.Body, text) {
			t.Errorf("provider unavailable: %q is missing in %s", text, resp.Body)
		}
	}
	if resp.Status != 503 || resp.Header.Get("Cache-Control") != "no-store" || !ada.IsSignedIn() {
		t.Errorf("provider unavailable: got status %d and %v", resp.Status, resp.Header)
	}
	app.Provider.Override("/userinfo", nil)
	checkRedirect(t, "provider available", ada.Post("/profile", ""), "/profile")
}
