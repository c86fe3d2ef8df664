package auth_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestRefreshUpdatesTheUser(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, withOfflineAccess).browser()
	before := b.MustSignIn()
	p.Clock.Advance(time.Minute)
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown", "email": "brown@example.com"})
	u, err := b.Refresh()
	if err != nil {
		t.Fatal(err)
	}
	next, err := b.User()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []auth.User{u, next} {
		if u.Name != "Alice Brown" || u.Email != "brown@example.com" || u.EmailVerified ||
			strings.Contains(string(u.Claims), "Adams") {
			t.Errorf("got %+v with the claims %s, want the new claims", u, u.Claims)
		}
		if !u.RefreshedAt.Equal(p.Clock.Now()) || !u.SignedInAt.Equal(before.SignedInAt) ||
			!u.AuthTime.Equal(before.AuthTime) {
			t.Errorf("got RefreshedAt %v, SignedInAt %v, AuthTime %v; want only RefreshedAt to change",
				u.RefreshedAt, u.SignedInAt, u.AuthTime)
		}
	}
	if n := p.RequestCount("/token"); n != 1 {
		t.Errorf("the token endpoint received %d requests, want 1 at the sign-in", n)
	}
}

func TestRefreshRenewsTheAccessTokenIfNecessary(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	withoutIDToken := func(p *provider) { p.changeTokenResponse(func(r map[string]any) { delete(r, "id_token") }) }
	withoutRotation := func(p *provider) { p.override(func(o *overrides) { o.NoRotation = true }) }
	for name, c := range map[string]struct {
		wait    time.Duration
		before  func(p *provider) // called before the sign-in
		after   func(p *provider) // called after it
		renewed int
	}{
		"31 seconds before its expiry: not renewed": {wait: hour - 31*time.Second},
		"30 seconds before its expiry":              {wait: hour - 30*time.Second, renewed: 1},
		"expired":                                   {wait: 2 * hour, renewed: 1},
		"rejected by userinfo":                      {wait: time.Minute, renewed: 1, after: (*provider).ExpireAccessTokens},
		"expiry unknown: not renewed":               {wait: 2 * time.Minute, before: withoutExpiresIn},
		"expiry unknown and rejected by userinfo":   {wait: 2 * hour, renewed: 1, before: withoutExpiresIn},
		"refresh token not rotated":                 {wait: 2 * hour, renewed: 1, after: withoutRotation},
		"refresh token not rotated, rejected by userinfo": {
			wait: time.Minute, renewed: 1, before: withoutRotation, after: (*provider).ExpireAccessTokens},
		"no new ID token": {wait: 2 * hour, renewed: 1, after: withoutIDToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			if c.before != nil {
				c.before(p)
			}
			b := newApp(t, p, withOfflineAccess).browser()
			b.MustSignIn()
			if c.after != nil {
				c.after(p)
			}
			p.Clock.Advance(c.wait)
			if _, err := b.Refresh(); err != nil {
				t.Fatal(err)
			}
			if n := p.RequestCount("/token") - 1; n != c.renewed {
				t.Errorf("the access token was renewed %d times, want %d", n, c.renewed)
			}
			for range 3 { // with the tokens that were saved
				p.Clock.Advance(2 * hour)
				if _, err := b.Refresh(); err != nil {
					t.Errorf("next refresh: %v", err)
				}
			}
			if n := p.RequestCount("/token") - 1; n != c.renewed+3 {
				t.Errorf("the access token was renewed %d times, want %d", n, c.renewed+3)
			}
		})
	}
}

func withoutExpiresIn(p *provider) {
	p.changeTokenResponse(func(r map[string]any) { delete(r, "expires_in") })
}

// changeTokenResponse sets a change of all token responses.
func (p *provider) changeTokenResponse(change func(response map[string]any)) {
	p.override(func(o *overrides) { o.TokenResponse = change })
}

// OpenID Connect Core section 12.2.
func TestRenewedIDTokenIsAccepted(t *testing.T) {
	t.Parallel()
	leaveOut := func(names ...string) func(claims map[string]any, nonce string) {
		return func(claims map[string]any, _ string) {
			for _, name := range names {
				delete(claims, name)
			}
		}
	}
	for name, change := range map[string]func(claims map[string]any, nonce string){
		"nonce of the sign-in":      func(claims map[string]any, nonce string) { claims["nonce"] = nonce },
		"no nonce and no auth_time": leaveOut("nonce", "auth_time"),
		"no sid":                    leaveOut("sid"),
		"no at_hash":                leaveOut("at_hash"),
		"azp is this client":        func(claims map[string]any, _ string) { claims["azp"] = "starter" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			nonce := ""
			p.override(func(o *overrides) {
				o.IDToken = func(claims, _ map[string]any) { nonce, _ = claims["nonce"].(string) }
			})
			b := newApp(t, p, withOfflineAccess).browser()
			b.MustSignIn()
			override := func(claims, _ map[string]any) { change(claims, nonce) }
			// A claim that is missing in one response may be present in the next one, with the value of the sign-in.
			withNonce := func(claims, _ map[string]any) { claims["nonce"] = nonce }
			for _, idToken := range []func(claims, header map[string]any){override, withNonce, override} {
				p.override(func(o *overrides) { o.IDToken = idToken })
				p.Clock.Advance(2 * time.Hour)
				if _, err := b.Refresh(); err != nil {
					t.Fatal(err)
				}
			}
			for _, wrong := range []map[string]any{{"nonce": "another"}, {"auth_time": 1700000000}, {"sid": "another"}} {
				p.override(func(o *overrides) {
					o.IDToken = func(claims, _ map[string]any) { maps.Copy(claims, wrong) }
					o.NoRotation = true
				})
				p.Clock.Advance(2 * time.Hour)
				if _, err := b.Refresh(); !errors.Is(err, auth.ErrBadToken) {
					t.Errorf("%v in the next response: got %v, want %v", wrong, err, auth.ErrBadToken)
				}
			}
		})
	}
}

// Keycloak changes auth_time when the person authenticates again for another application. The session continues, and
// AuthTime stays that of the sign-in.
func TestRenewedIDTokenWithALaterAuthTime(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, withOfflineAccess).browser()
	signedIn := b.MustSignIn().AuthTime
	p.override(func(o *overrides) {
		o.IDToken = func(claims, _ map[string]any) { claims["auth_time"] = p.Clock.Now().Unix() }
	})
	for range 2 {
		p.Clock.Advance(2 * time.Hour)
		if u, err := b.Refresh(); err != nil || !u.AuthTime.Equal(signedIn) {
			t.Errorf("got AuthTime %v, %v; want %v", u.AuthTime, err, signedIn)
		}
	}
}

// If the provider's keys cannot be fetched, the rotated tokens are saved without the new ID token. Otherwise the
// session would keep a refresh token that the provider no longer accepts.
func TestRenewedTokensAreSavedIfTheKeysAreUnavailable(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, withOfflineAccess).browser()
	b.MustSignIn()
	p.Clock.Advance(59*time.Minute + 40*time.Second)
	p.RotateKey(false)
	p.Respond("/jwks", http.StatusServiceUnavailable, "text/plain", "")
	if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	p.Handle("/jwks", nil)
	for range 2 {
		p.Clock.Advance(2 * time.Hour)
		if _, err := b.Refresh(); err != nil {
			t.Errorf("refresh when the keys are available again: %v", err)
		}
	}
}

func TestRejectedRefreshTokenEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, reject := range map[string]func(p *provider){
		"status 400": (*provider).ExpireAllTokens,
		"status 401": func(p *provider) { p.Respond("/token", 401, "application/json", `{"error":"invalid_grant"}`) },
		"status 200": func(p *provider) { p.Respond("/token", 200, "application/json", `{"error":"invalid_grant"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b := newApp(t, p, withOfflineAccess).browser()
			b.MustSignIn()
			thief := b.copySession()
			p.Clock.Advance(time.Hour)
			reject(p)
			if _, err := b.Refresh(); !errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
			}
			if b.token() != "" {
				t.Error("the session cookie was not deleted")
			}
			thief.CheckSignedOut()
		})
	}
}

func TestRefreshWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	for range 2 {
		if _, err := b.Refresh(); !errors.Is(err, auth.ErrNeedsSignIn) || errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("got %v, want %v", err, auth.ErrNeedsSignIn)
		}
		if _, err := b.User(); err != nil {
			t.Errorf("the session ended: %v", err)
		}
	}
	if n := p.RequestCount("/token"); n != 1 {
		t.Errorf("the token endpoint received %d requests, want 1 at the sign-in", n)
	}
}

func TestRefreshWithoutASession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	if _, err := newApp(t, p, nil).browser().Refresh(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
	if p.RequestCount("/userinfo")+p.RequestCount("/token") != 0 {
		t.Error("the provider received a request")
	}
}
