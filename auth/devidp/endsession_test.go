package devidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRPInitiatedLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			browser := w.browser()
			token, _ := w.tokens(browser, "ada")
			hint := token.Extra("id_token").(string)
			q := url.Values{"id_token_hint": {hint}, "client_id": {"app"}, "post_logout_redirect_uri": {w.app.URL + "/bye"}, "state": {"bye state"}}
			resp, body := w.leave(browser, method, q)
			if got, want := resp.Request.URL.String(), w.app.URL+"/bye?state=bye+state"; got != want {
				t.Errorf("at %s, want %s: %s", got, want, body)
			}
			if w.signedIn(browser) {
				t.Error("still signed in")
			}
			if resp, _ := w.leave(browser, method, q); resp.Request.URL.Path != "/bye" {
				t.Errorf("a second time: %s", resp.Request.URL)
			}
		})
	}
}

func (w *world) leave(browser *http.Client, method string, q url.Values) (*http.Response, string) {
	if method == "POST" {
		return w.post(browser, w.Issuer()+"/end_session", q)
	}
	return w.get(browser, w.Issuer()+"/end_session?"+q.Encode())
}

func TestLogoutWithAHintNeedsNoCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	browser := w.browser()
	token, id := w.tokens(browser, "ada")
	w.leave(w.browser(), "POST", url.Values{"id_token_hint": {token.Extra("id_token").(string)}}) // a POST from another site brings no cookie
	if w.signedIn(browser) {
		t.Error("still signed in")
	}
	if raw := w.app.logoutTokens(); len(raw) != 1 || w.logoutToken(raw[0], "app").SessionID != w.sid(id) {
		t.Errorf("%d logout tokens", len(raw))
	}
}

func TestLogoutAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	other := newWorld(t, nil)
	foreignToken, _ := other.tokens(other.browser(), "ada")
	bobToken, _ := w.tokens(w.browser(), "bob")
	good := url.Values{"client_id": {"app"}, "post_logout_redirect_uri": {w.app.URL + "/bye"}, "state": {"s"}}
	for name, q := range map[string]url.Values{
		"nothing":                 {},
		"client_id alone":         good,
		"another provider's hint": {"id_token_hint": {foreignToken.Extra("id_token").(string)}, "client_id": {"app"}, "post_logout_redirect_uri": {w.app.URL + "/bye"}, "state": {"s"}},
		"another person's hint":   {"id_token_hint": {bobToken.Extra("id_token").(string)}},
	} {
		t.Run(name, func(t *testing.T) {
			browser := w.browser()
			w.tokens(browser, "ada")
			resp, body := w.leave(browser, "GET", q)
			if page := resp.Header.Get("Devidp-Page"); page != "signout" || !strings.Contains(body, "Ada Lovelace") {
				t.Fatalf("page %q at %s", page, resp.Request.URL)
			}
			if !w.signedIn(browser) {
				t.Fatal("signed out without being asked")
			}
			resp, _ = w.post(browser, resp.Request.URL.String(), nil)
			if w.signedIn(browser) {
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
	if resp, _ := w.leave(w.browser(), "GET", good); resp.Request.URL.Path != "/bye" {
		t.Errorf("nobody signed in: %s", resp.Request.URL)
	}
}

func TestLogoutRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token, _ := w.tokens(w.browser(), "ada")
	hint := token.Extra("id_token").(string)
	for name, q := range map[string]url.Values{
		"redirect URI not registered":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"redirect URI with a slash more":   {"id_token_hint": {hint}, "post_logout_redirect_uri": {w.app.URL + "/bye/"}},
		"redirect URI of the sign-in":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {w.app.URL + "/callback"}},
		"client_id is not the hint's":      {"id_token_hint": {hint}, "client_id": {"spa"}},
		"unknown client":                   {"client_id": {"stranger"}, "post_logout_redirect_uri": {w.app.URL + "/bye"}},
		"unregistered, and no hint at all": {"client_id": {"app"}, "post_logout_redirect_uri": {"https://evil.example/"}},
	} {
		browser := w.browser()
		w.tokens(browser, "ada")
		resp, body := w.leave(browser, "GET", q)
		if resp.StatusCode != 400 || resp.Header.Get("Devidp-Page") != "error" {
			t.Errorf("%s: %d at %s: %s", name, resp.StatusCode, resp.Request.URL, body)
		}
		if !w.signedIn(browser) {
			t.Errorf("%s: signed out", name)
		}
	}
	resp, _ := w.leave(w.browser(), "GET", url.Values{"post_logout_redirect_uri": {"https://evil.example/"}})
	if resp.Request.URL.Path != "/signed-out" {
		t.Errorf("a redirect URI of nobody: %s", resp.Request.URL)
	}
}
