package devidp_test

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// visibleText returns the text of a page's body with single spaces.
func visibleText(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// TestPageWords holds the sentences of the pages. Other tests use ids, headers and status codes, so that a change of
// wording changes this file only.
func TestPageWords(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	token, _ := e.tokens(e.browser(), "bob")
	hint, _ := token.Extra("id_token").(string)
	signedIn := e.browser()
	e.tokens(signedIn, "ada")
	register := func(name, email, password string) string {
		form := url.Values{"name": {name}, "email": {email}, "password": {password}}
		_, body := e.post(e.browser(), e.Issuer()+"/register", form)
		return body
	}
	get := func(address string) string {
		_, body := e.get(e.browser(), address)
		return body
	}
	getSignedIn := func(address string) string {
		_, body := e.get(signedIn, address)
		return body
	}
	wrongPassword := func(login string) string {
		_, body := e.post(e.browser(), e.Issuer()+"/signin", url.Values{"login": {login}, "password": {"wrong"}})
		return body
	}
	for _, tt := range []struct {
		name, page string
		want       []string
	}{
		{"account, signed out", get(e.Issuer() + "/"), []string{
			"DEVELOPMENT PROVIDER", "You are not signed in",
			"Not for production: anyone who opens this page can sign in as anyone.",
		}},
		{"account", getSignedIn(e.Issuer() + "/"), []string{
			"Signed in as Ada Lovelace", "You stay signed in at this provider, in this browser, until",
			"Apps don’t ask again until then.",
			"Sign out in this browser, or in all of them. Connected apps are signed out too.",
		}},
		{"sign in", get(e.authURL("id_token_hint", hint)), []string{
			"Sign in", "to continue to The app", "Sign in as Bob Wilson to go on.", "Choose an account",
			"Use a password", "Password for all of them: demo", "Create an account",
		}},
		{"sign in, signed in", getSignedIn(e.authURL("prompt", "select_account")), []string{
			"Continue as Ada Lovelace signed in",
		}},
		{"wrong password", wrongPassword("stranger"), []string{"That email or password is wrong. Email"}},
		{"wrong password of a demo user", wrongPassword("ada"), []string{
			"That email or password is wrong. The password is demo.",
		}},
		{"register", register("", "a", "short"), []string{
			"Create an account", "Check the fields below.", "Enter your name.",
			"Enter an email address like ada@example.com.", "Use 8 characters or more.",
		}},
		{"register, too long", register(strings.Repeat("x", 201), "ada@example.com", strings.Repeat("x", 1001)), []string{
			"Use 200 characters or fewer.", "Use 1,000 characters or fewer.",
		}},
		{"register, control character", register("Ada\x00", "ada@example.com", "long enough"), []string{
			"Use text only, no control characters.",
		}},
		{"register, existing email", register("Ada", "ada@example.com", "long enough"), []string{
			"This email has an account. Sign in instead?",
		}},
		{"consent", getSignedIn(e.authURL("prompt", "consent")), []string{
			"Allow The app?", "You are signed in as Ada Lovelace. It will be able to:", "See who you are",
			"See your name and username", "See your email address", "Keep access when you are not here",
		}},
		{"unknown client", get(e.Issuer() + "/authorize?client_id=stranger"), []string{
			"Unknown client", "The app's CLIENT_ID is not registered here.", "Provider home",
		}},
		{"unknown client, sign-out", get(e.Issuer() + "/end_session?client_id=stranger"), []string{"Unknown client"}},
		{"invalid request", get(e.Issuer() + "/authorize?client_id=app&redirect_uri=http://evil.example/"), []string{
			"Invalid request", "The app sent an invalid request: redirect_uri is not registered for this client.",
		}},
		{"not found", get(e.Issuer() + "/nowhere"), []string{"Page not found", "Provider home"}},
		{"ended", get(e.Issuer() + "/signin?request=unknown"), []string{
			"This sign-in has ended", "Go back to the app and start again.",
		}},
		{"sign out?", getSignedIn(e.Issuer() + "/end_session?client_id=app"), []string{
			"Do you want to sign out? The app sent you here. You are still signed in as Ada Lovelace.",
		}},
	} {
		text := visibleText(t, tt.page)
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in %q", tt.name, want, text)
			}
		}
	}
	resp, _ := e.get(signedIn, e.Issuer()+"/end_session?client_id=app")
	_, body := e.post(signedIn, resp.Request.URL.String(), nil)
	for _, want := range []string{"You are signed out", "Connected apps", "The app: signed out", "Back to The app"} {
		if text := visibleText(t, body); !strings.Contains(text, want) {
			t.Errorf("signed out: %q is missing in %q", want, text)
		}
	}
}

func TestDemoPasswordIsShownOnlyIfItIsRight(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, func(cfg *devidp.Config) {
		cfg.Users = append(devidp.DemoUsers(), devidp.User{Username: "eve", Password: "another"})
	})
	if _, body := e.get(e.browser(), e.Issuer()+"/signin"); strings.Contains(body, "Password for all") {
		t.Error("the page shows one password although a user has another one")
	}
	_, body := e.post(e.browser(), e.Issuer()+"/signin", url.Values{"login": {"eve"}, "password": {"demo"}})
	if strings.Contains(body, "The password is") {
		t.Error("the page shows a password that is not the user's")
	}
}
