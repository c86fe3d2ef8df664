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

func TestRefreshAsksWhoThePersonIs(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, offline).browser()
	before := b.MustSignIn()
	p.Clock.Advance(time.Minute)
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown", "email": "brown@example.com"})
	u, err := b.Refresh()
	if err != nil {
		t.Fatal(err)
	}
	later, err := b.User()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []auth.User{u, later} {
		if u.Name != "Alice Brown" || u.Email != "brown@example.com" || u.EmailVerified || strings.Contains(string(u.Claims), "Adams") {
			t.Errorf("got %+v, claims %s", u, u.Claims)
		}
		if !u.RefreshedAt.Equal(p.Clock.Now()) || !u.SignedInAt.Equal(before.SignedInAt) || !u.AuthTime.Equal(before.AuthTime) {
			t.Errorf("got refreshed %v, began %v, auth time %v", u.RefreshedAt, u.SignedInAt, u.AuthTime)
		}
	}
	if n := p.RequestCount("/token"); n != 1 {
		t.Errorf("the token endpoint was asked %d times, want once at the sign-in", n)
	}
}

func TestRefreshRenewsTheAccessTokenWhenItMust(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, c := range map[string]struct {
		after    time.Duration
		override func(p *provider)
		renewed  int
	}{
		"not while it is good":                       {after: hour - 31*time.Second},
		"thirty seconds before its end":              {after: hour - 30*time.Second, renewed: 1},
		"after its end":                              {after: 2 * hour, renewed: 1},
		"when userinfo refuses it":                   {after: time.Minute, override: (*provider).ExpireAccessTokens, renewed: 1},
		"not when its end is unknown":                {after: 2 * time.Minute, override: withoutExpiresIn},
		"on refusal when its end is unknown":         {after: 2 * hour, override: withoutExpiresIn, renewed: 1},
		"with refresh tokens that stay the same":     {after: 2 * hour, override: func(p *provider) { p.override(func(o *overrides) { o.NoRotation = true }) }, renewed: 1},
		"with refresh tokens that stay, on refusal":  {after: 1, override: func(p *provider) { p.override(func(o *overrides) { o.NoRotation = true }); p.ExpireAccessTokens() }, renewed: 1},
		"with an answer that brings no new ID token": {after: 2 * hour, override: func(p *provider) { p.changeTokenResponse(func(r map[string]any) { delete(r, "id_token") }) }, renewed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			if c.override != nil && strings.Contains(name, "unknown") {
				c.override(p)
			}
			b := newApp(t, p, offline).browser()
			b.MustSignIn()
			if c.override != nil {
				c.override(p)
			}
			p.Clock.Advance(c.after)
			if _, err := b.Refresh(); err != nil {
				t.Fatal(err)
			}
			if n := p.RequestCount("/token") - 1; n != c.renewed {
				t.Errorf("the access token was renewed %d times, want %d", n, c.renewed)
			}
			for range 3 { // with what was kept
				p.Clock.Advance(2 * hour)
				if _, err := b.Refresh(); err != nil {
					t.Errorf("a later refresh: %v", err)
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

// answer bends what the token endpoint answers.
func (p *provider) changeTokenResponse(change func(response map[string]any)) {
	p.override(func(o *overrides) { o.TokenResponse = change })
}

// What a renewed ID token may do (OpenID Connect Core section 12.2).
func TestRenewedIDTokenMay(t *testing.T) {
	t.Parallel()
	leaveOut := func(names ...string) func(claims map[string]any, nonce string) {
		return func(claims map[string]any, _ string) {
			for _, name := range names {
				delete(claims, name)
			}
		}
	}
	for name, change := range map[string]func(claims map[string]any, nonce string){
		"repeat the nonce of the sign-in": func(claims map[string]any, nonce string) { claims["nonce"] = nonce },
		"leave nonce and auth_time out":   leaveOut("nonce", "auth_time"),
		"leave sid out":                   leaveOut("sid"),
		"leave at_hash out":               leaveOut("at_hash"),
		"name the client as azp":          func(claims map[string]any, _ string) { claims["azp"] = "starter" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			nonce := ""
			p.override(func(o *overrides) {
				o.IDToken = func(claims, _ map[string]any) { nonce, _ = claims["nonce"].(string) }
			})
			b := newApp(t, p, offline).browser()
			b.MustSignIn()
			override := func(claims, _ map[string]any) { change(claims, nonce) }
			// What one renewal leaves out, the next one may bring, and still only as it was.
			for _, step := range []func(claims, header map[string]any){override, func(claims, _ map[string]any) { claims["nonce"] = nonce }, override} {
				p.override(func(o *overrides) { o.IDToken = step })
				p.Clock.Advance(2 * time.Hour)
				if _, err := b.Refresh(); err != nil {
					t.Fatal(err)
				}
			}
			for _, forged := range []map[string]any{{"nonce": "another"}, {"auth_time": 1700000000}, {"sid": "another"}} {
				p.override(func(o *overrides) { o.IDToken = func(claims, _ map[string]any) { maps.Copy(claims, forged) } })
				p.override(func(o *overrides) { o.NoRotation = true })
				p.Clock.Advance(2 * time.Hour)
				if _, err := b.Refresh(); !errors.Is(err, auth.ErrBadToken) {
					t.Errorf("%v after it: got %v, want %v", forged, err, auth.ErrBadToken)
				}
			}
		})
	}
}

// Keycloak moves auth_time when the person proves again who they are, for another application. The session goes on, and what
// counts for a page that wants a recent proof stays the sign-in.
func TestRenewedIDTokenWithALaterAuthTime(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, offline).browser()
	signedIn := b.MustSignIn().AuthTime
	p.override(func(o *overrides) {
		o.IDToken = func(claims, _ map[string]any) { claims["auth_time"] = p.Clock.Now().Unix() }
	})
	for range 2 {
		p.Clock.Advance(2 * time.Hour)
		if u, err := b.Refresh(); err != nil || !u.AuthTime.Equal(signedIn) {
			t.Errorf("got auth_time %v and %v, want %v", u.AuthTime, err, signedIn)
		}
	}
}

// Rotated tokens are worth more than an ID token that need not be there: they are kept when the
// keys to check it cannot be had.
func TestRenewedTokensAreKeptWhenTheKeysAreAway(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, offline).browser()
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
			t.Errorf("with the keys back: %v", err)
		}
	}
}

func TestRefreshTokenThatIsTakenNoMoreEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(p *provider){
		"as it should be said": (*provider).ExpireAllTokens,
		"with status 401":      func(p *provider) { p.Respond("/token", 401, "application/json", `{"error":"invalid_grant"}`) },
		"with status 200":      func(p *provider) { p.Respond("/token", 200, "application/json", `{"error":"invalid_grant"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b := newApp(t, p, offline).browser()
			b.MustSignIn()
			thief := b.thief()
			p.Clock.Advance(time.Hour)
			answer(p)
			if _, err := b.Refresh(); !errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
			}
			if b.token() != "" {
				t.Error("the cookie was left in the browser")
			}
			thief.CheckSignedOut()
		})
	}
}

func TestRefreshWithoutRefreshToken(t *testing.T) {
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
		t.Errorf("the token endpoint was asked %d times, want once at the sign-in", n)
	}
}

func TestRefreshByNobody(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	if _, err := newApp(t, p, nil).browser().Refresh(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
	if p.RequestCount("/userinfo")+p.RequestCount("/token") != 0 {
		t.Error("the provider was asked")
	}
}
