package devidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	resp, _ := e.get(browser, e.authURL("prompt", "create"))
	resp, body := e.post(browser, resp.Request.URL.String(), url.Values{
		"name": {"  Grace   Hopper "}, "email": {" Grace@example.com"}, "password": {"nanoseconds"},
	})
	token, err := e.oauth.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier())
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	info := e.userinfo(token.AccessToken, 200)
	for name, want := range map[string]string{"name": "Grace Hopper", "email": "Grace@example.com", "username": "grace"} {
		if got := jsonField(info, name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(info, `"email_verified":false`) {
		t.Errorf("email_verified is not false: %s", info)
	}
	for name, form := range map[string]url.Values{
		"by email":    {"login": {"grace@EXAMPLE.com"}, "password": {"nanoseconds"}},
		"by username": {"login": {"Grace"}, "password": {"nanoseconds"}},
		"demo user":   {"login": {"ada@example.com"}, "password": {devidp.DemoPassword}},
	} {
		if browser := e.browser(); !e.signInWith(browser, form) {
			t.Errorf("%s: not signed in", name)
		}
	}
	for name, form := range map[string]url.Values{
		"wrong password":               {"login": {"grace@example.com"}, "password": {"microseconds"}},
		"no password":                  {"login": {"grace@example.com"}},
		"demo password":                {"login": {"grace@example.com"}, "password": {devidp.DemoPassword}},
		"one click":                    {"person": {"grace"}},
		"one click without a username": {"person": {""}},
		"empty":                        {"login": {""}, "password": {""}},
		"unknown":                      {"login": {"stranger@example.com"}, "password": {"nanoseconds"}},
		"demo user, wrong password":    {"login": {"ada"}, "password": {"nanoseconds"}},
		"continue without a session":   {"continue": {"1"}},
	} {
		if browser := e.browser(); e.signInWith(browser, form) {
			t.Errorf("%s: signed in", name)
		}
	}
}

// signInWith posts the sign-in form and reports whether the browser is signed in.
func (e *testEnv) signInWith(browser *http.Client, form url.Values) bool {
	e.Helper()
	e.post(browser, e.Issuer()+"/signin", form)
	return e.signedIn(browser)
}

func TestRegisterRejectsInvalidInput(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, tt := range []struct{ name, email, password, field string }{
		{"", "a@example.com", "long enough", "name"},
		{" \t ", "a@example.com", "long enough", "name"},
		{strings.Repeat("é", 201), "a@example.com", "long enough", "name"},
		{"a\x00b", "a@example.com", "long enough", "name"},
		{"a\xffb", "a@example.com", "long enough", "name"},
		{"A", "", "long enough", "email"},
		{"A", "a", "long enough", "email"},
		{"A", "A <a@example.com>", "long enough", "email"},
		{"A", strings.Repeat("a", 250) + "@example.com", "long enough", "email"},
		{"A", "a@example.com", "short", "password"},
		{"A", "a@example.com", strings.Repeat("x", 1001), "password"},
		{"A", "ADA@example.com", "long enough", "email"},
	} {
		browser := e.browser()
		resp, body := e.post(browser, e.Issuer()+"/register", url.Values{
			"name": {tt.name}, "email": {tt.email}, "password": {tt.password},
		})
		if resp.StatusCode != 422 || strings.Count(body, `class="idp-error"`) != 1 ||
			!strings.Contains(body, `id="`+tt.field+`-error"`) || e.signedIn(browser) {
			t.Errorf("%q %q: status %d, want 422 with an error at %q: %s", tt.name, tt.email, resp.StatusCode, tt.field, body)
		}
		if strings.Contains(body, tt.password) {
			t.Error("the page contains the password")
		}
	}
}

func TestConcurrentRegistrationsWithOneEmail(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	count := map[int]int{}
	for _, status := range concurrently(4, func() int {
		resp, err := withoutRedirects(e.browser()).PostForm(e.Issuer()+"/register", url.Values{
			"name": {"Same"}, "email": {"same@example.com"}, "password": {"long enough"},
		})
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}) {
		count[status]++
	}
	if count[303] != 1 || count[422] != 3 {
		t.Errorf("statuses %v", count)
	}
}

func TestUsernamesAreUnique(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for i, want := range []string{"ada2", "ada3"} {
		browser := e.browser()
		email := "ada@" + []string{"one", "two"}[i] + ".example"
		e.post(browser, e.Issuer()+"/register", url.Values{"name": {"Ada"}, "email": {email}, "password": {"long enough"}})
		resp, _ := e.get(browser, e.authURL())
		token, err := e.oauth.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier())
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonField(e.userinfo(token.AccessToken, 200), "username"); got != want {
			t.Errorf("%s: username %q, want %q", email, got, want)
		}
	}
}
