package devidp_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestLogsContainNoSecrets(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	browser := e.browser()
	code := e.code(browser, "ada", "prompt", "consent")
	token, err := e.oauth.Exchange(e.ctx, code, verifier())
	if err != nil {
		t.Fatal(err)
	}
	e.oauth.Exchange(e.ctx, code, verifier()) // rejected
	e.post(e.browser(), e.Issuer()+"/signin", url.Values{"login": {"ada"}, "password": {"my-private-password"}})
	e.get(e.browser(), e.authURL("prompt", "none"))
	e.app.respond = func(int) int { return 400 }
	e.post(browser, e.Issuer()+"/signout", url.Values{})
	logged := e.logs.String()
	for _, want := range []string{"invalid_grant", "login_required", "logout token not accepted"} {
		if !strings.Contains(logged, want) {
			t.Errorf("%q is missing in the log:\n%s", want, logged)
		}
	}
	id, _ := token.Extra("id_token").(string)
	for name, secret := range map[string]string{
		"code": code, "access token": token.AccessToken, "refresh token": token.RefreshToken, "ID token": id,
		"secret": secret, "verifier": codeVerifier, "state": "the-state", "nonce": "the-nonce",
		"password": "my-private-password", "logout token": e.app.logoutTokens()[0],
	} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log contains the %s", name)
		}
	}
}
