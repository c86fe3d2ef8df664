package devidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRPInitiatedLogout(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			browser := e.browser()
			token, _ := e.tokens(browser, "ada")
			hint := token.Extra("id_token").(string)
			q := url.Values{"id_token_hint": {hint}, "client_id": {"app"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"bye state"}}
			resp, body := e.endSession(browser, method, q)
			if got, want := resp.Request.URL.String(), e.app.URL+"/bye?state=bye+state"; got != want {
				t.Errorf("at %s, want %s: %s", got, want, body)
			}
			if e.signedIn(browser) {
				t.Error("still signed in")
			}
			if resp, _ := e.endSession(browser, method, q); resp.Request.URL.Path != "/bye" {
				t.Errorf("a second time: %s", resp.Request.URL)
			}
		})
	}
}

func (e *testEnv) endSession(browser *http.Client, method string, q url.Values) (*http.Response, string) {
	if method == "POST" {
		return e.post(browser, e.Issuer()+"/end_session", q)
	}
	return e.get(browser, e.Issuer()+"/end_session?"+q.Encode())
}

func TestLogoutWithAHintNeedsNoCookie(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	token, id := e.tokens(browser, "ada")
	e.endSession(e.browser(), "POST", url.Values{"id_token_hint": {token.Extra("id_token").(string)}}) // a POST from another site brings no cookie
	if e.signedIn(browser) {
		t.Error("still signed in")
	}
	if raw := e.app.logoutTokens(); len(raw) != 1 || e.logoutToken(raw[0], "app").SessionID != e.sid(id) {
		t.Errorf("%d logout tokens", len(raw))
	}
}

func TestLogoutAsks(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	other := newTestEnv(t, nil)
	foreignToken, _ := other.tokens(other.browser(), "ada")
	bobToken, _ := e.tokens(e.browser(), "bob")
	good := url.Values{"client_id": {"app"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"s"}}
	for name, q := range map[string]url.Values{
		"nothing":                 {},
		"client_id alone":         good,
		"another provider's hint": {"id_token_hint": {foreignToken.Extra("id_token").(string)}, "client_id": {"app"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"s"}},
		"another person's hint":   {"id_token_hint": {bobToken.Extra("id_token").(string)}},
	} {
		t.Run(name, func(t *testing.T) {
			browser := e.browser()
			e.tokens(browser, "ada")
			resp, body := e.endSession(browser, "GET", q)
			if page := resp.Header.Get("Devidp-Page"); page != "signout" || !strings.Contains(body, "Ada Lovelace") {
				t.Fatalf("page %q at %s", page, resp.Request.URL)
			}
			if !e.signedIn(browser) {
				t.Fatal("signed out without being asked")
			}
			resp, _ = e.post(browser, resp.Request.URL.String(), nil)
			if e.signedIn(browser) {
				t.Error("still signed in")
			}
			want := "/signed-out"
			if q.Has("state") {
				want = "/bye"
			}
			if resp.Request.URL.Path != want {
				t.Errorf("at %s, want %s", resp.Request.URL, want)
			}
		})
	}
	if resp, _ := e.endSession(e.browser(), "GET", good); resp.Request.URL.Path != "/bye" {
		t.Errorf("nobody signed in: %s", resp.Request.URL)
	}
}

func TestLogoutRefuses(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token, _ := e.tokens(e.browser(), "ada")
	hint := token.Extra("id_token").(string)
	for name, q := range map[string]url.Values{
		"redirect URI not registered":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"redirect URI with a slash more":   {"id_token_hint": {hint}, "post_logout_redirect_uri": {e.app.URL + "/bye/"}},
		"redirect URI of the sign-in":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {e.app.URL + "/callback"}},
		"client_id is not the hint's":      {"id_token_hint": {hint}, "client_id": {"spa"}},
		"unknown client":                   {"client_id": {"stranger"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}},
		"unregistered, and no hint at all": {"client_id": {"app"}, "post_logout_redirect_uri": {"https://evil.example/"}},
	} {
		browser := e.browser()
		e.tokens(browser, "ada")
		resp, body := e.endSession(browser, "GET", q)
		if resp.StatusCode != 400 || resp.Header.Get("Devidp-Page") != "error" {
			t.Errorf("%s: %d at %s: %s", name, resp.StatusCode, resp.Request.URL, body)
		}
		if !e.signedIn(browser) {
			t.Errorf("%s: signed out", name)
		}
	}
	resp, _ := e.endSession(e.browser(), "GET", url.Values{"post_logout_redirect_uri": {"https://evil.example/"}})
	if resp.Request.URL.Path != "/signed-out" {
		t.Errorf("a redirect URI of nobody: %s", resp.Request.URL)
	}
}
