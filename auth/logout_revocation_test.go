package auth_test

import (
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
			change := offline
			if c.change != nil {
				change = all(offline, c.change)
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

func TestWaitWaitsForTheRevocation(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, offline)
	b := a.browser()
	b.MustSignIn()
	arrived, release := p.holdResponse(t, "/revoke")
	if _, err := b.BeginLogout(); err != nil { // returns during the revocation
		t.Fatal(err)
	}
	waitFor(t, arrived)
	waited := make(chan struct{})
	go func() { a.client.Wait(); close(waited) }()
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
			change := offline
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
