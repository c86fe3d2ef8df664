package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestLogout signs out here and at the provider, and comes back to the home page.
func TestLogout(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for _, method := range []string{"GET", "POST"} {
		b := app.Browser(t).SignIn("ada")
		resp := b.Do(method, "/logout", "")
		u, err := url.Parse(resp.Location())
		if err != nil || resp.Status != 303 || u.Scheme+"://"+u.Host+u.Path != app.Provider.URL+"/end_session" {
			t.Fatalf("%s: got status %d and Location %q", method, resp.Status, resp.Location())
		}
		q := u.Query()
		if q.Get("id_token_hint") == "" || q.Get("client_id") != "app" || len(q.Get("state")) < 20 ||
			q.Get("post_logout_redirect_uri") != app.URL+"/logout" || len(q) != 4 {
			t.Errorf("%s: the logout request has %v", method, q)
		}
		if b.IsSignedIn() {
			t.Errorf("%s: still signed in", method)
		}
		b.Open(resp.Location()).WantURL(http.StatusOK, app.URL+"/")
	}
}

// checkAsks checks that a request to /logout asks the person and signs nobody out.
func checkAsks(t *testing.T, name string, b *testapp.Browser, resp *testapp.Response) {
	t.Helper()
	if resp.Status != 200 || !strings.Contains(resp.Body, `action="/logout" method="post"`) {
		t.Errorf("%s: got status %d: %s", name, resp.Status, resp.Body)
	}
	if !b.IsSignedIn() {
		t.Fatalf("%s: signed out", name)
	}
}

// TestLogoutReturn comes back from a sign-out at the provider after a new sign-in. That does not end the new session.
// The state works once, and only in the browser that began the sign-out.
func TestLogoutReturn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, bob := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob")
	u, err := url.Parse(ada.Post("/logout", "").Location())
	if err != nil {
		t.Fatal(err)
	}
	ada.SignIn("ada")
	back := "/logout?state=" + u.Query().Get("state")
	checkAsks(t, "in another browser", bob, bob.Get(back, "Sec-Fetch-Site", "cross-site"))
	checkRedirect(t, "the first time", ada.Get(back, "Sec-Fetch-Site", "cross-site"), "/")
	if !ada.IsSignedIn() {
		t.Error("the new session has ended")
	}
	checkAsks(t, "the second time", ada, ada.Get(back, "Sec-Fetch-Site", "cross-site"))
}

// TestLogoutFromAnotherSite checks that no other site can sign a person out: its links ask, and its forms are refused.
func TestLogoutFromAnotherSite(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, signedOut := app.Browser(t).SignIn("ada"), app.Browser(t)
	for name, headers := range map[string][]string{
		"another site":   {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"another port":   {"Sec-Fetch-Site", "same-site", "Origin", app.Provider.URL},
		"opaque origin":  {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		"no Fetch-Site":  {"Origin", "https://evil.example"},
		"opaque, no F-S": {"Origin", "null"},
	} {
		if resp := ada.Post("/logout", "x=1", headers...); resp.Status != 403 || resp.Location() != "" {
			t.Errorf("POST, %s: got status %d: %s", name, resp.Status, resp.Body)
		}
		if !ada.IsSignedIn() {
			t.Fatalf("POST, %s: signed out", name)
		}
		if headers[0] == "Origin" { // not sent with GET
			continue
		}
		for _, path := range []string{"/logout", "/logout?state=guessed", "/logout?state="} {
			checkAsks(t, "GET "+path+", "+name, ada, ada.Get(path, headers[:2]...))
		}
		checkRedirect(t, "GET, signed out, "+name, signedOut.Get("/logout", headers[:2]...), "/")
	}
	for name, headers := range map[string][]string{
		"this app":           {"Sec-Fetch-Site", "same-origin", "Origin", app.URL},
		"address bar":        {"Sec-Fetch-Site", "none"},
		"Origin of this app": {"Origin", app.URL},
		"neither of the two": {},
	} {
		b := app.Browser(t).SignIn("bob")
		if resp := b.Post("/logout", "x=1", headers...); resp.Status >= 400 || b.IsSignedIn() {
			t.Errorf("POST, %s: got status %d, want a sign-out", name, resp.Status)
		}
	}
}

// TestFormsOfAnotherSite checks that other forms that change something are refused, too, but not a sign-in, which a
// provider or another site may begin.
func TestFormsOfAnotherSite(t *testing.T) {
	t.Parallel()
	ada := testapp.New(t, testapp.Options{}).Browser(t).SignIn("ada")
	for path, want := range map[string]int{"/profile": 403, "/fragments/profile": 403, "/login": 303} {
		resp := ada.Post(path, "x=1", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
		if resp.Status != want {
			t.Errorf("%s: got status %d, want %d", path, resp.Status, want)
		}
	}
}

// TestOriginBehindProxy checks a form of the app in a browser without Sec-Fetch-Site, behind a proxy that changes Host.
func TestOriginBehindProxy(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, behindProxy).Browser(t)
	if resp := b.Post("/logout", "x=1", "Origin", "https://app.example", "Host", "10.0.0.7:3000"); resp.Status != 303 {
		t.Errorf("got status %d", resp.Status)
	}
}

// TestProviderWithoutLogout checks that the session ends here if the provider has no logout endpoint.
func TestProviderWithoutLogout(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	issuer := app.Provider.URL
	metadata, err := json.Marshal(map[string]string{
		"issuer":                 issuer,
		"authorization_endpoint": issuer + "/authorize",
		"token_endpoint":         issuer + "/token",
		"jwks_uri":               issuer + "/keys",
		"userinfo_endpoint":      issuer + "/userinfo",
	})
	if err != nil {
		t.Fatal(err)
	}
	app.Provider.Override("/.well-known/openid-configuration", testapp.Respond(200, "application/json", string(metadata)))
	b := app.Browser(t).SignIn("ada")
	checkRedirect(t, "POST /logout", b.Post("/logout", ""), "/")
	if b.IsSignedIn() {
		t.Error("still signed in")
	}
}

// TestBackChannelLogout signs ada out everywhere at the provider, which ends her sessions in all browsers and no
// others.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	first, second, bob := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob")
	first.Post(app.Provider.URL+"/signout", "everywhere=1")
	if first.IsSignedIn() || second.IsSignedIn() || !bob.IsSignedIn() {
		t.Errorf("signed in: ada %t and %t, bob %t", first.IsSignedIn(), second.IsSignedIn(), bob.IsSignedIn())
	}
	checkRedirect(t, "the profile", second.Get("/profile"), "/login?return_to=%2Fprofile")
}

// TestBackChannelLogoutErrors checks the responses to requests without a valid logout token.
func TestBackChannelLogoutErrors(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	for name, form := range map[string]string{
		"no token":        "",
		"malformed token": "logout_token=x.y.z",
		"long token":      "logout_token=" + strings.Repeat("x", 60<<10),
	} {
		resp := b.Post("/logout/backchannel", form)
		var got map[string]string
		if err := json.Unmarshal([]byte(resp.Body), &got); err != nil {
			t.Errorf("%s: %v: %s", name, err, resp.Body)
		}
		if resp.Status != 400 || got["error"] != "invalid_request" || got["error_description"] == "" || len(got) != 2 ||
			resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got status %d, %v and %v", name, resp.Status, got, resp.Header)
		}
	}
	for name, resp := range map[string]*testapp.Response{
		"GET": b.Get("/logout/backchannel?logout_token=x"),
		"PUT": b.Do("PUT", "/logout/backchannel", "logout_token=x"),
	} {
		if resp.Status != 405 || resp.Header.Get("Allow") != "POST" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got status %d and %v", name, resp.Status, resp.Header)
		}
	}
}

// TestBackChannelLogoutWhileStoreDown checks that the provider is told to try again, and that the second try works.
func TestBackChannelLogoutWhileStoreDown(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, provider := app.Browser(t).SignIn("ada"), app.Browser(t)
	token, _ := app.LogoutToken(t, ada)
	app.Store.SetDown(true)
	resp := provider.Post("/logout/backchannel", "logout_token="+token)
	if resp.Status != 503 || !strings.Contains(resp.Body, `"temporarily_unavailable"`) ||
		resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the first try: got status %d, %v and %s", resp.Status, resp.Header, resp.Body)
	}
	app.Store.SetDown(false)
	if !ada.IsSignedIn() {
		t.Error("signed out by the first try")
	}
	resp = provider.Post("/logout/backchannel", "logout_token="+token)
	if resp.Status != 200 || resp.Body != "" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the second try: got status %d and %s", resp.Status, resp.Body)
	}
	if ada.IsSignedIn() {
		t.Error("still signed in")
	}
}

// TestFrontChannelLogout loads the frame of the provider's page, without cookies. It ends the session with that sid.
func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, bob, frame := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob"), app.Browser(t)
	check := func(name, iss, sid string, status int, text string) {
		t.Helper()
		resp := frame.Get("/logout/frontchannel?"+query("iss", iss, "sid", sid),
			"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe")
		if resp.Status != status || !strings.Contains(resp.Body, text) || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: got status %d, %v and %q, want %d and %q", name, resp.Status, resp.Header, resp.Body, status, text)
		}
		for header, want := range map[string]string{
			"Cache-Control":           "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors " + app.Provider.URL,
			"Content-Type":            "text/plain; charset=utf-8",
			"X-Frame-Options":         "",
		} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	_, sid := app.LogoutToken(t, ada)
	check("another issuer", "https://evil.example", sid, 400, textUnknownIssuer)
	check("no issuer", "", sid, 400, textUnknownIssuer)
	check("unknown session", app.Provider.URL, "unknown", 200, "Signed out.")
	app.Store.SetDown(true)
	check("store down", app.Provider.URL, sid, 503, "could not be ended")
	app.Store.SetDown(false)
	if !ada.IsSignedIn() || !bob.IsSignedIn() {
		t.Fatal("signed out too early")
	}
	check("the session of ada", app.Provider.URL, sid, 200, "Signed out.")
	if ada.IsSignedIn() || !bob.IsSignedIn() {
		t.Errorf("signed in: ada %t, bob %t, want bob alone", ada.IsSignedIn(), bob.IsSignedIn())
	}
	check("the session of ada again", app.Provider.URL, sid, 200, "Signed out.")
}
