package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// The client authenticates at the revocation endpoint as it does at the token endpoint.
func TestBeginLogoutRevokesTheRefreshToken(t *testing.T) {
	t.Parallel()
	key := newKey("ES256", "client-key", 0)
	for name, c := range map[string]struct {
		provider func(o *overrides)
		change   func(*auth.Config)
	}{
		"client_secret_basic": {},
		"client_secret_post":  {provider: func(o *overrides) { o.AuthMethod = "client_secret_post" }},
		"private_key_jwt": {
			provider: func(o *overrides) {
				o.AuthMethod, o.ClientSecret, o.ClientKey, o.ClientKeyID = "private_key_jwt", "", key.key.Public(), key.kid
			},
			change: func(cfg *auth.Config) {
				cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientKeyID = auth.PrivateKeyJWT, key.key, key.kid
			},
		},
		"public client": {provider: func(o *overrides) { o.AuthMethod, o.ClientSecret = "none", "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			if c.provider != nil {
				p.override(c.provider)
			}
			var refresh string
			p.changeTokenResponse(func(r map[string]any) { refresh, _ = r["refresh_token"].(string) })
			change := withOfflineAccess
			if c.change != nil {
				change = combine(withOfflineAccess, c.change)
			}
			a := newApp(t, p, change)
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Hour)
			if _, err := b.Refresh(); err != nil {
				t.Fatal(err)
			}
			if _, err := b.BeginLogout(); err != nil {
				t.Fatal(err)
			}
			a.client.Wait()
			form := p.LastRequest("/revoke").Form
			if form.Get("token") != refresh || refresh == "" || form.Get("token_type_hint") != "refresh_token" {
				t.Errorf("got the form %v, want the latest refresh token and its hint", form)
			}
			if n := p.liveRefreshTokens(); n != 0 {
				t.Errorf("%d refresh tokens are still valid, want none", n)
			}
		})
	}
}

// A provider such as Keycloak ends its session when the refresh token is revoked. If that happens before the person is
// signed out there, the provider cannot sign them out at the identity provider behind it.
func TestRefreshTokenIsRevokedAfterTheSignOutAtTheProvider(t *testing.T) {
	t.Parallel()
	for name, endAll := range map[string]bool{"this browser": false, "all browsers": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			revoked := make(chan string, 9)
			p.Handle("/revoke", func(_ http.ResponseWriter, r *http.Request) { revoked <- r.PostFormValue("token") })
			var refresh string
			p.changeTokenResponse(func(r map[string]any) { refresh, _ = r["refresh_token"].(string) })
			a := newApp(t, p, withOfflineAccess)
			b := a.browser()
			b.MustSignIn()
			want := refresh
			var endURL string
			b.visit(a.client.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) {
				if endAll {
					if err := a.client.EndAllSessions(r.Context(), false); err != nil {
						t.Error(err)
					}
				}
				var err error
				if endURL, err = a.client.BeginLogout(w, r); err != nil {
					t.Error(err)
				}
			})
			for range 3 { // requests to the provider, which a revocation at once would overtake
				a.browser().MustSignIn()
			}
			if n := len(revoked); n != 0 {
				t.Errorf("got %d revocations before the browser returned, want none", n)
			}
			if !b.FinishLogout("/logout?state=" + mustParseURL(t, endURL).Query().Get("state")) {
				t.Error("FinishLogout returned false")
			}
			select {
			case token := <-revoked:
				if token != want {
					t.Error("another refresh token was revoked")
				}
			case <-time.After(10 * time.Second):
				t.Error("the refresh token was not revoked when the browser returned")
			}
		})
	}
}

func TestWaitWaitsForTheRevocation(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, withOfflineAccess)
	b := a.browser()
	b.MustSignIn()
	arrived, release := p.holdResponse(t, "/revoke")
	if _, err := b.BeginLogout(); err != nil {
		t.Fatal(err)
	}
	waited := make(chan struct{})
	go func() { a.client.Wait(); close(waited) }() // does not wait for the browser to return
	waitFor(t, arrived)
	select {
	case <-waited:
		t.Error("Wait returned before the revocation ended")
	case <-time.After(20 * time.Millisecond):
	}
	release()
	<-waited
}

// The revocation runs in the background, so its errors do not reach the caller of BeginLogout.
func TestBeginLogoutIgnoresRevocationErrors(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(p *provider){
		"error response": func(p *provider) {
			p.Respond("/revoke", 400, "application/json", `{"error":"unsupported_token_type"}`)
		},
		"connection closed": func(p *provider) { p.Handle("/revoke", lostConnection) },
		"no endpoint": func(p *provider) {
			p.override(func(o *overrides) {
				o.Discovery = func(doc map[string]any) { delete(doc, "revocation_endpoint") }
			})
		},
		"redirect":         func(p *provider) { p.Handle("/revoke", redirectToUserinfo(p)) },
		"endless response": func(p *provider) { p.Handle("/revoke", endlessJSON(nil)) },
		"no refresh token": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			change := withOfflineAccess
			if override == nil {
				change = nil // no refresh token is issued
			} else {
				override(p)
			}
			a := newApp(t, p, change)
			b := a.browser()
			b.MustSignIn()
			userinfoRequests := p.RequestCount("/userinfo")
			if endURL, err := b.BeginLogout(); err != nil || endURL == "" {
				t.Errorf("got %q, %v; want a URL", endURL, err)
			}
			a.client.Wait()
			b.CheckSignedOut()
			want := 1
			if override == nil || name == "no endpoint" {
				want = 0
			}
			if got := p.RequestCount("/revoke"); got != want {
				t.Errorf("the endpoint received %d requests, want %d", got, want)
			}
			if p.RequestCount("/userinfo") != userinfoRequests {
				t.Error("the refresh token was sent to the target of the redirect")
			}
		})
	}
}
