package devidp_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// offline signs somebody in for a refresh token.
func (w *world) offline(username string) *oauth2.Token {
	w.Helper()
	if !slices.Contains(w.oauth.Scopes, "offline_access") {
		w.oauth.Scopes = append(w.oauth.Scopes, "offline_access")
	}
	token, _ := w.tokens(w.browser(), username, "prompt", "consent")
	if token.RefreshToken == "" {
		w.Fatal("no refresh token")
	}
	return token
}

func (w *world) refresh(refreshToken string) (*oauth2.Token, error) {
	return w.oauth.TokenSource(w.ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
}

func TestRefreshTokenNeedsScopeAndConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if token, _ := w.tokens(w.browser(), "ada", "prompt", "consent"); token.RefreshToken != "" {
		t.Error("consent without the scope gave a refresh token")
	}
	w.oauth.Scopes = append(w.oauth.Scopes, "offline_access")
	if token, _ := w.tokens(w.browser(), "ada"); token.RefreshToken != "" || token.Extra("scope") != "openid profile email" {
		t.Errorf("the scope without consent gave a refresh token, or scope %v", token.Extra("scope"))
	}
	w.offline("ada")
}

func TestConsentOfANewPersonIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.oauth.Scopes = append(w.oauth.Scopes, "offline_access")
	browser := w.browser()
	resp, _ := w.get(browser, w.authURL("prompt", "create"))
	resp, _ = w.post(browser, resp.Request.URL.String(), url.Values{"name": {"New"}, "email": {"new@example.com"}, "password": {"long enough"}})
	if page := resp.Header.Get("Devidp-Page"); page != "consent" {
		t.Fatalf("page %q", page)
	}
	resp, _ = w.post(browser, resp.Request.URL.String(), url.Values{"answer": {"allow"}})
	token, err := w.oauth.Exchange(w.ctx, resp.Request.URL.Query().Get("code"), verifier())
	if err != nil || token.RefreshToken == "" {
		t.Errorf("token %v, %v", token, err)
	}
}

func TestConsentRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	browser := w.browser()
	w.tokens(browser, "ada")
	resp, _ := w.get(browser, w.authURL("prompt", "consent"))
	if page := resp.Header.Get("Devidp-Page"); page != "consent" {
		t.Fatalf("page %q", page)
	}
	if resp, _ := w.post(browser, resp.Request.URL.String(), url.Values{"answer": {"perhaps"}}); resp.StatusCode != 410 {
		t.Errorf("neither allowed nor cancelled: status %d", resp.StatusCode)
	}
	resp, _ = w.post(browser, w.Issuer()+"/cancel?"+resp.Request.URL.RawQuery, nil)
	if got := resp.Request.URL.Query().Get("error"); got != "access_denied" {
		t.Errorf("error %q", got)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := newWorld(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	first := w.offline("ada")
	before := w.verify(first)
	clock.advance(time.Hour)
	w.userinfo(first.AccessToken, 401)
	second, err := w.refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not rotated")
	}
	w.userinfo(second.AccessToken, 200)
	after := w.verify(second)
	if after.Subject != before.Subject || w.sid(after) != w.sid(before) || authTime(t, after) != authTime(t, before) || after.Nonce != "" {
		t.Errorf("ID token of the refresh: %+v, of the code: %+v", after, before)
	}
	if got := after.IssuedAt.Sub(before.IssuedAt); got != time.Hour {
		t.Errorf("iat moved by %v", got)
	}

	// The spent one tells of theft: what came of it is over.
	if _, err := w.refresh(first.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("spent refresh token: %v", err)
	}
	if _, err := w.refresh(second.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("refresh token of a family that was reused: %v", err)
	}
	w.userinfo(second.AccessToken, 401)
}

func TestOfManyRefreshesAtOnceOneSucceedsAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.offline("ada").RefreshToken
	results := make(chan error)
	for range 8 {
		go func() {
			_, err := w.refresh(token)
			results <- err
		}()
	}
	good := 0
	for range 8 {
		if err := <-results; err == nil {
			good++
		} else if errorCode(err) != "invalid_grant" {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d of the refreshes succeeded", good)
	}
}

func TestRefreshRefuses(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := newWorld(t, func(cfg *devidp.Config) { cfg.Now = clock.Now })
	token := w.offline("ada").RefreshToken
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	for _, tt := range []struct {
		name, want string
		form       url.Values
	}{
		{"no client", "invalid_client", nil},
		{"wrong secret", "invalid_client", url.Values{"client_id": {"app"}, "client_secret": {"wrong"}}},
		{"another client", "invalid_grant", url.Values{"client_id": {"spa"}}},
		{"nonsense", "invalid_grant", url.Values{"client_id": {"app"}, "client_secret": {secret}, "refresh_token": {"nonsense"}}},
		{"more scope", "invalid_scope", url.Values{"client_id": {"app"}, "client_secret": {secret}, "scope": {"openid admin"}}},
	} {
		f := url.Values{}
		for _, from := range []url.Values{form, tt.form} {
			for name, values := range from {
				f[name] = values
			}
		}
		if _, body := w.post(w.browser(), w.Issuer()+"/token", f); jsonError(body) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, body, tt.want)
		}
	}
	// None of that has spent it.
	refreshed, err := w.refresh(token)
	if err != nil {
		t.Fatal(err)
	}
	clock.advance(30 * 24 * time.Hour)
	if _, err := w.refresh(refreshed.RefreshToken); errorCode(err) != "invalid_grant" {
		t.Errorf("after thirty days: %v", err)
	}
}

func TestNarrowedScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.offline("ada").RefreshToken
	_, body := w.post(w.browser(), w.Issuer()+"/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {"app"}, "client_secret": {secret}, "scope": {"openid email"},
	})
	access := jsonField(body, "access_token")
	if got := w.userinfo(access, 200); jsonField(got, "name") != "" || jsonField(got, "email") == "" {
		t.Errorf("userinfo for openid email: %s", got)
	}
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	revoke := func(token string, form url.Values) (int, string) {
		form.Set("token", token)
		resp, body := w.post(w.browser(), w.Issuer()+"/revoke", form)
		return resp.StatusCode, body
	}
	app := func() url.Values { return url.Values{"client_id": {"app"}, "client_secret": {secret}} }

	token := w.offline("ada")
	if status, body := revoke(token.RefreshToken, url.Values{"client_id": {"app"}, "client_secret": {"wrong"}}); status != 401 {
		t.Errorf("wrong secret: %d %s", status, body)
	}
	if status, body := revoke(token.RefreshToken, url.Values{"client_id": {"app"}}); status != 401 {
		t.Errorf("no secret: %d %s", status, body)
	}
	if status, body := revoke(token.RefreshToken, url.Values{"client_id": {"spa"}}); status != 400 {
		t.Errorf("another client: %d %s", status, body)
	}
	if status, body := revoke(token.AccessToken, url.Values{"client_id": {"spa"}}); status != 400 {
		t.Errorf("another client's access token: %d %s", status, body)
	}
	if status, body := revoke("", app()); status != 400 {
		t.Errorf("no token: %d %s", status, body)
	}
	if status, body := revoke("nonsense", app()); status != 200 {
		t.Errorf("unknown token: %d %s", status, body)
	}
	w.userinfo(token.AccessToken, 200)

	if status, body := revoke(token.AccessToken, app()); status != 200 {
		t.Errorf("access token: %d %s", status, body)
	}
	w.userinfo(token.AccessToken, 401)
	token, err := w.refresh(token.RefreshToken)
	if err != nil {
		t.Fatalf("the refresh token is gone with the access token: %v", err)
	}
	for _, hint := range []string{"access_token", "refresh_token"} {
		token := w.offline("ada")
		form := app()
		form.Set("token_type_hint", hint)
		if status, body := revoke(token.RefreshToken, form); status != 200 {
			t.Errorf("refresh token, hint %s: %d %s", hint, status, body)
		}
		if _, err := w.refresh(token.RefreshToken); errorCode(err) != "invalid_grant" {
			t.Errorf("revoked with hint %s: %v", hint, err)
		}
		w.userinfo(token.AccessToken, 401)
	}
	w.userinfo(token.AccessToken, 200) // of another grant
}
