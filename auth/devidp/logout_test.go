package devidp_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// logoutToken verifies a logout token as an app does.
func (e *testEnv) logoutToken(raw, clientID string) *oidc.LogoutToken {
	e.Helper()
	token, err := e.discovered.Verifier(&oidc.Config{ClientID: clientID, Now: e.config.Now}).VerifyLogout(e.ctx, raw)
	if err != nil {
		e.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{"RS256", "PS256", "ES256", "EdDSA"})
	if err != nil || jws.Signatures[0].Header.ExtraHeaders["typ"] != "logout+jwt" {
		e.Errorf("typ %v, %v", jws.Signatures[0].Header.ExtraHeaders["typ"], err)
	}
	if lifetime := token.Expiry.Sub(token.IssuedAt); lifetime != 2*time.Minute {
		e.Errorf("lifetime %v", lifetime)
	}
	return token
}

// signInToSPA signs the user of the browser in to the client "spa" too, by single sign-on.
func (e *testEnv) signInToSPA(browser *http.Client) {
	e.Helper()
	c := e.oauth
	c.ClientID, c.ClientSecret, c.RedirectURL, c.Endpoint.AuthStyle = "spa", "", e.app.URL+"/spa?keep=1", 1
	resp, _ := e.get(browser, c.AuthCodeURL("s", challenge()))
	if _, err := c.Exchange(e.ctx, resp.Request.URL.Query().Get("code"), verifier()); err != nil {
		e.Fatal(err)
	}
}

func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, func(cfg *devidp.Config) {
				if cfg.SigningAlg = alg; alg == "RS256" || alg == "PS256" {
					cfg.Key = sharedRSAKey()
				}
			})
			here, there := e.browser(), e.browser()
			_, id := e.tokens(here, "ada")
			_, other := e.tokens(there, "ada")
			e.signInToSPA(here)
			resp, body := e.post(here, e.Issuer()+"/signout", nil)
			if resp.Request.URL.Path != "/signed-out" ||
				!strings.Contains(body, `<bdi>The app</bdi></strong>: signed out</li>`) {
				t.Errorf("%s: %s", resp.Request.URL, body)
			}
			if e.signedIn(here) || !e.signedIn(there) {
				t.Error("want only the browser that signed out to be signed out")
			}
			raw := e.app.logoutTokens()
			if len(raw) != 2 {
				t.Fatalf("got %d logout tokens, want one for each client of the session", len(raw))
			}
			var jtis []string
			for _, clientID := range []string{"app", "spa"} {
				i := slices.IndexFunc(raw, func(raw string) bool {
					_, err := e.discovered.Verifier(&oidc.Config{ClientID: clientID}).VerifyLogout(e.ctx, raw)
					return err == nil
				})
				if i < 0 {
					t.Fatalf("no logout token for %s", clientID)
				}
				token := e.logoutToken(raw[i], clientID)
				if token.SessionID != e.sid(id) || token.SessionID == e.sid(other) ||
					token.Subject != "dev-ada" || token.Issuer != e.Issuer() {
					t.Errorf("%+v", token)
				}
				jtis = append(jtis, token.TokenID)
			}
			if jtis[0] == jtis[1] || jtis[0] == "" {
				t.Errorf("jti %q", jtis)
			}
		})
	}
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	here, there, bob := e.browser(), e.browser(), e.browser()
	e.tokens(here, "ada")
	e.tokens(there, "ada")
	e.tokens(bob, "bob")
	refresh := e.offlineTokens().RefreshToken
	e.app.received = nil
	e.post(here, e.Issuer()+"/signout", url.Values{"everywhere": {"1"}})
	if e.signedIn(here) || e.signedIn(there) || !e.signedIn(bob) {
		t.Error("want ada signed out in both browsers and bob signed in")
	}
	raw := e.app.logoutTokens()
	if len(raw) != 1 {
		t.Fatalf("got %d logout tokens, want 1", len(raw))
	}
	if token := e.logoutToken(raw[0], "app"); token.Subject != "dev-ada" || token.SessionID != "" {
		t.Errorf("got sub %q and sid %q, want only the sub", token.Subject, token.SessionID)
	}
	if _, err := e.refresh(refresh); errorCode(err) != "invalid_grant" {
		t.Errorf("refresh token: got %v", err)
	}
}

func TestSignOutRevokesTokensExceptOfflineAccess(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	token, _ := e.tokens(browser, "ada")
	e.oauth.Scopes = append(e.oauth.Scopes, "offline_access")
	offline, _ := e.tokens(browser, "ada", "prompt", "consent")
	code := e.code(browser, "ada")
	e.post(browser, e.Issuer()+"/signout", nil)
	e.userinfo(token.AccessToken, 401)
	if _, err := e.oauth.Exchange(e.ctx, code, verifier()); errorCode(err) != "invalid_grant" {
		t.Errorf("code of the ended session: got %v", err)
	}
	e.userinfo(offline.AccessToken, 200)
	if _, err := e.refresh(offline.RefreshToken); err != nil {
		t.Errorf("offline access ended with the session: %v", err)
	}
}

func TestSignInAsAnotherUserEndsTheSession(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	_, ada := e.tokens(browser, "ada")
	_, bob := e.tokens(browser, "bob", "prompt", "login")
	if e.sid(ada) == e.sid(bob) {
		t.Error("two users have the same sid")
	}
	raw := e.app.logoutTokens()
	if len(raw) != 1 {
		t.Fatalf("got %d logout tokens, want one for the session that ended", len(raw))
	}
	if token := e.logoutToken(raw[0], "app"); token.SessionID != e.sid(ada) {
		t.Errorf("got sid %q, want the sid of ada", token.SessionID)
	}
}

func TestLogoutTokenDelivery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		respond  func(attempt int) int
		attempts int
		page     string
	}{
		{"200", func(int) int { return 200 }, 1, ": signed out<"},
		{"204", func(int) int { return 204 }, 1, ": signed out<"},
		{"400 is final", func(int) int { return 400 }, 1, "failed (status 400)"},
		{"503 is retried once", func(int) int { return 503 }, 2, "failed (status 503)"},
		{"503, then 200", func(attempt int) int { return []int{503, 200}[attempt-1] }, 2, ": signed out<"},
		{"a redirect is not followed", func(int) int { return 307 }, 1, "failed (status 307)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newTestEnv(t, nil)
			e.app.respond = tt.respond
			browser := e.browser()
			e.tokens(browser, "ada")
			_, body := e.post(browser, e.Issuer()+"/signout", nil)
			raw := e.app.logoutTokens()
			if len(raw) != tt.attempts || raw[0] != raw[len(raw)-1] {
				t.Errorf("got %d attempts, want %d with the same token", len(raw), tt.attempts)
			}
			if !strings.Contains(body, tt.page) {
				t.Errorf("want %q on the page: %s", tt.page, body)
			}
		})
	}
	t.Run("a client that is not reachable does not prevent sign-out", func(t *testing.T) {
		t.Parallel()
		e := newTestEnv(t, nil)
		browser := e.browser()
		e.tokens(browser, "ada")
		e.app.Close()
		if _, body := e.post(browser, e.Issuer()+"/signout", nil); !strings.Contains(body, "failed (not reachable)") {
			t.Error(body)
		}
		if e.signedIn(browser) {
			t.Error("still signed in")
		}
	})
}

func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	client := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(client.Close)
	e := newTestEnv(t, func(cfg *devidp.Config) {
		cfg.Clients[0].FrontChannelLogoutURI = client.URL + "/requesting"
		cfg.Clients[1].FrontChannelLogoutURI = client.URL + "/front?keep=1"
	})
	browser := e.browser()
	token, id := e.tokens(browser, "ada")
	e.signInToSPA(browser)
	resp, body := e.endSession(browser, "GET", url.Values{
		"id_token_hint": {token.Extra("id_token").(string)}, "post_logout_redirect_uri": {e.app.URL + "/bye"}, "state": {"s"},
	})
	query := url.Values{"iss": {e.Issuer()}, "sid": {e.sid(id)}}
	for _, want := range []string{
		`src="` + html.EscapeString(client.URL+"/front?keep=1&"+query.Encode()) + `"`,
		`content="2; url=` + e.app.URL + `/bye?state=s"`,
		`href="` + e.app.URL + `/bye?state=s"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("want %s in %s", want, body)
		}
	}
	if strings.Contains(body, "/requesting") {
		t.Error("the client that requested the sign-out has a frame")
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src "+client.URL) {
		t.Errorf("policy %s", csp)
	}
}
