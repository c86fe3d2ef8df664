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
			q := url.Values{
				"id_token_hint": {hint}, "client_id": {"app"},
				"post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"bye state"},
			}
			resp, body := e.endSession(browser, method, q)
			if got, want := resp.Request.URL.String(), e.app.URL+"/bye?state=bye+state"; got != want {
				t.Errorf("at %s, want %s: %s", got, want, body)
			}
			if e.signedIn(browser) {
				t.Error("still signed in")
			}
			if resp, _ := e.endSession(browser, method, q); resp.Request.URL.Path != "/bye" {
				t.Errorf("second sign-out: at %s", resp.Request.URL)
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

func TestLogoutWithIDTokenHintWorksWithoutCookie(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	token, id := e.tokens(browser, "ada")
	// A cross-site POST request has no cookie.
	e.endSession(e.browser(), "POST", url.Values{"id_token_hint": {token.Extra("id_token").(string)}})
	if e.signedIn(browser) {
		t.Error("still signed in")
	}
	if raw := e.app.logoutTokens(); len(raw) != 1 || e.logoutToken(raw[0], "app").SessionID != e.sid(id) {
		t.Errorf("%d logout tokens", len(raw))
	}
}

func TestLogoutWithoutHintAsksFirst(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	other := newTestEnv(t, nil)
	foreignToken, _ := other.tokens(other.browser(), "ada")
	bobToken, _ := e.tokens(e.browser(), "bob")
	request := url.Values{"client_id": {"app"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"s"}}
	for name, q := range map[string]url.Values{
		"no parameters":  {},
		"client_id only": request,
		"hint of another provider": {
			"id_token_hint": {foreignToken.Extra("id_token").(string)}, "client_id": {"app"},
			"post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"s"},
		},
		"hint of another user": {"id_token_hint": {bobToken.Extra("id_token").(string)}},
	} {
		t.Run(name, func(t *testing.T) {
			browser := e.browser()
			e.tokens(browser, "ada")
			resp, body := e.endSession(browser, "GET", q)
			if page := resp.Header.Get("Devidp-Page"); page != "signout" || !strings.Contains(body, "Ada Lovelace") {
				t.Fatalf("page %q at %s", page, resp.Request.URL)
			}
			if !e.signedIn(browser) {
				t.Fatal("signed out without confirmation")
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
	if resp, _ := e.endSession(e.browser(), "GET", request); resp.Request.URL.Path != "/bye" {
		t.Errorf("not signed in: at %s", resp.Request.URL)
	}
}

func TestLogoutRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token, _ := e.tokens(e.browser(), "ada")
	hint := token.Extra("id_token").(string)
	for name, q := range map[string]url.Values{
		"redirect URI not registered":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"redirect URI with trailing slash": {"id_token_hint": {hint}, "post_logout_redirect_uri": {e.app.URL + "/bye/"}},
		"redirect URI of sign-in":          {"id_token_hint": {hint}, "post_logout_redirect_uri": {e.app.URL + "/callback"}},
		"client_id differs from the hint":  {"id_token_hint": {hint}, "client_id": {"spa"}},
		"unknown client":                   {"client_id": {"stranger"}, "post_logout_redirect_uri": {e.app.URL + "/bye"}},
		"redirect URI and no hint":         {"client_id": {"app"}, "post_logout_redirect_uri": {"https://evil.example/"}},
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
		t.Errorf("redirect URI without a client: at %s", resp.Request.URL)
	}
}
