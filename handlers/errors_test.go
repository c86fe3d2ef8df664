package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// errorCase is an error as a page, as a fragment and as JSON.
type errorCase struct {
	name    string
	prepare func(*testapp.App, *testapp.Browser) // may be nil
	request requestFunc
	status  int
	code    string // "error" in the JSON
	title   string // of the page; PROVIDER stands for the provider's host
	cause   string // appears in the log only
}

// requestFunc sends the request that fails.
type requestFunc func(app *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response

func request(method, path string) requestFunc {
	return func(_ *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response {
		return b.Do(method, path, "", headers...)
	}
}

func crossSitePost(path string) requestFunc {
	return func(_ *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response {
		return b.Post(path, "x=1", append(headers, "Sec-Fetch-Site", "cross-site")...)
	}
}

// finishSignIn signs in a second time as bob. Another user's sign-in would end bob's session at the provider.
func finishSignIn(_ *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response {
	return b.Get(b.BeginSignIn("bob"), headers...)
}

// refuse is a callback with an error of the provider.
func refuse(code string) requestFunc {
	return func(app *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response {
		state := regexp.MustCompile(`state=([^&]+)`).FindStringSubmatch(b.Get("/login?prompt=login").Location())[1]
		return b.Get("/login/callback?"+query("state", state, "iss", app.Provider.URL,
			"error", code, "error_description", `<script>alert("no")</script>`), headers...)
	}
}

// tokenResponse overrides the response of the token endpoint.
func tokenResponse(status int, body string) func(*testapp.App, *testapp.Browser) {
	return func(app *testapp.App, _ *testapp.Browser) {
		app.Provider.Override("/token", testapp.Respond(status, "application/json", body))
	}
}

func signedOut(_ *testapp.App, b *testapp.Browser) { b.Client.Jar = nil }

// anotherCookie lets a browser that is signed out send a cookie of another app.
func anotherCookie(_ *testapp.App, b *testapp.Browser) {
	b.Client.Jar, _ = cookiejar.New(nil) // never an error
	u, _ := url.Parse(b.URL)
	b.Client.Jar.SetCookies(u, []*http.Cookie{{Name: "another", Value: "x"}})
}

func storeDown(app *testapp.App, _ *testapp.Browser) { app.Store.SetDown(true) }

func handlerPanics(app *testapp.App, _ *testapp.Browser) {
	app.Store.OnNextFind(func() { panic("boom in " + testapp.ErrStoreDown.Error()) })
}

var storeError = testapp.ErrStoreDown.Error()

var errorCases = []errorCase{
	{"unknown page", nil, request("GET", "/nowhere"), 404, "not_found", textNotFound, "no such page"},
	{"unknown component", nil, request("GET", "/components/nothing"), 404, "not_found", textNotFound, "no such page"},
	{"unknown method", nil, request("DELETE", "/profile"), 405, "method_not_allowed", textInvalidMethod, "method not allowed"},
	{"form of another site", nil, crossSitePost("/logout"),
		403, "cross_site_request", textCrossSite, "cross-site request blocked"},
	{"login for another issuer", nil, request("GET", "/login?iss=https://evil.example"),
		400, "invalid_request", textOtherIssuer, "another issuer"},
	{"unknown callback", anotherCookie, request("GET", "/login/callback?code=x&state=y"),
		400, "unknown_attempt", textUnknownLogin, "no cookie for this state"},
	{"callback without cookies", signedOut, request("GET", "/login/callback?code=x&state=y"),
		400, "unknown_attempt", textNoCookies, "the request has no cookies"},
	{"error without state", signedOut, request("GET", "/login/callback?error=unauthorized_client&error_description=off"),
		400, "unknown_attempt", textRefused, `the provider reports "unauthorized_client" ("off")`},
	{"sentence as an error without state", signedOut, request("GET", "/login/callback?error=Call+now"),
		400, "unknown_attempt", textUnknownLogin, `"Call now"`},
	{"form for the callback", nil, crossSitePost("/login/callback"),
		502, "unsupported_response_mode", textFormPost, "sent its response in a form"},

	{"provider unavailable",
		func(app *testapp.App, _ *testapp.Browser) { app.Provider.Override("/token", testapp.Unavailable) },
		finishSignIn, 503, "temporarily_unavailable", textUnavailable, "EOF"},
	{"token endpoint fails", tokenResponse(500, "boom-boom"),
		finishSignIn, 503, "temporarily_unavailable", textUnavailable, "token endpoint"},
	{"invalid ID token", tokenResponse(200, `{"access_token":"opaque-opaque","token_type":"Bearer","id_token":"a.b.c"}`),
		finishSignIn, 502, "untrusted_answer", textNotSignedIn, auth.ErrBadToken.Error()},
	{"wrong client secret", tokenResponse(401, `{"error":"invalid_client","error_description":"go &amp; <b>away</b>"}`),
		finishSignIn, 502, "misconfigured", textMisconfigured, "invalid_client"},
	{"expired code", tokenResponse(400, `{"error":"invalid_grant"}`),
		finishSignIn, 400, "invalid_grant", textExpiredCode, "invalid_grant"},
	{"cancelled at the provider", nil, refuse("access_denied"),
		403, "access_denied", textNotSignedIn, "access_denied"},
	{"refused by the provider", nil, refuse("interaction_required"),
		403, "interaction_required", textRefused, "interaction_required"},
	{"unknown scope", nil, refuse("invalid_scope"),
		502, "misconfigured", textMisconfigured, "invalid_scope"},

	{"store down, page", storeDown, request("GET", "/profile"),
		503, "temporarily_unavailable", textUnavailable, storeError},
	{"store down, refresh", storeDown, request("POST", "/profile"),
		503, "temporarily_unavailable", textUnavailable, storeError},
	{"store down, logout", storeDown, request("POST", "/logout"),
		503, "temporarily_unavailable", textUnavailable, storeError},
	{"store down, callback", nil,
		func(app *testapp.App, b *testapp.Browser, headers ...string) *testapp.Response {
			callback := b.BeginSignIn("bob")
			app.Store.SetDown(true)
			return b.Get(callback, headers...)
		}, 503, "temporarily_unavailable", textUnavailable, storeError},
	{"panic", handlerPanics, request("GET", "/profile"), 500, "server_error", textServerError, "handler panicked"},

	{"signed out, fragment", signedOut, request("POST", "/fragments/profile"),
		401, "login_required", textSessionEnded, auth.ErrSignedOut.Error()},
	{"unknown fragment", nil, request("GET", "/fragments/nothing"), 404, "not_found", textNotFound, "no such page"},
	{"unknown method of a fragment", nil, request("GET", "/fragments/profile"),
		405, "method_not_allowed", textInvalidMethod, "method not allowed"},
	{"fragment for another site", nil, crossSitePost("/fragments/profile"),
		403, "cross_site_request", textCrossSite, "cross-site request blocked"},
	{"store down, fragment", storeDown, request("POST", "/fragments/profile"),
		503, "temporarily_unavailable", textUnavailable, storeError},
	{"panic in a fragment", handlerPanics, request("POST", "/fragments/profile"),
		500, "server_error", textServerError, "handler panicked"},
}

// TestErrors checks each error as a page, or as a fragment, and as JSON. All of them say what to do and have the
// request ID of the log; none of them shows the cause or signs the person out.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range errorCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			c.title = strings.Replace(c.title, "PROVIDER", strings.TrimPrefix(app.Provider.URL, "http://"), 1)
			for _, accept := range []string{"text/html,application/xhtml+xml,*/*;q=0.8", "application/json"} {
				b := app.Browser(t).SignIn("bob")
				jar := b.Client.Jar
				if c.prepare != nil {
					c.prepare(app, b)
				}
				resp := c.request(app, b, "Accept", accept)
				id := resp.Header.Get("X-Request-Id")
				resp = followFailedLogin(b, resp, "Accept", accept)
				app.Store.SetDown(false)
				app.Provider.Override("/token", nil)
				b.Client.Jar = jar
				if resp.Status != c.status || resp.Header.Get("Cache-Control") != "no-store" ||
					(resp.Header.Get("Retry-After") != "") != (c.status == 503) {
					t.Errorf("got status %d and %v, want %d: %s", resp.Status, resp.Header, c.status, resp.Body)
				}
				if accept == "application/json" {
					c.checkJSON(t, resp)
				} else {
					c.checkHTML(t, resp, id, strings.Contains(c.name, "fragment"))
				}
				c.checkNoCause(t, resp)
				c.checkLog(t, app.Log, id)
				if got := b.Get("/").Body; !strings.Contains(got, `title="bob"`) {
					t.Errorf("bob is signed out: %s", got)
				}
			}
		})
	}
}

func (c *errorCase) checkJSON(t *testing.T, resp *testapp.Response) {
	t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(resp.Body), &got); err != nil || len(got) != 2 || got["error"] != c.code ||
		!strings.HasPrefix(got["message"], c.title+". ") {
		t.Errorf("got %v and %s, want the error %q and the title %q", err, resp.Body, c.code, c.title)
	}
	if resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", resp.Header)
	}
}

var actionLink = regexp.MustCompile(`<a class="btn btn-primary" href="(/[^"]*)"`)

func (c *errorCase) checkHTML(t *testing.T, resp *testapp.Response, id string, fragment bool) {
	t.Helper()
	heading := "h1"
	if fragment {
		heading = "h2"
	}
	if got := resp.Element(heading); got != c.title {
		t.Errorf("got the title %q, want %q: %s", got, c.title, resp.Body)
	}
	if strings.Contains(resp.Body, `role="alert"`) != fragment || strings.Contains(resp.Body, "<html") == fragment {
		t.Errorf("want a fragment: %t, got %s", fragment, resp.Body)
	}
	if !strings.Contains(resp.Body, ">"+id+"<") {
		t.Errorf("the request ID is missing: %s", resp.Body)
	}
	if m := actionLink.FindStringSubmatch(resp.Body); m == nil || strings.Contains(m[1], "code=") {
		t.Errorf("got the action %q: %s", m, resp.Body)
	}
}

// checkNoCause checks that the response shows nothing of the error but its code and its title.
func (c *errorCase) checkNoCause(t *testing.T, resp *testapp.Response) {
	t.Helper()
	secrets := []string{c.cause, storeError, "10.11.12.13", "goroutine", "boom", "<script>alert", "provider unavailable",
		"opaque-opaque"}
	for _, secret := range secrets {
		if secret != c.code && strings.Contains(resp.Body, secret) && !strings.Contains(c.title, secret) {
			t.Errorf("the response shows %q, which is for the log: %s", secret, resp.Body)
		}
	}
}

// checkLog checks that the log has the cause, under the request ID.
func (c *errorCase) checkLog(t *testing.T, log *testapp.Log, id string) {
	t.Helper()
	for _, record := range log.Records(logRequestFailed) {
		if record["request"] == id {
			if err := fmt.Sprint(record["err"]); !strings.Contains(err, c.cause) {
				t.Errorf("the log has %q, want %q in it", err, c.cause)
			}
			return
		}
	}
	t.Errorf("the log has no error of request %s", id)
}

// TestAccept checks that only clients that accept JSON and no HTML get JSON.
func TestAccept(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	const page = "text/html; charset=utf-8"
	for accept, want := range map[string]string{
		"application/json":                          "application/json",
		"application/json, text/plain, */*":         "application/json",
		"application/json;q=0.9":                    "application/json",
		"text/html,application/xhtml+xml,*/*;q=0.8": page,
		"text/html, application/json":               page,
		"*/*":                                       page,
		"":                                          page,
	} {
		resp := b.Get("/nowhere", "Accept", accept)
		if got := resp.Header.Get("Content-Type"); resp.Status != 404 || got != want {
			t.Errorf("%q: got status %d and %q, want %q", accept, resp.Status, got, want)
		}
	}
}

// TestHomeWhileStoreDown checks that the home page works and says that it does not know who is signed in.
func TestHomeWhileStoreDown(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	app.Store.SetDown(true)
	resp := ada.Get("/")
	const warning = `class="alert alert-warning"`
	if resp.Status != 200 || !strings.Contains(resp.Body, warning) ||
		resp.Header.Get("Set-Cookie") != "" || strings.Contains(resp.Body, "ada@") ||
		strings.Contains(resp.Body, storeError) {
		t.Errorf("with a session: got status %d, %v and %s", resp.Status, resp.Header, resp.Body)
	}
	resp = app.Browser(t).Get("/") // does not need the store
	if resp.Status != 200 || strings.Contains(resp.Body, warning) {
		t.Errorf("without a session: got status %d and %s", resp.Status, resp.Body)
	}
	app.Store.SetDown(false)
	if !ada.IsSignedIn() {
		t.Error("the session is lost")
	}
}

// TestAbort checks that http.ErrAbortHandler closes the connection, so that a partial response does not look complete.
func TestAbort(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	app.Store.OnNextFind(func() { panic(http.ErrAbortHandler) })
	if resp, err := ada.Try("POST", "/profile", ""); err == nil { // net/http would repeat a GET request
		t.Errorf("got status %d, want no response", resp.Status)
	}
	if records := app.Log.Records("panic"); len(records) != 0 {
		t.Errorf("logged %v", records)
	}
}

// TestRequestLog checks the record of a request: id, method, path, status and duration, and never the query.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t).SignIn("ada")
	id := b.Get("/login/callback?code=secret-code&state=secret-state").Header.Get("X-Request-Id")
	b.Get("/healthz")
	found := false
	for _, r := range app.Log.Records(logRequestFinished) {
		if len(r) != 8 { // time, level, msg and the five attributes
			t.Errorf("got %v", r)
		}
		if r["path"] == "/healthz" {
			t.Error("a health check is logged at level info")
		}
		found = found || r["request"] == id && r["method"] == "GET" && r["path"] == "/login/callback" &&
			r["status"] == 303.0 && r["duration"].(float64) > 0
	}
	if !found {
		t.Errorf("the callback is missing in %s", app.Log)
	}
	if strings.Contains(app.Log.String(), "secret-") {
		t.Errorf("the query is in %s", app.Log)
	}
	if got := b.Get("/", "X-Request-Id", "forged").Header.Get("X-Request-Id"); strings.Contains(got, "forged") {
		t.Errorf("the client chose the request ID %q", got)
	}
}
