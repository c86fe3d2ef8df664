package auth_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// In each case, Alice is signed in with two browsers and Bob with one.
func TestLogoutTokenEndsSessions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub, sid string
		ended    [3]bool
	}{
		"sid: that session":                    {"", "alice-1", [3]bool{true, false, false}},
		"sub: all sessions of the person":      {"alice-0001", "", [3]bool{true, true, false}},
		"sub and sid: that session":            {"alice-0001", "alice-2", [3]bool{false, true, false}},
		"sub of nobody who is signed in: none": {"carol-0003", "", [3]bool{}},
		"unknown sid: none":                    {"alice-0001", "unknown", [3]bool{}},
		"sub as sid: none":                     {"", "alice-0001", [3]bool{}},
		"sid as sub: none":                     {"alice-1", "", [3]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyLocalStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				a, another := newApp(t, p, withStore(s)), newApp(t, p, withStore(s))
				var browsers [3]*browser
				for i, person := range []struct{ sub, sid string }{
					{"alice-0001", "alice-1"}, {"alice-0001", "alice-2"}, {"bob-0002", "bob-1"},
				} {
					p.setUser(map[string]any{"sub": person.sub})
					p.setSID(person.sid)
					browsers[i] = a.browser()
					browsers[i].MustSignIn()
				}
				p.Clock.Advance(time.Second)
				if err := another.client.BackChannelLogout(t.Context(), p.LogoutToken(c.sub, c.sid, nil)); err != nil {
					t.Fatal(err)
				}
				for i, b := range browsers {
					_, err := b.User()
					if ended := errors.Is(err, auth.ErrSignedOut); ended != c.ended[i] || (err != nil) != c.ended[i] {
						t.Errorf("browser %d: got %v, want signed out: %v", i, err, c.ended[i])
					}
				}
			})
		})
	}
}

func TestLogoutTokenDoesNotEndLaterSessions(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{
		"delivered at once": 0, "delivered five minutes late": 5 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.setSID("before")
			a := newApp(t, p, nil)
			before, after := a.browser(), a.browser()
			before.MustSignIn()
			p.Clock.Advance(time.Second)
			bySub := p.LogoutToken("alice-0001", "", validForTenMinutes)
			bySID := p.LogoutToken("alice-0001", "before", validForTenMinutes)
			logout := func() {
				for _, token := range []string{bySub, bySID} {
					if err := a.client.BackChannelLogout(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
			}
			if delay == 0 {
				logout()
			}
			p.Clock.Advance(max(delay, time.Second))
			p.setSID("after")
			after.MustSignIn()
			p.Clock.Advance(time.Second)
			if delay != 0 {
				logout()
			}
			before.CheckSignedOut()
			if _, err := after.User(); err != nil {
				t.Errorf("the logout ended a later session: %v", err)
			}
			// A replay does not end it either.
			if err := a.client.BackChannelLogout(t.Context(), bySub); !errors.Is(err, auth.ErrBadToken) {
				t.Errorf("replay: got %v, want %v", err, auth.ErrBadToken)
			}
			if _, err := after.User(); err != nil {
				t.Errorf("the replay ended a later session: %v", err)
			}
		})
	}
}

// validForTenMinutes changes the claims of a logout token that is delivered late.
func validForTenMinutes(claims, _ map[string]any) { claims["exp"] = claims["iat"].(int64) + 600 }

func TestLogoutTokenIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := []*app{newApp(t, p, withStore(s)), newApp(t, p, withStore(s))}
		token := p.LogoutToken("alice-0001", "sid", validForTenMinutes)
		var mu sync.Mutex
		var calls sync.WaitGroup
		results := map[bool]int{}
		for i := range 20 {
			calls.Go(func() {
				err := instances[i%2].client.BackChannelLogout(t.Context(), token)
				if err != nil && !errors.Is(err, auth.ErrBadToken) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				results[err == nil]++
			})
		}
		calls.Wait()
		if results[true] != 1 {
			t.Errorf("the token was accepted %d times, want once", results[true])
		}
		p.Clock.Advance(9 * time.Minute)
		if err := instances[0].client.BackChannelLogout(t.Context(), token); !errors.Is(err, auth.ErrBadToken) {
			t.Errorf("replay nine minutes later: got %v, want %v", err, auth.ErrBadToken)
		}
		another := p.LogoutToken("alice-0001", "sid", nil)
		if err := instances[0].client.BackChannelLogout(t.Context(), another); err != nil {
			t.Errorf("another token for the same session: %v", err)
		}
	})
}

// The logout token arrives while FinishLogin waits for userinfo.
func TestLogoutTokenEndsASignInInProgress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sub, sid string }{
		"by sid": {"", "sid-of-alice"}, "by sub": {"alice-0001", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyLocalStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				p.setSID("sid-of-alice")
				a := newApp(t, p, withStore(s))
				b := a.browser()
				authURL, err := b.BeginLogin(auth.LoginOptions{})
				if err != nil {
					t.Fatal(err)
				}
				callback := b.Authorize(authURL)
				arrived, release := p.holdResponse(t, "/userinfo")
				done := make(chan error)
				go func() { _, err := b.FinishLogin(callback); done <- err }()
				waitFor(t, arrived)
				p.Clock.Advance(time.Second)
				if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken(c.sub, c.sid, nil)); err != nil {
					t.Error(err)
				}
				p.Clock.Advance(time.Second)
				release()
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.CheckSignedOut()
			})
		})
	}
}

// checkLogoutDuringSignIn delivers a logout token before the callback of a sign-in with the same sid, and checks that
// Alice is signed out after the callback.
func checkLogoutDuringSignIn(t *testing.T, p *provider, a *app) {
	t.Helper()
	b := a.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "sid-of-alice", nil)); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(time.Minute)
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	b.CheckSignedOut()
}

// The provider never uses a sid again. A callback that arrives after its sid has ended therefore signs nobody in, even
// if the code is still valid.
func TestLogoutTokenEndsALaterSignInWithItsSID(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.setSID("sid-of-alice")
	checkLogoutDuringSignIn(t, p, newApp(t, p, nil))
}

// The store keeps the mark of an ended sid longer than any session that the mark can end.
func TestEndedSIDIsRememberedLongerThanASessionLasts(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		p.Clock.Advance(-day - time.Second) // for the store, the logout was a day ago
		p.setSID("sid-of-alice")
		checkLogoutDuringSignIn(t, p, newApp(t, p, combine(withStore(s), func(cfg *auth.Config) {
			cfg.SessionLifetime, cfg.IdleTimeout = day, day
		})))
	})
}

// TestLogoutTokenEndsSessionsOfAFastClock signs in at an instance whose clock is 20 seconds ahead of the one that
// receives the logout token.
func TestLogoutTokenEndsSessionsOfAFastClock(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		ahead := newApp(t, p, combine(withStore(s), func(cfg *auth.Config) {
			cfg.Now = func() time.Time { return p.Clock.Now().Add(20 * time.Second) }
		}))
		b := ahead.browser()
		b.MustSignIn()
		p.Clock.Advance(time.Second)
		logout := p.LogoutToken("alice-0001", "", nil)
		if err := newApp(t, p, withStore(s)).client.BackChannelLogout(t.Context(), logout); err != nil {
			t.Fatal(err)
		}
		b.CheckSignedOut()
	})
}
