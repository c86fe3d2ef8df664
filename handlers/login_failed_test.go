package handlers_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// cancel begins a sign-in for a page and returns the callback of a person who cancels it.
func cancel(t *testing.T, app *testapp.App, b *testapp.Browser, returnTo string) (callback string) {
	t.Helper()
	state := authorizationRequest(t, b.Get("/login?"+query("return_to", returnTo))).Get("state")
	return "/login/callback?" + query("state", state, "iss", app.Provider.URL, "error", "access_denied",
		"error_description", "The person said no.")
}

// TestCancelledSignIn checks the page after a sign-in that the person cancelled: its address has neither code nor
// state, a reload shows the same page, and "Try again" leads to the page that the person wanted.
func TestCancelledSignIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspecting)
	b := app.Browser(t)
	b.Open(cancel(t, app, b, "/components/navbar?x=1")).WantURL(http.StatusForbidden, app.URL+"/login/failed")
	for range 3 {
		b.WantText("The sign-in was cancelled.", "access_denied", "The person said no.")
		if q := b.Page.URL.Query(); q.Has("state") || q.Has("code") || strings.Contains(q.Encode(), "said") {
			t.Errorf("the address is %s", b.Page.URL)
		}
		b.Open(b.Page.URL.String()).WantURL(http.StatusForbidden, app.URL+"/login/failed")
	}
	address := b.Page.URL.String()
	b.Click("Try again")
	if b.Page.URL.Host != strings.TrimPrefix(app.Provider.URL, "http://") {
		t.Fatalf("got %s, want the provider", b.Page.URL)
	}
	b.Click("ada").WantURL(http.StatusOK, app.URL+"/components/navbar")
	if got := b.Page.URL.RawQuery; got != "x=1" {
		t.Errorf("the query of the page is %q", got)
	}
	b.Open(address).WantText("The sign-in was cancelled.") // also while signed in
}

// TestFailedSignInsInTwoTabs checks that a tab does not show the details of another tab's sign-in.
func TestFailedSignInsInTwoTabs(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspecting)
	b := app.Browser(t)
	first := b.Get(cancel(t, app, b, "/profile")).Location()
	b.Get(strings.Replace(cancel(t, app, b, "/"), "said+no", "pressed+Escape", 1))
	resp := b.Get(first)
	text := resp.Text()
	if resp.Status != 403 || strings.Contains(text, "Escape") || !strings.Contains(text, "cancelled") ||
		!strings.Contains(resp.Body, `href="/login?return_to=%2Fprofile"`) {
		t.Errorf("got status %d: %s", resp.Status, text)
	}
}

// TestLinkToFailedSignIn checks that a link cannot make the page show words of its own or lead to another site.
func TestLinkToFailedSignIn(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, inspecting).Browser(t)
	resp := b.Get("/login/failed?" + query("error", "refused", "code", "call-evil", "description", "call-evil",
		"id", "call-evil", "return_to", "https://evil.example/call-evil"))
	if resp.Status != 403 || strings.Contains(resp.Body, "evil") || !strings.Contains(resp.Body, `href="/login"`) {
		t.Errorf("got status %d: %s", resp.Status, resp.Body)
	}
	if resp := b.Get("/login/failed?error=call-evil"); resp.Status != 404 || strings.Contains(resp.Body, "evil") {
		t.Errorf("unknown kind: got status %d: %s", resp.Status, resp.Body)
	}
}

// TestLinkToCallbackWithWords checks that a link cannot make the page show a sentence in the place of an error code.
func TestLinkToCallbackWithWords(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, inspecting).Browser(t)
	for code, want := range map[string]bool{"invalid_scope": true, "your_account_is_locked_call_evil": false} {
		resp := followFailedLogin(b, b.Get("/login/callback?"+query("error", code)))
		if resp.Status != 400 || strings.Contains(resp.Body, code) != want {
			t.Errorf("%s: got status %d, want the code on the page: %t: %s", code, resp.Status, want, resp.Text())
		}
	}
}

// TestCallbackWithoutCookies checks that the page names cookies and the right address, also if it is itself loaded
// without cookies, and that the log names the reason.
func TestCallbackWithoutCookies(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	callback := b.BeginSignIn("ada")
	b.Client.Jar = nil
	resp := followFailedLogin(b, b.Get(callback))
	text := resp.Text()
	if resp.Status != 400 || !strings.Contains(text, "Allow cookies") || !strings.Contains(text, app.URL) {
		t.Errorf("got status %d: %s", resp.Status, text)
	}
	if log := app.Log.String(); !strings.Contains(log, "the browser blocks them") {
		t.Errorf("the log does not name the reason: %s", log)
	}
}

// TestStoreDownAtCallback checks that a callback keeps its address while the sign-in can still be finished, so that a
// reload finishes it, and that the error page leads to the page that the person wanted.
func TestStoreDownAtCallback(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	callback := b.Authorize(b.Get("/login?return_to=/profile").Location(), "ada")
	app.Store.SetDown(true)
	resp := b.Get(callback)
	if resp.Status != 503 || !strings.Contains(resp.Body, `href="/login?return_to=%2Fprofile"`) {
		t.Errorf("got status %d: %s", resp.Status, resp.Body)
	}
	app.Store.SetDown(false)
	checkRedirect(t, "reload", b.Get(callback), "/profile")
}

// TestMisconfiguration checks that a wrong setting is not shown as a temporary error: the log names the variable, and
// the page names it to developers only.
func TestMisconfiguration(t *testing.T) {
	t.Parallel()
	err := &auth.LoginError{ReturnTo: "/profile", Err: &auth.MisconfiguredError{
		Fields: []string{"Issuer", "Another"}, Problem: "the issuer is another one",
	}}
	for _, inspect := range []bool{false, true} {
		app := testapp.New(t, testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
			cfg.Inspect, cfg.Variables = inspect, map[string]string{"Issuer": "AUTH_URL"}
			return handlers.NewWithError(cfg, err)
		}})
		b := app.Browser(t)
		for _, path := range []string{"/broken", "/login/broken"} {
			resp := followFailedLogin(b, b.Get(path))
			text := resp.Text()
			if resp.Status != 502 || resp.Header.Get("Retry-After") != "" ||
				strings.Contains(strings.ToLower(text), "try again") ||
				!strings.Contains(text, "This app can't sign anyone in yet") {
				t.Errorf("%s: got status %d: %s", path, resp.Status, text)
			}
			shown := regexp.MustCompile(`the issuer is another one.*AUTH_URL, Another`).MatchString(text)
			if shown != inspect {
				t.Errorf("%s: the page shows the cause: %t, want %t: %s", path, shown, inspect, text)
			}
		}
		records := app.Log.Records("request failed")
		if len(records) != 2 {
			t.Fatalf("got %v, want two records", records)
		}
		for _, r := range records {
			if r["variables"] != "AUTH_URL, Another" || !strings.Contains(r["err"].(string), "the issuer is another one") {
				t.Errorf("the log has %v", r)
			}
		}
	}
}

// TestCookieOfFailedSignIn checks that the cookie with the details is not sent with other requests.
func TestCookieOfFailedSignIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspecting)
	b := app.Browser(t)
	b.Get(cancel(t, app, b, "/"))
	for path, want := range map[string]bool{"/": false, "/login": false, "/login/failed": true} {
		u, err := url.Parse(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, c := range b.Client.Jar.Cookies(u) {
			found = found || strings.HasPrefix(c.Name, "failed-")
		}
		if found != want {
			t.Errorf("%s: the cookie is sent: %t, want %t", path, found, want)
		}
	}
}

// TestHeaderOfFailedSignIn checks that a proxy accepts the redirect after a failed sign-in, whose header may have 4 kB,
// even if the page to return to and the provider's description are as long as possible once they are encoded.
func TestHeaderOfFailedSignIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspecting)
	b := app.Browser(t)
	returnTo := "/?" + strings.Repeat("&", 1000)
	callback := strings.Replace(cancel(t, app, b, returnTo), "The+person+said+no.", strings.Repeat("%3C", 300), 1)
	resp := b.Get(callback)
	checkHeaderSize(t, resp)
	page := b.Get(resp.Location())
	if !strings.Contains(page.Text(), "The sign-in was cancelled.") ||
		!strings.Contains(page.Body, url.QueryEscape(returnTo)) {
		t.Errorf("got status %d: %s", page.Status, page.Body)
	}
}

// TestHeaderOfLongAddresses checks that a proxy accepts the redirects of requests with long queries.
func TestHeaderOfLongAddresses(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, behindProxy)
	for _, length := range []int{300, 1000, 3000, 3900, 6000} {
		for _, char := range []string{"x", "%26"} {
			b := app.Browser(t)
			checkHeaderSize(t, b.Get("/profile?q="+strings.Repeat(char, length)))
			setHeaders(b, "Host", "www.app.example")
			checkHeaderSize(t, b.Get("/login?login_hint="+strings.Repeat(char, length)))
		}
	}
}

// checkHeaderSize checks that the header of a response has 4 kB at most.
func checkHeaderSize(t *testing.T, resp *testapp.Response) {
	t.Helper()
	var head bytes.Buffer
	if err := resp.Header.Write(&head); err != nil {
		t.Fatal(err)
	}
	if head.Len() > 4<<10 {
		t.Errorf("status %d: the header has %d bytes", resp.Status, head.Len())
	}
}
