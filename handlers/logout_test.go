package handlers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestLogout: out here, then at the provider, and back to a home page that nobody is signed in on.
func TestLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{"GET", "POST"} {
		v := w.signedIn(t, "ada")
		a := v.do(method, "/logout", "")
		to, err := url.Parse(a.location())
		if err != nil || a.status != 303 || to.Scheme+"://"+to.Host+to.Path != w.provider+"/end_session" {
			t.Fatalf("%s: got status %d and Location %q", method, a.status, a.location())
		}
		q := to.Query()
		if q.Get("id_token_hint") == "" || q.Get("client_id") != "app" || q.Get("post_logout_redirect_uri") != w.base+"/logout" || len(q.Get("state")) < 20 || len(q) != 4 {
			t.Errorf("%s: asks with %v", method, q)
		}
		if v.isSignedIn() {
			t.Errorf("%s: still signed in", method)
		}
		resp, err := v.client.Get(a.location()) // follows the provider back
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if got := resp.Request.URL.String(); got != w.base+"/" || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: ends at %s with status %d", method, got, resp.StatusCode)
		}
	}
}

// TestLogoutAnswer: who comes back from a sign-out at the provider, and has signed in again meanwhile, is not signed
// out by that. The state that shows it counts once, and in the browser that was sent.
func TestLogoutAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, other := w.signedIn(t, "ada"), w.signedIn(t, "bob")
	to, err := url.Parse(v.post("/logout", "").location())
	if err != nil {
		t.Fatal(err)
	}
	v.signIn("ada")
	back := "/logout?state=" + to.Query().Get("state")
	asks := func(who *visitor) {
		t.Helper()
		if a := who.get(back, "Sec-Fetch-Site", "cross-site"); a.status != 200 || !strings.Contains(a.body, "Do you want to sign out?") || !who.isSignedIn() {
			t.Errorf("got status %d and Location %q", a.status, a.location())
		}
	}
	asks(other)
	checkAnswer(t, "the way back", v.get(back, "Sec-Fetch-Site", "cross-site"), 303, "/")
	if !v.isSignedIn() {
		t.Error("signed out a second time")
	}
	asks(v)
}

// TestLogoutFromAnotherSite: no other site can sign a person out. A link from there asks, a form is refused.
func TestLogoutFromAnotherSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, stranger := w.signedIn(t, "ada"), w.visitor(t)
	for name, headers := range map[string][]string{
		"cross-site":                {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"another port":              {"Sec-Fetch-Site", "same-site", "Origin", w.provider},
		"without an origin":         {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		"an older browser, by form": {"Origin", "https://evil.example"},
	} {
		if a := ada.post("/logout", "x=1", headers...); a.status != 403 || a.location() != "" || !strings.Contains(a.body, "We blocked a request from another site") {
			t.Errorf("POST, %s: got status %d: %s", name, a.status, a.body)
		}
		if !ada.isSignedIn() {
			t.Fatalf("POST, %s: signed out", name)
		}
		if headers[0] == "Origin" { // says nothing with GET
			continue
		}
		for _, path := range []string{"/logout", "/logout?state=guessed", "/logout?state="} {
			a := ada.get(path, headers[:2]...)
			if a.status != 200 || !strings.Contains(a.body, "Do you want to sign out?") || !strings.Contains(a.body, `action="/logout" method="post"`) {
				t.Errorf("GET %s, %s: got status %d: %s", path, name, a.status, a.body)
			}
			if !ada.isSignedIn() {
				t.Fatalf("GET %s, %s: signed out", path, name)
			}
		}
		checkAnswer(t, "a stranger's GET, "+name, stranger.get("/logout", headers[:2]...), 303, "/")
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "same-origin", "Origin", w.base}, {"Sec-Fetch-Site", "none"}, {"Origin", w.base}, {}} {
		v := w.signedIn(t, "bob")
		if a := v.post("/logout", "x=1", headers...); a.status != 303 || v.isSignedIn() {
			t.Errorf("POST with %q: got status %d", headers, a.status)
		}
	}
}

// TestOtherFormsFromAnotherSite: whatever else changes something is refused to other sites, too; what a provider or
// another site may send is not.
func TestOtherFormsFromAnotherSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	for path, want := range map[string]int{"/profile": 403, "/fragments/profile": 403, "/login": 303} {
		if a := ada.post(path, "x=1", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); a.status != want {
			t.Errorf("%s: got status %d, want %d", path, a.status, want)
		}
	}
	// Behind a proxy that changes the Host, an older browser's Origin is the app's public one.
	v := newWorld(t, overHTTPS).visitor(t)
	if a := v.post("/logout", "x=1", "Origin", "https://app.example", "Host", "10.0.0.7:3000"); a.status != 303 {
		t.Errorf("the app's own form: got status %d", a.status)
	}
}

// TestProviderWithoutLogout: the session ends here, and that is all.
func TestProviderWithoutLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.door("/.well-known/openid-configuration", func(rw http.ResponseWriter, r *http.Request) {
		json.NewEncoder(rw).Encode(map[string]any{"issuer": w.provider, "authorization_endpoint": w.provider + "/authorize",
			"token_endpoint": w.provider + "/token", "jwks_uri": w.provider + "/keys", "userinfo_endpoint": w.provider + "/userinfo"})
	})
	v := w.signedIn(t, "ada")
	checkAnswer(t, "POST /logout", v.post("/logout", ""), 303, "/")
	if v.isSignedIn() {
		t.Error("still signed in")
	}
}

// TestBackChannelLogout: who signs out everywhere at the provider is out in all browsers, and nobody else is.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there, other := w.signedIn(t, "ada"), w.signedIn(t, "ada"), w.signedIn(t, "bob")
	resp, err := here.client.PostForm(w.provider+"/signout", url.Values{"everywhere": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if here.isSignedIn() || there.isSignedIn() || !other.isSignedIn() {
		t.Errorf("signed in: ada %t and %t, bob %t", here.isSignedIn(), there.isSignedIn(), other.isSignedIn())
	}
	checkAnswer(t, "the profile", there.get("/profile"), 303, "/login?return_to=%2Fprofile")

	v := w.visitor(t)
	check := func(name, form string, status int, code string) {
		t.Helper()
		a := v.post("/logout/backchannel", form)
		var got map[string]string
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Errorf("%s: %v: %s", name, err, a.body)
		}
		if a.status != status || got["error"] != code || got["error_description"] == "" || len(got) != 2 || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got status %d, %v and %v", name, a.status, got, a.header)
		}
	}
	check("no token", "", 400, "invalid_request")
	check("garbage", "logout_token=x.y.z", 400, "invalid_request")
	check("a huge one", "logout_token="+strings.Repeat("x", 60<<10), 400, "invalid_request")
	for _, a := range []*answer{v.get("/logout/backchannel?logout_token=x"), v.do("PUT", "/logout/backchannel", "logout_token=x")} {
		if a.status != 405 || a.header.Get("Allow") != "POST" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("not by POST: got status %d and %v", a.status, a.header)
		}
	}
}

// TestBackChannelLogoutStoreAway: the provider is told to try again, and that works.
func TestBackChannelLogoutStoreAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.signedIn(t, "ada")
	token, _ := w.logoutToken(t, v)
	w.store.away.Store(true)
	a := w.visitor(t).post("/logout/backchannel", "logout_token="+token)
	if a.status != 503 || !strings.Contains(a.body, `"temporarily_unavailable"`) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got status %d, %v and %s", a.status, a.header, a.body)
	}
	w.store.away.Store(false)
	if !v.isSignedIn() {
		t.Error("signed out all the same")
	}
	if a := w.visitor(t).post("/logout/backchannel", "logout_token="+token); a.status != 200 || a.body != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the second try: got status %d and %s", a.status, a.body)
	}
	if v.isSignedIn() {
		t.Error("still signed in")
	}
}

// TestFrontChannelLogout: a frame of the provider's page ends the session that iss and sid name, without a cookie.
func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob, frame := w.signedIn(t, "ada"), w.signedIn(t, "bob"), w.visitor(t)
	path := func(iss, sid string) string {
		return "/logout/frontchannel?" + url.Values{"iss": {iss}, "sid": {sid}}.Encode()
	}
	check := func(name string, a *answer, status int, says string) {
		t.Helper()
		if a.status != status || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Set-Cookie") != "" || !strings.Contains(a.body, says) ||
			a.header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors "+w.provider || a.header.Get("X-Frame-Options") != "" ||
			!strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: got status %d, %v and %s", name, a.status, a.header, a.body)
		}
	}
	_, sid := w.logoutToken(t, ada)
	check("another issuer", frame.get(path("https://evil.example", sid)), 400, "Unknown issuer.")
	check("no issuer", frame.get(path("", sid)), 400, "Unknown issuer.")
	check("an unknown session", frame.get(path(w.provider, "unknown")), 200, "Signed out.")
	w.store.away.Store(true)
	check("the store is away", frame.get(path(w.provider, sid)), 503, "could not be ended")
	w.store.away.Store(false)
	if !ada.isSignedIn() || !bob.isSignedIn() {
		t.Fatal("somebody is signed out")
	}
	check("ada's session", frame.get(path(w.provider, sid), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"), 200, "Signed out.")
	if ada.isSignedIn() || !bob.isSignedIn() {
		t.Errorf("signed in: ada %t, bob %t", ada.isSignedIn(), bob.isSignedIn())
	}
	check("again", frame.get(path(w.provider, sid)), 200, "Signed out.")
}

// TestHealth: /healthz is about the process, /readyz about provider and store.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	check := func(name string, health, ready int) {
		t.Helper()
		for path, want := range map[string]int{"/healthz": health, "/readyz": ready} {
			a := v.get(path)
			if a.status != want || a.header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, "away") {
				t.Errorf("%s, %s: got status %d, %v and %s", name, path, a.status, a.header, a.body)
			}
		}
	}
	w.door("", away)
	check("the provider is away", 200, 503)
	w.door("", nil)
	w.later(2e9)
	check("all is well", 200, 200)
	w.store.away.Store(true)
	check("the store is away", 200, 503)
}
