package auth_test

import (
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Whoever the client proves to be, it does so at the revocation endpoint as at the token endpoint.
func TestSignOutGivesTheRefreshTokenBack(t *testing.T) {
	t.Parallel()
	key := newKey("ES256", "client-key", 0)
	for name, c := range map[string]struct {
		op     func(o *overrides)
		change func(*auth.Config)
	}{
		"client_secret_basic": {},
		"client_secret_post":  {op: func(o *overrides) { o.AuthMethod = "client_secret_post" }},
		"private_key_jwt": {
			op: func(o *overrides) {
				o.AuthMethod, o.ClientSecret, o.ClientKey, o.ClientKeyID = "private_key_jwt", "", key.key.Public(), key.kid
			},
			change: func(cfg *auth.Config) {
				cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientKeyID = auth.PrivateKeyJWT, key.key, key.kid
			},
		},
		"public client": {op: func(o *overrides) { o.AuthMethod, o.ClientSecret = "none", "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			if c.op != nil {
				p.override(c.op)
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
				t.Errorf("got %d parameters, want the refresh token and its hint", len(form))
			}
			if n := p.liveRefreshTokens(); n != 0 {
				t.Errorf("%d refresh tokens are still good: was the client known?", n)
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
	if _, err := b.BeginLogout(); err != nil { // does not wait
		t.Fatal(err)
	}
	waitFor(t, arrived)
	waited := make(chan struct{})
	go func() { a.client.Wait(); close(waited) }()
	select {
	case <-waited:
		t.Error("Wait returned while the revocation was under way")
	case <-time.After(20 * time.Millisecond):
	}
	release()
	<-waited
}

// Nobody waits for it, and nobody is told.
func TestSignOutDoesNotNeedTheRevocation(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(p *provider){
		"refused": func(p *provider) {
			p.Respond("/revoke", 400, "application/json", `{"error":"unsupported_token_type"}`)
		},
		"broken": func(p *provider) { p.Handle("/revoke", lostConnection) },
		"not there": func(p *provider) {
			p.override(func(o *overrides) { o.Discovery = func(doc map[string]any) { delete(doc, "revocation_endpoint") } })
		},
		"a redirect":  func(p *provider) { p.Handle("/revoke", redirectToUserinfo(p)) },
		"without end": func(p *provider) { p.Handle("/revoke", endlessJSON(nil)) },
		"not asked":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			change := offline
			if override == nil {
				change = nil // no refresh token, nothing to give back
			} else {
				override(p)
			}
			a := newApp(t, p, change)
			b := a.browser()
			b.MustSignIn()
			infos := p.RequestCount("/userinfo")
			if to, err := b.BeginLogout(); err != nil || to == "" {
				t.Errorf("got %q, %v", to, err)
			}
			a.client.Wait()
			b.CheckSignedOut()
			if want := override != nil && name != "not there"; (p.RequestCount("/revoke") == 1) != want {
				t.Errorf("the endpoint was asked %d times", p.RequestCount("/revoke"))
			}
			if p.RequestCount("/userinfo") != infos {
				t.Error("the refresh token went to another address")
			}
		})
	}
}
