package devidp_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestLogsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.oauth.Scopes = append(w.oauth.Scopes, "offline_access")
	browser := w.browser()
	code := w.code(browser, "ada", "prompt", "consent")
	token, err := w.oauth.Exchange(w.ctx, code, verifier())
	if err != nil {
		t.Fatal(err)
	}
	w.oauth.Exchange(w.ctx, code, verifier()) // refused
	w.post(w.browser(), w.Issuer()+"/signin", url.Values{"login": {"ada"}, "password": {"my-private-password"}})
	w.get(w.browser(), w.authURL("prompt", "none"))
	w.app.respond = func(int) int { return 400 }
	w.post(browser, w.Issuer()+"/signout", url.Values{})
	log := w.log.String()
	if !strings.Contains(log, "invalid_grant") || !strings.Contains(log, "login_required") || !strings.Contains(log, "logout token not accepted") {
		t.Errorf("the log does not have what happened:\n%s", log)
	}
	id, _ := token.Extra("id_token").(string)
	for name, secret := range map[string]string{
		"code": code, "access token": token.AccessToken, "refresh token": token.RefreshToken, "ID token": id, "secret": secret,
		"verifier": verifierS256, "state": "the-state", "nonce": "the-nonce", "password": "my-private-password", "logout token": w.app.logoutTokens()[0],
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has the %s", name)
		}
	}
}
