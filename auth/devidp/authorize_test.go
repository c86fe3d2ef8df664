package devidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func oidcConfig(clientID string) *oidc.Config { return &oidc.Config{ClientID: clientID} }

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	valid := url.Values{
		"client_id": {"app"}, "redirect_uri": {e.app.URL + "/callback"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"the-state"},
		"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
	}
	for _, tt := range []struct {
		name    string
		change  url.Values // "" removes
		want    string     // error sent to the client; empty: an error page
		success bool
	}{
		{name: "valid", success: true},
		{name: "unknown client", change: url.Values{"client_id": {"stranger"}}},
		{name: "no client", change: url.Values{"client_id": {""}}},
		{name: "no redirect_uri", change: url.Values{"redirect_uri": {""}}},
		{name: "redirect_uri of another client", change: url.Values{"redirect_uri": {e.app.URL + "/spa?keep=1"}}},
		{name: "redirect_uri with a slash more", change: url.Values{"redirect_uri": {e.app.URL + "/callback/"}}},
		{name: "redirect_uri with a query more", change: url.Values{"redirect_uri": {e.app.URL + "/callback?x=1"}}},
		{name: "redirect_uri elsewhere", change: url.Values{"redirect_uri": {"https://evil.example/callback"}}},
		{name: "redirect_uri elsewhere, and another fault", change: url.Values{"redirect_uri": {"https://evil.example/callback"}, "response_type": {""}}},
		{name: "redirect_uri elsewhere, and prompt=none", change: url.Values{"redirect_uri": {"https://evil.example/callback"}, "prompt": {"none"}}},
		{name: "a parameter twice", change: url.Values{"state": {"a", "b"}}},
		{name: "max_age that is no number", change: url.Values{"max_age": {"soon"}}},
		{name: "unknown request_uri", change: url.Values{"request_uri": {"urn:ietf:params:oauth:request_uri:x"}}},
		{name: "no response_type", change: url.Values{"response_type": {""}}, want: "invalid_request"},
		{name: "implicit flow", change: url.Values{"response_type": {"id_token"}}, want: "unsupported_response_type"},
		{name: "hybrid flow", change: url.Values{"response_type": {"code id_token"}}, want: "unsupported_response_type"},
		{name: "fragment", change: url.Values{"response_mode": {"fragment"}}, want: "invalid_request"},
		{name: "form_post", change: url.Values{"response_mode": {"form_post"}}, want: "invalid_request"},
		{name: "no openid", change: url.Values{"scope": {"profile"}}, want: "invalid_scope"},
		{name: "no scope", change: url.Values{"scope": {""}}, want: "invalid_scope"},
		{name: "request object", change: url.Values{"request": {"e30.e30."}}, want: "request_not_supported"},
		{name: "plain PKCE", change: url.Values{"code_challenge_method": {"plain"}}, want: "invalid_request"},
		{name: "PKCE without a method", change: url.Values{"code_challenge_method": {""}}, want: "invalid_request"},
		{name: "a challenge that is no hash", change: url.Values{"code_challenge": {"short"}}, want: "invalid_request"},
		{name: "confidential client without PKCE", change: url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, success: true},
		{name: "public client without PKCE", change: url.Values{"client_id": {"spa"}, "redirect_uri": {e.app.URL + "/spa?keep=1"}, "code_challenge": {""}}, want: "invalid_request"},
		{name: "unknown prompt", change: url.Values{"prompt": {"shout"}}, want: "invalid_request"},
		{name: "none and more", change: url.Values{"prompt": {"none login"}}, want: "invalid_request"},
		{name: "none without a session", change: url.Values{"prompt": {"none"}}, want: "login_required"},
		{name: "a hint that is no ID token", change: url.Values{"id_token_hint": {"nonsense"}}, want: "login_required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := url.Values{}
			for name, values := range valid {
				q[name] = values
			}
			for name, values := range tt.change {
				if q[name] = values; values[0] == "" {
					q.Del(name)
				}
			}
			resp, body := e.get(withoutRedirects(e.browser()), e.Issuer()+"/authorize?"+q.Encode())
			location, err := resp.Location()
			switch {
			case tt.success:
				if err != nil || location.Path != "/signin" {
					t.Errorf("status %d, location %v", resp.StatusCode, location)
				}
			case tt.want == "":
				if resp.StatusCode != 400 || err == nil || resp.Header.Get("Devidp-Page") != "error" {
					t.Errorf("status %d, location %v, page %s", resp.StatusCode, location, body)
				}
			default:
				if err != nil || !strings.HasPrefix(location.String(), q.Get("redirect_uri")) {
					t.Fatalf("status %d, location %v", resp.StatusCode, location)
				}
				got := location.Query()
				if got.Get("error") != tt.want || got.Get("state") != "the-state" || got.Get("iss") != e.Issuer() || got.Has("code") {
					t.Errorf("got %v, want error %s with state and iss", got, tt.want)
				}
			}
		})
	}
}

// page tells where an authorization request leads a browser that is left to itself: a page of the provider, or "code", or an error.
func (e *testEnv) pageAfter(browser *http.Client, params ...string) string {
	e.Helper()
	resp, body := e.get(browser, e.authURL(params...))
	if page := resp.Header.Get("Devidp-Page"); page != "" {
		return page
	}
	q := resp.Request.URL.Query()
	if q.Has("code") {
		return "code"
	}
	if q.Has("error") {
		return q.Get("error")
	}
	e.Fatalf("%s: %s", resp.Request.URL, body)
	return ""
}

func TestSingleSignOnAndPrompts(t *testing.T) {
	t.Parallel()
	clock := newTestClock()
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	browser := e.browser()
	if got := e.pageAfter(browser); got != "signin" {
		t.Errorf("nobody signed in: %s", got)
	}
	if got := e.pageAfter(browser, "prompt", "create"); got != "register" {
		t.Errorf("nobody signed in, prompt=create: %s", got)
	}
	token, ada := e.tokens(browser, "ada")
	hint, _ := token.Extra("id_token").(string)
	_, bob := e.tokens(e.browser(), "bob")
	if got := e.pageAfter(browser, "max_age", "0"); got != "signin" {
		t.Errorf("max_age=0 in the same second: %s", got)
	}
	clock.advance(10 * time.Minute)
	for _, tt := range []struct{ params, want string }{
		{"", "code"},
		{"prompt=none", "code"},
		{"prompt=login", "signin"},
		{"prompt=login consent", "signin"},
		{"prompt=select_account", "signin"},
		{"prompt=create", "register"},
		{"prompt=consent", "consent"},
		{"max_age=600", "code"},
		{"max_age=599", "signin"},
		{"max_age=0", "signin"},
		{"max_age=599&prompt=none", "login_required"},
		{"id_token_hint=" + hint, "code"},
		{"id_token_hint=" + hint + "&prompt=none", "code"},
	} {
		q, err := url.ParseQuery(tt.params)
		if err != nil {
			t.Fatal(err)
		}
		var params []string
		for name := range q {
			params = append(params, name, q.Get(name))
		}
		if got := e.pageAfter(browser, params...); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.params, got, tt.want)
		}
	}

	// Signing in again is the same session with a new auth_time.
	_, again := e.tokens(browser, "ada", "prompt", "login")
	if e.sid(again) != e.sid(ada) {
		t.Error("prompt=login: another sid for the same person in the same browser")
	}
	if a, b := authTime(t, ada), authTime(t, again); b-a != 600 {
		t.Errorf("prompt=login: auth_time moved by %d s, want 600", b-a)
	}
	if e.sid(ada) == e.sid(bob) {
		t.Error("two browsers share a sid")
	}
	clock.advance(12 * time.Hour)
	if got := e.pageAfter(browser, "prompt", "none"); got != "login_required" {
		t.Errorf("after twelve hours: %s", got)
	}
}

func authTime(t *testing.T, id *oidc.IDToken) int64 {
	t.Helper()
	var claims struct {
		AuthTime int64 `json:"auth_time"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims.AuthTime
}

func TestHintedPersonOnly(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token, _ := e.tokens(e.browser(), "ada")
	hint, _ := token.Extra("id_token").(string)
	browser := e.browser()
	if got := e.callback(browser, "bob", "id_token_hint", hint); got.Get("error") != "login_required" {
		t.Errorf("ada expected, bob signed in: %v", got)
	}
	if got := e.pageAfter(browser, "id_token_hint", hint, "prompt", "none"); got != "login_required" {
		t.Errorf("ada expected, bob there: %s", got)
	}
	if got := e.callback(browser, "ada", "id_token_hint", hint); !got.Has("code") {
		t.Errorf("ada expected, ada signed in: %v", got)
	}
}

func TestSelectAccount(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	e.tokens(browser, "ada")
	resp, body := e.get(browser, e.authURL("prompt", "select_account"))
	if !strings.Contains(body, `name="continue"`) {
		t.Fatal("the session is not offered")
	}
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{"continue": {"1"}})
	if !resp.Request.URL.Query().Has("code") {
		t.Errorf("chosen: %s", resp.Request.URL)
	}
	resp, body = e.get(browser, e.authURL("prompt", "login"))
	if strings.Contains(body, `name="continue"`) {
		t.Error("prompt=login: the session is offered")
	}
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{"continue": {"1"}})
	if resp.Header.Get("Devidp-Page") != "signin" {
		t.Errorf("prompt=login: went on with the session: %s", resp.Request.URL)
	}
}

func TestLoginHint(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	_, body := e.get(e.browser(), e.authURL("login_hint", "Hanako@example.com"))
	if strings.Index(body, `value="hanako"`) > strings.Index(body, `value="ada"`) {
		t.Error("the expected person is not the first")
	}
	if !strings.Contains(body, `name="login" value="Hanako@example.com"`) {
		t.Error("the form is not filled in")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, prompt := range []string{"login", "create"} {
		browser := e.browser()
		resp, _ := e.get(browser, e.authURL("prompt", prompt))
		resp, _ = e.post(browser, e.Issuer()+"/cancel?"+resp.Request.URL.RawQuery, nil)
		if q := resp.Request.URL.Query(); q.Get("error") != "access_denied" || q.Get("state") != "the-state" || q.Get("iss") != e.Issuer() {
			t.Errorf("%s: %s", prompt, resp.Request.URL)
		}
	}
}

func TestARequestIsAnsweredInTheBrowserThatSignsIn(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	attacker, victim := e.browser(), e.browser()
	resp, _ := e.get(attacker, e.authURL())
	page := resp.Request.URL.String()
	resp, _ = e.post(victim, page, url.Values{"person": {"ada"}}) // the victim was sent the attacker's page
	if !resp.Request.URL.Query().Has("code") {
		t.Fatal(resp.Request.URL)
	}
	for _, path := range []string{"/consent", "/signin"} {
		form := url.Values{"continue": {"1"}, "answer": {"allow"}}
		resp, _ = e.post(attacker, e.Issuer()+path+"?"+strings.SplitN(page, "?", 2)[1], form)
		if resp.Request.URL.Query().Has("code") {
			t.Errorf("%s gave the attacker a code for the victim's sign-in", path)
		}
	}
}

func TestWhatOneBrowserProvedIsNotProvedInAnother(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	here, there := e.browser(), e.browser()
	e.tokens(there, "bob")
	resp, _ := e.get(here, e.authURL("prompt", "login"))
	page := resp.Request.URL
	e.post(here, page.String(), url.Values{"person": {"ada"}})
	resp, _ = e.post(there, e.Issuer()+"/consent?"+page.RawQuery, url.Values{"answer": {"allow"}})
	if resp.Header.Get("Devidp-Page") != "signin" {
		t.Errorf("prompt=login was met by somebody else: at %s", resp.Request.URL)
	}
}

func TestDoubleClickSignsInOnce(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	resp, _ := e.get(browser, e.authURL())
	page := resp.Request.URL.String()
	for range 2 {
		resp, _ = e.post(browser, page, url.Values{"person": {"ada"}})
		if !resp.Request.URL.Query().Has("code") {
			t.Errorf("%s", resp.Request.URL)
		}
	}
}
