package devidp_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// offlineTokens signs ada in with offline_access and returns the tokens.
func (e *testEnv) offlineTokens() *oauth2.Token {
	e.Helper()
	if !slices.Contains(e.oauth.Scopes, "offline_access") {
		e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	}
	token, _ := e.tokens(e.browser(), "ada", "prompt", "consent")
	if token.RefreshToken == "" {
		e.Fatal("no refresh token")
	}
	return token
}

func (e *testEnv) refresh(refreshToken string) (*oauth2.Token, error) {
	return e.oauth.TokenSource(e.ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
}

func TestRefreshTokenNeedsScopeAndConsent(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	if token, _ := e.tokens(e.browser(), "ada", "prompt", "consent"); token.RefreshToken != "" {
		t.Error("got a refresh token without the scope")
	}
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	token, _ := e.tokens(e.browser(), "ada")
	if token.RefreshToken != "" || token.Extra("scope") != "openid profile email" {
		t.Errorf("without consent: got a refresh token, or scope %v", token.Extra("scope"))
	}
	e.offlineTokens()
}

func TestNewUserIsAskedForConsent(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	browser := e.browser()
	resp, _ := e.get(browser, e.authURL("prompt", "create"))
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{
		"name": {"New"}, "email": {"new@example.com"}, "password": {"long enough"},
	})
	if page := resp.Header.Get("Devidp-Page"); page != "consent" {
		t.Fatalf("page %q", page)
	}
	resp, _ = e.post(browser, resp.Request.URL.String(), url.Values{"answer": {"allow"}})
	token, err := e.oauth.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier())
	if err != nil || token.RefreshToken == "" {
		t.Errorf("token %v, %v", token, err)
	}
}

func TestConsentCancelled(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	e.tokens(browser, "ada")
	resp, _ := e.get(browser, e.authURL("prompt", "consent"))
	if page := resp.Header.Get("Devidp-Page"); page != "consent" {
		t.Fatalf("page %q", page)
	}
	if resp, _ := e.post(browser, resp.Request.URL.String(), url.Values{"answer": {"perhaps"}}); resp.StatusCode != 410 {
		t.Errorf("unknown answer: status %d, want 410", resp.StatusCode)
	}
	resp, _ = e.post(browser, e.Issuer()+"/cancel?"+resp.Request.URL.RawQuery, nil)
	if got := resp.Request.URL.Query().Get("error"); got != "access_denied" {
		t.Errorf("error %q", got)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	first := e.offlineTokens()
	before := e.verify(first)
	clock.advance(time.Hour)
	e.userinfo(first.AccessToken, 401)
	second, err := e.refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not rotated")
	}
	e.userinfo(second.AccessToken, 200)
	after := e.verify(second)
	if after.Subject != before.Subject || e.sid(after) != e.sid(before) ||
		authTime(t, after) != authTime(t, before) || after.Nonce != "" {
		t.Errorf("ID token of the refresh: %+v, of the code: %+v", after, before)
	}
	if got := after.IssuedAt.Sub(before.IssuedAt); got != time.Hour {
		t.Errorf("iat moved by %v", got)
	}

	// The second use of a refresh token revokes the grant.
	if _, err := e.refresh(first.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("old refresh token: got %v", err)
	}
	if _, err := e.refresh(second.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("new refresh token after reuse of the old one: got %v", err)
	}
	e.userinfo(second.AccessToken, 401)
}

func TestConcurrentRefreshes(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token := e.offlineTokens().RefreshToken
	if n := e.countSuccesses(func() (*oauth2.Token, error) { return e.refresh(token) }); n != 1 {
		t.Errorf("%d refreshes succeeded, want 1", n)
	}
}

func TestRefreshRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	token := e.offlineTokens().RefreshToken
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	for _, tt := range []struct {
		name, want string
		form       url.Values
	}{
		{"no client", "invalid_client", nil},
		{"wrong secret", "invalid_client", url.Values{"client_id": {"app"}, "client_secret": {"wrong"}}},
		{"another client", "invalid_grant", url.Values{"client_id": {"spa"}}},
		{"nonsense", "invalid_grant", url.Values{
			"client_id": {"app"}, "client_secret": {secret}, "refresh_token": {"nonsense"},
		}},
		{"additional scope", "invalid_scope", url.Values{
			"client_id": {"app"}, "client_secret": {secret}, "scope": {"openid admin"},
		}},
	} {
		f := url.Values{}
		for _, from := range []url.Values{form, tt.form} {
			for name, values := range from {
				f[name] = values
			}
		}
		if _, body := e.post(e.browser(), e.Issuer()+"/token", f); jsonError(body) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, body, tt.want)
		}
	}
	// The rejected requests have not used the refresh token up.
	refreshed, err := e.refresh(token)
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(30 * 24 * time.Hour)
	if _, err := e.refresh(refreshed.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("after thirty days: got %v", err)
	}
}

func TestRefreshNarrowsScope(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	token := e.offlineTokens().RefreshToken
	_, body := e.post(e.browser(), e.Issuer()+"/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token},
		"client_id": {"app"}, "client_secret": {secret}, "scope": {"openid email"},
	})
	access := jsonField(body, "access_token")
	if got := e.userinfo(access, 200); jsonField(got, "name") != "" || jsonField(got, "email") == "" {
		t.Errorf("userinfo for openid email: %s", got)
	}
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	revoke := func(token string, form url.Values) (int, string) {
		form.Set("token", token)
		resp, body := e.post(e.browser(), e.Issuer()+"/revoke", form)
		return resp.StatusCode, body
	}
	app := func() url.Values { return url.Values{"client_id": {"app"}, "client_secret": {secret}} }

	token := e.offlineTokens()
	wrong := url.Values{"client_id": {"app"}, "client_secret": {"wrong"}}
	if status, body := revoke(token.RefreshToken, wrong); status != 401 {
		t.Errorf("wrong secret: %d %s", status, body)
	}
	if status, body := revoke(token.RefreshToken, url.Values{"client_id": {"app"}}); status != 401 {
		t.Errorf("no secret: %d %s", status, body)
	}
	if status, body := revoke(token.RefreshToken, url.Values{"client_id": {"spa"}}); status != 400 {
		t.Errorf("another client: %d %s", status, body)
	}
	if status, body := revoke(token.AccessToken, url.Values{"client_id": {"spa"}}); status != 400 {
		t.Errorf("access token of another client: %d %s", status, body)
	}
	if status, body := revoke("", app()); status != 400 {
		t.Errorf("no token: %d %s", status, body)
	}
	if status, body := revoke("nonsense", app()); status != 200 {
		t.Errorf("unknown token: %d %s", status, body)
	}
	e.userinfo(token.AccessToken, 200)

	if status, body := revoke(token.AccessToken, app()); status != 200 {
		t.Errorf("access token: %d %s", status, body)
	}
	e.userinfo(token.AccessToken, 401)
	token, err := e.refresh(token.RefreshToken)
	if err != nil {
		t.Fatalf("the refresh token was revoked with the access token: %v", err)
	}
	for _, hint := range []string{"access_token", "refresh_token"} {
		token := e.offlineTokens()
		form := app()
		form.Set("token_type_hint", hint)
		if status, body := revoke(token.RefreshToken, form); status != 200 {
			t.Errorf("refresh token, hint %s: %d %s", hint, status, body)
		}
		if _, err := e.refresh(token.RefreshToken); errorCode(err) != "invalid_grant" {
			t.Errorf("revoked with hint %s: got %v", hint, err)
		}
		e.userinfo(token.AccessToken, 401)
	}
	e.userinfo(token.AccessToken, 200) // the other grant is still valid
}
