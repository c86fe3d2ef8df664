package devidp_test

import (
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

// logoutToken verifies one as an application does.
func (w *world) logoutToken(raw, clientID string) *oidc.LogoutToken {
	w.Helper()
	token, err := w.provider.Verifier(&oidc.Config{ClientID: clientID, Now: w.cfg.Now}).VerifyLogout(w.ctx, raw)
	if err != nil {
		w.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{"RS256", "PS256", "ES256", "EdDSA"})
	if err != nil || jws.Signatures[0].Header.ExtraHeaders["typ"] != "logout+jwt" {
		w.Errorf("typ %v, %v", jws.Signatures[0].Header.ExtraHeaders["typ"], err)
	}
	if lifetime := token.Expiry.Sub(token.IssuedAt); lifetime != 2*time.Minute {
		w.Errorf("lifetime %v", lifetime)
	}
	return token
}

// ssoWith signs the person of a browser in to the public client as well.
func (w *world) ssoWith(browser *http.Client) {
	w.Helper()
	c := w.oauth
	c.ClientID, c.ClientSecret, c.RedirectURL, c.Endpoint.AuthStyle = "spa", "", w.app.URL+"/spa?keep=1", 1
	resp, _ := w.get(browser, c.AuthCodeURL("s", challenge()))
	if _, err := c.Exchange(w.ctx, resp.Request.URL.Query().Get("code"), verifier()); err != nil {
		w.Fatal(err)
	}
}

func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(cfg *devidp.Config) {
				if cfg.SigningAlg = alg; alg == "RS256" || alg == "PS256" {
					cfg.Key = rsaKey()
				}
			})
			here, there := w.browser(), w.browser()
			_, id := w.tokens(here, "ada")
			_, other := w.tokens(there, "ada")
			w.ssoWith(here)
			resp, body := w.post(here, w.Issuer()+"/signout", nil)
			if resp.Request.URL.Path != "/signed-out" || !strings.Contains(body, `<strong dir="auto">The app</strong> has signed you out.`) {
				t.Errorf("%s: %s", resp.Request.URL, body)
			}
			if w.signedIn(here) || !w.signedIn(there) {
				t.Error("want signed out here, and still signed in there")
			}
			raw := w.app.logoutTokens()
			if len(raw) != 2 {
				t.Fatalf("%d logout tokens, want one for each client of the session", len(raw))
			}
			var jtis []string
			for _, clientID := range []string{"app", "spa"} {
				i := slices.IndexFunc(raw, func(raw string) bool {
					_, err := w.provider.Verifier(oidcConfig(clientID)).VerifyLogout(w.ctx, raw)
					return err == nil
				})
				if i < 0 {
					t.Fatalf("none for %s", clientID)
				}
				token := w.logoutToken(raw[i], clientID)
				if token.SessionID != w.sid(id) || token.SessionID == w.sid(other) || token.Subject != "dev-ada" || token.Issuer != w.Issuer() {
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
	w := newWorld(t, nil)
	here, there, bob := w.browser(), w.browser(), w.browser()
	w.tokens(here, "ada")
	w.tokens(there, "ada")
	w.tokens(bob, "bob")
	refresh := w.offline("ada").RefreshToken
	w.app.tokens = nil
	w.post(here, w.Issuer()+"/signout", url.Values{"everywhere": {"1"}})
	if w.signedIn(here) || w.signedIn(there) || !w.signedIn(bob) {
		t.Error("want ada signed out in both browsers, and bob signed in")
	}
	raw := w.app.logoutTokens()
	if len(raw) != 1 {
		t.Fatalf("%d logout tokens, want one", len(raw))
	}
	if token := w.logoutToken(raw[0], "app"); token.Subject != "dev-ada" || token.SessionID != "" {
		t.Errorf("sub %q, sid %q; want the sub alone", token.Subject, token.SessionID)
	}
	if _, err := w.refresh(refresh); errorCode(err) != "invalid_grant" {
		t.Errorf("refresh token: %v", err)
	}
}

func TestTokensAfterSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	browser := w.browser()
	token, _ := w.tokens(browser, "ada")
	w.oauth.Scopes = append(w.oauth.Scopes, "offline_access")
	offline, _ := w.tokens(browser, "ada", "prompt", "consent")
	code := w.code(browser, "ada")
	w.post(browser, w.Issuer()+"/signout", nil)
	w.userinfo(token.AccessToken, 401)
	if _, err := w.oauth.Exchange(w.ctx, code, verifier()); errorCode(err) != "invalid_grant" {
		t.Errorf("a code of the ended session: %v", err)
	}
	w.userinfo(offline.AccessToken, 200)
	if _, err := w.refresh(offline.RefreshToken); err != nil {
		t.Errorf("offline access ended with the session: %v", err)
	}
}

func TestAnotherPersonInTheSameBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	browser := w.browser()
	_, ada := w.tokens(browser, "ada")
	_, bob := w.tokens(browser, "bob", "prompt", "login")
	if w.sid(ada) == w.sid(bob) {
		t.Error("two people share a sid")
	}
	raw := w.app.logoutTokens()
	if len(raw) != 1 {
		t.Fatalf("%d logout tokens, want one for the session that ended", len(raw))
	}
	if token := w.logoutToken(raw[0], "app"); token.SessionID != w.sid(ada) {
		t.Errorf("sid %q, want ada's", token.SessionID)
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		respond func(try int) int
		tries   int
		page    string
	}{
		{"200", func(int) int { return 200 }, 1, "has signed you out"},
		{"204", func(int) int { return 204 }, 1, "has signed you out"},
		{"400 is final", func(int) int { return 400 }, 1, "answered with status 400"},
		{"503 is tried again, once", func(int) int { return 503 }, 2, "answered with status 503"},
		{"503, then 200", func(try int) int { return []int{503, 200}[try-1] }, 2, "has signed you out"},
		{"a redirect is not followed", func(int) int { return 307 }, 1, "answered with status 307"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.app.respond = tt.respond
			browser := w.browser()
			w.tokens(browser, "ada")
			_, body := w.post(browser, w.Issuer()+"/signout", nil)
			raw := w.app.logoutTokens()
			if len(raw) != tt.tries || raw[0] != raw[len(raw)-1] {
				t.Errorf("%d tries, want %d with the same token", len(raw), tt.tries)
			}
			if !strings.Contains(body, tt.page) {
				t.Errorf("want %q on the page: %s", tt.page, body)
			}
		})
	}
	t.Run("an application that is away does not keep anybody signed in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		browser := w.browser()
		w.tokens(browser, "ada")
		w.app.Close()
		if _, body := w.post(browser, w.Issuer()+"/signout", nil); !strings.Contains(body, "could not be reached") {
			t.Error(body)
		}
		if w.signedIn(browser) {
			t.Error("still signed in")
		}
	})
}

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

func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	front := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(front.Close)
	w := newWorld(t, func(cfg *devidp.Config) {
		cfg.Clients[0].FrontChannelLogoutURI = front.URL + "/asking"
		cfg.Clients[1].FrontChannelLogoutURI = front.URL + "/front?keep=1"
	})
	browser := w.browser()
	token, id := w.tokens(browser, "ada")
	w.ssoWith(browser)
	resp, body := w.leave(browser, "GET", url.Values{
		"id_token_hint": {token.Extra("id_token").(string)}, "post_logout_redirect_uri": {w.app.URL + "/bye"}, "state": {"s"},
	})
	frame := front.URL + "/front?keep=1&amp;" + strings.ReplaceAll(url.Values{"iss": {w.Issuer()}, "sid": {w.sid(id)}}.Encode(), "&", "&amp;")
	for _, want := range []string{`src="` + frame + `"`, `content="2; url=` + w.app.URL + `/bye?state=s"`, `href="` + w.app.URL + `/bye?state=s"`} {
		if !strings.Contains(body, want) {
			t.Errorf("want %s in %s", want, body)
		}
	}
	if strings.Contains(body, "/asking") {
		t.Error("the client that asked has a frame")
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src "+front.URL) {
		t.Errorf("policy %s", csp)
	}
}
