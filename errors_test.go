package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// errorCase is an error as a person and as a program see it.
type errorCase struct {
	name    string
	provoke func(*testapp.Browser)
	status  int
	path    string // of the error page
	code    string // "error" in the JSON
	header  string // a header that the response must have
}

func errorCases(app *program) []errorCase {
	signIn := func(b *testapp.Browser) *testapp.Browser {
		return b.Open("/login?prompt=login").WantURL(http.StatusOK, app.provider+"/signin")
	}
	return []errorCase{
		{"wrong client secret", func(b *testapp.Browser) { signIn(b).Click("bob") },
			http.StatusBadGateway, "/login/callback", "misconfigured", ""},
		{"cancelled at the provider", func(b *testapp.Browser) { signIn(b).Click("Cancel") },
			http.StatusForbidden, "/login/callback", "access_denied", ""},
		{"stale callback", func(b *testapp.Browser) { b.Open("/login/callback?code=c0dec0dec0de&state=5tate5tate5tate") },
			http.StatusBadRequest, "/login/callback", "unknown_attempt", ""},
		{"callback without parameters", func(b *testapp.Browser) { b.Open("/login/callback") },
			http.StatusBadRequest, "/login/callback", "unknown_attempt", ""},
		{"login for another issuer", func(b *testapp.Browser) { b.Open("/login?iss=https://evil.example") },
			http.StatusBadRequest, "/login", "invalid_request", ""},
		{"unknown page", func(b *testapp.Browser) { b.Open("/nowhere") },
			http.StatusNotFound, "/nowhere", "not_found", ""},
		{"unknown method", func(b *testapp.Browser) { b.Navigate(http.MethodDelete, "/profile", nil, "none") },
			http.StatusMethodNotAllowed, "/profile", "method_not_allowed", "Allow"},
		{"form of another site", func(b *testapp.Browser) { b.Navigate(http.MethodPost, "/logout", nil, "cross-site") },
			http.StatusForbidden, "/logout", "cross_site_request", ""},
	}
}

// TestErrors checks that each error is a page for a person and JSON for a program, and that it changes neither who is
// signed in nor that no one is.
func TestErrors(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	app := startWith(t, provider, authVars(provider))
	signedIn, signedOut := app.browser(t).SignIn("bob"), app.browser(t)
	provider.Override("/token", func(w http.ResponseWriter, r *http.Request) {
		r.SetBasicAuth("app", "another secret")
		provider.Forward(w, r)
	})
	for _, c := range errorCases(app) {
		for name, b := range map[string]*testapp.Browser{"signed out": signedOut, "signed in": signedIn} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				b := b.For(t)
				c.provoke(b)
				if c.code == "unknown_attempt" && name == "signed in" {
					b.WantURL(http.StatusOK, app.url+"/").WantText(textLoggedInAs + "bob") // a repeated callback is harmless
				} else {
					page := c.path
					if page == "/login/callback" { // its address works once
						page = "/login/failed"
					}
					b.WantURL(c.status, app.url+page)
					title := c.checkPage(t, app, b)
					b.Accept = "application/json"
					c.provoke(b)
					b.WantURL(c.status, app.url+c.path)
					if message := c.checkJSON(t, b); !strings.HasPrefix(message, title) {
						t.Errorf("the message is %q, want the title %q at its beginning", message, title)
					}
				}
				if got := b.IsSignedIn(); got != (name == "signed in") {
					t.Errorf("signed in afterwards: %t", got)
				}
			})
		}
	}
}

var requestID = regexp.MustCompile(`Request ID ([A-Z2-7]{12})`)

var actionLink = regexp.MustCompile(`<a class="btn btn-primary" href="(/[^"]*)"`)

// checkPage checks an error page and returns its title.
func (c *errorCase) checkPage(t *testing.T, app *program, b *testapp.Browser) (title string) {
	t.Helper()
	if m := requestID.FindStringSubmatch(b.Page.Text()); m == nil {
		t.Error("the page shows no request ID")
	} else {
		app.out.wait(t, regexp.MustCompile(m[1])) // the log is written in the background
	}
	title = b.Page.Element("h1")
	if !strings.HasPrefix(b.Page.Header.Get("Content-Type"), "text/html") || title == "" {
		t.Errorf("not a page with a title: %s", b.Page.Body)
	}
	if c.header != "" && b.Page.Header.Get(c.header) == "" {
		t.Errorf("the header %s is missing", c.header)
	}
	if m := actionLink.FindStringSubmatch(b.Page.Body); m == nil || b.Get(m[1]).Status >= http.StatusBadRequest {
		t.Errorf("the page has no action that works: %q", m)
	}
	return title
}

// checkJSON checks an error as JSON and returns its message.
func (c *errorCase) checkJSON(t *testing.T, b *testapp.Browser) (message string) {
	t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(b.Page.Body), &got); err != nil {
		t.Fatalf("%v: %s", err, b.Page.Body)
	}
	if got["error"] != c.code || got["message"] == "" || len(got) != 2 {
		t.Errorf("got %v, want the error %q and a message", got, c.code)
	}
	if got := b.Page.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	if c.header != "" && b.Page.Header.Get(c.header) == "" {
		t.Errorf("the header %s is missing", c.header)
	}
	return got["message"]
}

// TestProviderUnavailable starts the app while its provider is unavailable. The app says so, and needs no restart when
// the provider is back.
func TestProviderUnavailable(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	vars := authVars(provider)
	vars["SCOPES"] = "openid profile email offline_access"
	app := start(t, vars)
	b := app.browser(t)
	checkHealth := func(path string, want int) {
		t.Helper()
		if got := b.Get(path); got.Status != want {
			t.Errorf("%s: got status %d, want %d: %s", path, got.Status, want, got.Body)
		}
	}
	b.Open("/").WantURL(http.StatusOK, app.url+"/").WantText(textHelloWorld, textRegister)
	unavailable := errorCase{code: "temporarily_unavailable", header: "Retry-After"}
	b.Click(textLogin).WantURL(http.StatusServiceUnavailable, app.url+"/login").WantText(b.Page.Header.Get("X-Request-Id"))
	b.Accept = "application/json"
	unavailable.checkJSON(t, b.Open("/login").WantURL(http.StatusServiceUnavailable, app.url+"/login"))
	b.Accept = "text/html"
	checkHealth("/readyz", http.StatusServiceUnavailable)
	checkHealth("/healthz", http.StatusOK)

	startFor(t, provider, app)
	retry, timeout := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer retry.Stop()
	for b.Open("/login"); b.Page.Status == http.StatusServiceUnavailable; b.Click(textTryAgain) {
		select {
		case <-retry.C:
		case <-timeout:
			t.Fatal("the provider is back, and the app is still unavailable")
		}
	}
	b.WantURL(http.StatusOK, app.provider+"/signin").Click("ada").Click("Allow")
	b.WantURL(http.StatusOK, app.url+"/").WantText(textLoggedInAs + "ada")
	b.Click(textViewProfile).Click(textRefresh).WantText(textWelcome("ada@example.com"))
	checkHealth("/readyz", http.StatusOK)
	b.Click(textLogout).WantURL(http.StatusOK, app.url+"/").WantText(textHelloWorld)
}
