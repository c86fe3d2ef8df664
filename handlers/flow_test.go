package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// inspected are the options of an app that records sign-ins.
func inspected() testapp.Options {
	return testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
		cfg.Inspect = true
		return handlers.New(cfg)
	}}
}

// failedStep returns the text of the step that a picture shows in red, or "".
func failedStep(page *testapp.Response) string {
	_, after, found := strings.Cut(page.Body, " flow-picture-bad")
	if !found {
		return ""
	}
	step, _, _ := strings.Cut(after, "</p>")
	return step
}

func TestFlowOfSignIn(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, inspected()).Browser(t)
	done := b.Get(b.BeginSignIn("ada"))
	checkRedirect(t, "the callback", done, "/")
	timing := done.Header.Get("Server-Timing")
	for _, name := range []string{"token", "userinfo", "session", "total"} {
		if !regexp.MustCompile(`\b` + name + `;dur=\d+\.\d`).MatchString(timing) {
			t.Errorf("Server-Timing %q has no %s", timing, name)
		}
	}
	page := b.Open("/flow").Page
	b.WantText("Login", "state + nonce + PKCE", "code + verifier", "POST /token", "signed in", "303 /", "at the provider")
	for _, check := range []string{"return to", "state", "signature", "audience", "expiry", "issued at", "nonce", "subject"} {
		if !strings.Contains(page.Body, "<bdi>"+check+"</bdi>") {
			t.Errorf("the page does not show the check %s", check)
		}
	}
	if step := failedStep(page); step != "" {
		t.Errorf("the picture has a failed step: %s", step)
	}
	if got := page.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if home := b.Get("/"); !strings.Contains(home.Body, "Your last sign-in") {
		t.Error("the home page does not show the sign-in")
	}
}

// TestFlowOfFailedSignIns checks that the page of a failed sign-in shows the step that failed, and that nothing after it
// is drawn as if it had happened.
func TestFlowOfFailedSignIns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path string
		h    http.HandlerFunc
		want string // the label of the failed step
	}{
		"code refused":       {"/token", testapp.Respond(400, "application/json", `{"error":"invalid_grant"}`), "code + verifier"},
		"no key matches":     {"/keys", testapp.Respond(200, "application/json", `{"keys":[]}`), "code + verifier"},
		"keys not reachable": {"/keys", testapp.Unavailable, "keys"},
		"another person":     {"/userinfo", testapp.Respond(200, "application/json", `{"sub":"mallory"}`), "access token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, inspected())
			app.Provider.Override(c.path, c.h)
			b := app.Browser(t)
			page := followFailedLogin(b, b.Get(b.BeginSignIn("ada")))
			if page.Status < 400 || !strings.Contains(failedStep(page), c.want) {
				t.Errorf("got status %d and the failed step %q, want %q", page.Status, failedStep(page), c.want)
			}
			if !regexp.MustCompile(`flow-picture-off[^<]*"><p>.*signed in`).MatchString(page.Body) {
				t.Error("the picture does not show that nobody was signed in")
			}
			if strings.Contains(page.Body, "dev-ada") {
				t.Error("the picture names the person")
			}
			flow := b.Get("/flow")
			if flow.Status != 200 || !strings.Contains(failedStep(flow), c.want) {
				t.Errorf("/flow: got status %d and the failed step %q", flow.Status, failedStep(flow))
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, inspected())
		b := app.Browser(t)
		page := b.Get(b.Get(cancel(t, app, b, "/")).Location())
		if !strings.Contains(failedStep(page), "code") {
			t.Errorf("the failed step is %q", failedStep(page))
		}
	})
	t.Run("provider not reachable at the beginning", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, inspected())
		app.Provider.Override("", testapp.Unavailable)
		if page := app.Browser(t).Get("/login"); page.Status != 503 || !strings.Contains(failedStep(page), "discovery") {
			t.Errorf("got status %d and the failed step %q", page.Status, failedStep(page))
		}
	})
}

func TestFlowOfRefreshAndSignOut(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	b := app.Browser(t).SignIn("ada")
	checkRedirect(t, "the refresh", b.Post("/profile", ""), "/profile")
	page := b.Get("/flow")
	refresh, signIn := strings.Index(page.Body, "flow-refresh"), strings.Index(page.Body, "flow-sign-in")
	if refresh < 0 || signIn < refresh || !strings.Contains(page.Body, "profile updated") {
		t.Errorf("the refresh is at %d and the sign-in at %d", refresh, signIn)
	}

	app.Provider.Override("/userinfo", testapp.Respond(500, "text/plain", "broken"))
	b.Post("/profile", "")
	if page := b.Get("/flow"); !strings.Contains(failedStep(page), "access token") {
		t.Errorf("the failed step of the refresh is %q", failedStep(page))
	}

	b.Click("Logout")
	b.Open("/flow").WantText("Logout", "signed out there", "signed out")
	if strings.Contains(b.Page.Body, "flow-sign-in") || failedStep(b.Page) != "" {
		t.Error("the picture of the sign-in is still there after the sign-out, or the sign-out failed")
	}
}

// TestFlowAsText checks that each picture is there as plain text, with the values but no secrets, for its person alone.
func TestFlowAsText(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	b := app.Browser(t).SignIn("ada")
	b.Post("/profile", "")
	b.Open("/flow")
	for kind, want := range map[string][]string{
		"sign-in": {"Your last sign-in", "Provider: " + app.Provider.URL, "POST /token", "ok  nonce: expected ", "303 /"},
		"refresh": {"Provider: " + app.Provider.URL, "profile updated"},
	} {
		if !strings.Contains(b.Page.Body, `href="/flow?text=`+kind+`"`) {
			t.Errorf("the page does not link to the text of the %s", kind)
		}
		text := b.Get("/flow?text=" + kind)
		if got := text.Header.Get("Content-Type"); text.Status != 200 || got != "text/plain; charset=utf-8" {
			t.Errorf("%s: got status %d and Content-Type %q", kind, text.Status, got)
		}
		if got := text.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", kind, got)
		}
		for _, part := range want {
			if !strings.Contains(text.Body, part) {
				t.Errorf("%s: %q is missing in %s", kind, part, text.Body)
			}
		}
	}
	for _, kind := range []string{"sign-out", "nothing"} {
		if page := b.Get("/flow?text=" + kind); page.Status != 404 {
			t.Errorf("%s: got status %d, want 404", kind, page.Status)
		}
	}
	if page := app.Browser(t).Get("/flow?text=sign-in"); page.Status != 303 || !strings.HasPrefix(page.Location(), "/login?") {
		t.Errorf("a new browser: got status %d and Location %q", page.Status, page.Location())
	}
}

// TestFailedSignInLeavesTheSession checks that a person who is signed in and cancels another sign-in sees the failure once
// and still sees the sign-in and the refresh of the session.
func TestFailedSignInLeavesTheSession(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	b := app.Browser(t).SignIn("ada")
	b.Post("/profile", "")
	state := authorizationRequest(t, b.Get("/login?prompt=login")).Get("state")
	callback := b.Get("/login/callback?" + query("state", state, "iss", app.Provider.URL, "error", "access_denied"))
	failed := b.Get(callback.Location())
	if step := failedStep(failed); !strings.Contains(step, "code") {
		t.Errorf("the failed step is %q", step)
	}
	b.Open("/flow").WantText("profile updated", "signed in")
	if step := failedStep(b.Page); step != "" {
		t.Errorf("the picture of the session has a failed step: %s", step)
	}
	if home := b.Get("/"); !strings.Contains(home.Body, "Your last sign-in") || failedStep(home) != "" {
		t.Error("the home page does not show the sign-in of the session")
	}
	b.Click("Logout")
	b.Open("/flow").WantText("signed out there")
	if failedStep(b.Page) != "" {
		t.Error("the failed sign-in is still there after the sign-out")
	}
}

// TestFlowBelongsToTheSession checks that nobody sees the flow of another session or another browser.
func TestFlowBelongsToTheSession(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	app.Browser(t).SignIn("ada")
	bob := app.Browser(t).SignIn("bob")
	if page := bob.Get("/flow"); page.Status != 200 || strings.Contains(page.Body, "dev-ada") {
		t.Errorf("got status %d: %s", page.Status, page.Text())
	}
	bob.Click("Logout")
	bob.Open("/flow").WantText("signed out there")
	if page := app.Browser(t).Get("/flow"); page.Status != 303 || !strings.HasPrefix(page.Location(), "/login?") {
		t.Errorf("a new browser: got status %d and Location %q", page.Status, page.Location())
	}
}

// TestFlowAfterARestart checks that pages work for a session whose sign-in another process has recorded.
func TestFlowAfterARestart(t *testing.T) {
	t.Parallel()
	var config handlers.Config
	var app atomic.Value // of http.Handler
	world := testapp.New(t, testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
		cfg.Inspect = true
		config = cfg
		app.Store(handlers.New(cfg))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.Load().(http.Handler).ServeHTTP(w, r) })
	}})
	b := world.Browser(t).SignIn("ada")
	app.Store(handlers.New(config))
	b.Open("/flow").WantText("not recorded")
	b.Open("/").WantText("Logged in as: ada")
}

func TestNothingIsRecordedWithoutInspect(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	done := b.Get(b.BeginSignIn("ada"))
	if got := done.Header.Get("Server-Timing"); got != "" {
		t.Errorf("Server-Timing is %q", got)
	}
	for _, c := range (&http.Response{Header: done.Header}).Cookies() {
		if strings.HasPrefix(c.Name, "flow") {
			t.Errorf("got the cookie %s", c.Name)
		}
	}
	if page := b.Get("/flow"); page.Status != 404 {
		t.Errorf("/flow: got status %d, want 404", page.Status)
	}
	app.Provider.Override("/token", testapp.Respond(400, "application/json", `{"error":"invalid_grant"}`))
	other := app.Browser(t)
	if page := followFailedLogin(other, other.Get(other.BeginSignIn("ada"))); strings.Contains(page.Body, "flow-picture") {
		t.Error("the error page shows a picture")
	}
}

func TestTheme(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	if strings.Contains(b.Get("/").Body, "data-theme") {
		t.Error("a page has a theme before the person has chosen one")
	}
	back := b.Post("/theme", "theme=dark", "Referer", b.URL+"/components?x=1", "Sec-Fetch-Site", "same-origin")
	checkRedirect(t, "dark", back, "/components?x=1")
	if home := b.Get("/").Body; !strings.Contains(home, `data-theme="dark"`) ||
		!strings.Contains(home, `value="dark" aria-pressed="true"`) {
		t.Error("the home page is not dark")
	}
	for referer, want := range map[string]string{
		"": "/", "https://evil.example/x": "/", b.URL + "/logout": "/", b.URL + "/login/callback?code=1": "/",
		b.URL + "/login/failed?error=refused": "/login/failed?error=refused", b.URL + "//evil.example": "/",
	} {
		checkRedirect(t, referer, b.Post("/theme", "theme=light", "Referer", referer), want)
	}
	proxied := testapp.New(t, behindProxy).Browser(t) // the proxy sends another Host
	checkRedirect(t, "behind a proxy", proxied.Post("/theme", "theme=dark", "Host", "10.0.0.1",
		"Referer", "https://app.example/components"), "/components")
	checkRedirect(t, "system", b.Post("/theme", "theme=system"), "/")
	if strings.Contains(b.Get("/").Body, "data-theme") {
		t.Error("the home page still has a theme")
	}
	plain := b.Get("/").Body
	if got := b.Get("/", "Cookie", "theme=evil; theme_"+strings.TrimPrefix(b.URL, "http://localhost:")+"=evil"); got.Body != plain {
		t.Error("a cookie with an unknown theme changes the home page")
	}
	if got := b.Post("/theme", "theme=call-evil"); got.Status != 400 || strings.Contains(got.Body, "evil") {
		t.Errorf("an unknown theme: got status %d", got.Status)
	}
	if got := b.Post("/theme", "theme=dark", "Sec-Fetch-Site", "cross-site"); got.Status != 403 {
		t.Errorf("from another site: got status %d", got.Status)
	}
}
