package devidp_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestLogsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	browser := e.browser()
	code := e.code(browser, "ada", "prompt", "consent")
	token, err := e.oauth.Exchange(e.ctx, code, verifier())
	if err != nil {
		t.Fatal(err)
	}
	e.oauth.Exchange(e.ctx, code, verifier()) // refused
	e.post(e.browser(), e.Issuer()+"/signin", url.Values{"login": {"ada"}, "password": {"my-private-password"}})
	e.get(e.browser(), e.authURL("prompt", "none"))
	e.app.respond = func(int) int { return 400 }
	e.post(browser, e.Issuer()+"/signout", url.Values{})
	log := e.logs.String()
	if !strings.Contains(log, "invalid_grant") || !strings.Contains(log, "login_required") || !strings.Contains(log, "logout token not accepted") {
		t.Errorf("the log does not have what happened:\n%s", log)
	}
	id, _ := token.Extra("id_token").(string)
	for name, secret := range map[string]string{
		"code": code, "access token": token.AccessToken, "refresh token": token.RefreshToken, "ID token": id, "secret": secret,
		"verifier": codeVerifier, "state": "the-state", "nonce": "the-nonce", "password": "my-private-password", "logout token": e.app.logoutTokens()[0],
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has the %s", name)
		}
	}
}
