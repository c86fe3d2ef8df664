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

// pageAfter opens an authorization request and returns the name of the provider's page to which it leads. If it leads
// back to the client, pageAfter returns "code" or the error.
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
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	browser := e.browser()
	if got := e.pageAfter(browser); got != "signin" {
		t.Errorf("not signed in: got %s", got)
	}
	if got := e.pageAfter(browser, "prompt", "create"); got != "register" {
		t.Errorf("not signed in, prompt=create: got %s", got)
	}
	token, ada := e.tokens(browser, "ada")
	hint, _ := token.Extra("id_token").(string)
	_, bob := e.tokens(e.browser(), "bob")
	if got := e.pageAfter(browser, "max_age", "0"); got != "signin" {
		t.Errorf("max_age=0 in the same second: got %s", got)
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
			t.Errorf("%s: got %s, want %s", tt.params, got, tt.want)
		}
	}

	// The same user continues the session with a new auth_time.
	_, again := e.tokens(browser, "ada", "prompt", "login")
	if e.sid(again) != e.sid(ada) {
		t.Error("prompt=login: got a new sid for the same user in the same browser")
	}
	if a, b := authTime(t, ada), authTime(t, again); b-a != 600 {
		t.Errorf("prompt=login: auth_time moved by %d s, want 600", b-a)
	}
	if e.sid(ada) == e.sid(bob) {
		t.Error("two browsers have the same sid")
	}
	clock.advance(12 * time.Hour)
	if got := e.pageAfter(browser, "prompt", "none"); got != "login_required" {
		t.Errorf("after twelve hours: got %s", got)
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

func TestIDTokenHintAllowsOnlyItsUser(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token, _ := e.tokens(e.browser(), "ada")
	hint, _ := token.Extra("id_token").(string)
	browser := e.browser()
	if got := e.callback(browser, "bob", "id_token_hint", hint); got.Get("error") != "login_required" {
		t.Errorf("hint of ada, bob signs in: got %v", got)
	}
	if got := e.pageAfter(browser, "id_token_hint", hint, "prompt", "none"); got != "login_required" {
		t.Errorf("hint of ada, bob is signed in: got %s", got)
	}
	if got := e.callback(browser, "ada", "id_token_hint", hint); !got.Has("code") {
		t.Errorf("hint of ada, ada signs in: got %v", got)
	}
}

func TestSelectAccountOffersTheSession(t *testing.T) {
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
		t.Errorf("the user continued the session: at %s", resp.Request.URL)
	}
	resp, body = e.get(browser, e.authURL("prompt", "login"))
	if strings.Contains(body, `name="continue"`) {
		t.Error("prompt=login: the session is offered")
	}
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{"continue": {"1"}})
	if resp.Header.Get("Devidp-Page") != "signin" {
		t.Errorf("prompt=login: the session was continued: at %s", resp.Request.URL)
	}
}

func TestLoginHintComesFirst(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	_, body := e.get(e.browser(), e.authURL("login_hint", "Hanako@example.com"))
	if strings.Index(body, `value="hanako"`) > strings.Index(body, `value="ada"`) {
		t.Error("the account of the login_hint is not the first")
	}
	if !strings.Contains(body, `name="login" value="Hanako@example.com"`) {
		t.Error("the login field does not contain the login_hint")
	}
}

// TestSignInAs checks that a hint signs a configured user in without a page, also when another user is signed in, and
// that a prompt or a hint of somebody else leads to the page as usual.
func TestSignInAs(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	if got := e.pageAfter(browser, "login_hint", "sign-in-as:bob", "prompt", "login"); got != "signin" {
		t.Errorf("with a prompt: got %s", got)
	}
	if got := e.pageAfter(browser, "login_hint", "sign-in-as:nobody"); got != "signin" {
		t.Errorf("an unknown user: got %s", got)
	}
	if got := e.pageAfter(browser, "login_hint", "bob"); got != "signin" {
		t.Errorf("a hint as other providers know it: got %s", got)
	}
	for _, name := range []string{"bob", "ada"} {
		resp, _ := e.get(browser, e.authURL("login_hint", devidp.SignInAs+name))
		token, err := e.oauth.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier())
		if err != nil {
			t.Fatal(err)
		}
		if idToken := e.verify(token); idToken.Subject != "dev-"+name {
			t.Errorf("%s: signed in as %s", name, idToken.Subject)
		}
	}
}
