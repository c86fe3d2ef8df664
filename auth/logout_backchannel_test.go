package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Alice is signed in from two browsers, Bob from one.
func TestLogoutTokenEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub, sid string
		out      [3]bool
	}{
		"by sid, that session":                     {"", "alice-1", [3]bool{true, false, false}},
		"by sub, all of the person":                {"alice-0001", "", [3]bool{true, true, false}},
		"by both, that session":                    {"alice-0001", "alice-2", [3]bool{false, true, false}},
		"nothing, when nobody is signed in so":     {"carol-0003", "", [3]bool{}},
		"nothing, when the session is not of here": {"alice-0001", "unknown", [3]bool{}},
		"nothing, when sid is the sub of somebody": {"", "alice-0001", [3]bool{}},
		"nothing, when sub is a sid":               {"alice-1", "", [3]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyLocalStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				a, another := newApp(t, p, on(s)), newApp(t, p, on(s))
				var browsers [3]*browser
				for i, person := range []struct{ sub, sid string }{{"alice-0001", "alice-1"}, {"alice-0001", "alice-2"}, {"bob-0002", "bob-1"}} {
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
					if out := errors.Is(err, auth.ErrSignedOut); out != c.out[i] || (err != nil) != c.out[i] {
						t.Errorf("browser %d: got %v, want signed out: %v", i, err, c.out[i])
					}
				}
			})
		})
	}
}

func TestLogoutTokenDoesNotEndLaterSessions(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"delivered at once": 0, "delivered five minutes late": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.setSID("before")
			a := newApp(t, p, nil)
			before, after := a.browser(), a.browser()
			before.MustSignIn()
			p.Clock.Advance(time.Second)
			bySub, bySID := p.LogoutToken("alice-0001", "", validForTenMinutes), p.LogoutToken("alice-0001", "before", validForTenMinutes)
			revoke := func() {
				for _, token := range []string{bySub, bySID} {
					if err := a.client.BackChannelLogout(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
			}
			if delay == 0 {
				revoke()
			}
			p.Clock.Advance(max(delay, time.Second))
			p.setSID("after")
			after.MustSignIn()
			p.Clock.Advance(time.Second)
			if delay != 0 {
				revoke()
			}
			before.CheckSignedOut()
			if _, err := after.User(); err != nil {
				t.Errorf("a session that began after the logout ended: %v", err)
			}
			// A replay ends nothing new either.
			if err := a.client.BackChannelLogout(t.Context(), bySub); !errors.Is(err, auth.ErrBadToken) {
				t.Errorf("a replay: got %v, want %v", err, auth.ErrBadToken)
			}
			if _, err := after.User(); err != nil {
				t.Errorf("a replay ended a session that began after the logout: %v", err)
			}
		})
	}
}

// validForTenMinutes makes a token that can be delivered late.
func validForTenMinutes(claims, _ map[string]any) { claims["exp"] = claims["iat"].(int64) + 600 }

func TestLogoutTokenWorksOnce(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := []*app{newApp(t, p, on(s)), newApp(t, p, on(s))}
		token := p.LogoutToken("alice-0001", "sid", validForTenMinutes)
		var mu sync.Mutex
		var tries sync.WaitGroup
		results := map[bool]int{}
		for i := range 20 {
			tries.Go(func() {
				err := instances[i%2].client.BackChannelLogout(t.Context(), token)
				if err != nil && !errors.Is(err, auth.ErrBadToken) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				results[err == nil]++
			})
		}
		tries.Wait()
		if results[true] != 1 {
			t.Errorf("it was accepted %d times, want once", results[true])
		}
		p.Clock.Advance(9 * time.Minute)
		if err := instances[0].client.BackChannelLogout(t.Context(), token); !errors.Is(err, auth.ErrBadToken) {
			t.Errorf("nine minutes later: got %v, want %v", err, auth.ErrBadToken)
		}
		if err := instances[0].client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "sid", nil)); err != nil {
			t.Errorf("another token for the same session: %v", err)
		}
	})
}

// A store that fails is not the provider's fault: its next try with the same token must work.
func TestLogoutTokenAndAStoreThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fails []string
		again error // of the provider's next try, with the store back
	}{
		"before anything":                           {nil, nil},
		"as the session is marked":                  {[]string{"EndAll"}, nil},
		"as the session is marked, and for a while": {[]string{"EndAll", "CompareAndDelete"}, auth.ErrBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			p.setSID("sid-of-alice")
			a := newApp(t, p, on(s))
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			token := p.LogoutToken("alice-0001", "sid-of-alice", nil)
			s.fail(c.fails...)
			if err := a.client.BackChannelLogout(t.Context(), token); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
			}
			s.beforeCall(nil)
			if err := a.client.BackChannelLogout(t.Context(), token); !errors.Is(err, c.again) {
				t.Errorf("the next try: got %v, want %v", err, c.again)
			}
			b.CheckSignedOut() // whatever the provider was told
		})
	}
}

func TestLogoutTokenThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(p *provider){
		"keys":          func(p *provider) { p.Respond("/jwks", 503, "text/plain", "") },
		"keys, garbage": func(p *provider) { p.Respond("/jwks", 200, "application/json", "%%%") },
		"discovery":     func(p *provider) { p.SetDown(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newStore(t)
			b := newApp(t, p, on(s)).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			token := p.LogoutToken("alice-0001", "", nil)
			started := newApp(t, p, on(s)) // has no copy of the keys
			away(p)
			err := started.client.BackChannelLogout(t.Context(), token)
			if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
			}
			p.SetDown(false)
			p.Clock.Advance(2 * time.Second)
			if err := started.client.BackChannelLogout(t.Context(), token); err != nil {
				t.Errorf("with the provider back: %v", err)
			}
			b.CheckSignedOut()
		})
	}
}

// A logout that comes while the sign-in is being finished ends it.
func TestLogoutTokenEndsASignInBeingFinished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sub, sid string }{"by sid": {"", "sid-of-alice"}, "by sub": {"alice-0001", ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyLocalStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				p.setSID("sid-of-alice")
				a := newApp(t, p, on(s))
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

// checkLogoutDuringSignIn ends alice's session at the provider while she is on her way back from it, and wants her signed out.
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

// A session of the provider does not begin again: whoever comes back from it after it has ended, with
// a code that is still good, is not signed in by it.
func TestLogoutTokenEndsASignInToCome(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.setSID("sid-of-alice")
	checkLogoutDuringSignIn(t, p, newApp(t, p, nil))
}

// Nor is it later, where sessions last as long without use: the mark outlives every session that it ends.
func TestLogoutTokenEndsASignInToComeForGood(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		p.Clock.Advance(-day - time.Second) // by the store's clock, a day has passed since the logout
		p.setSID("sid-of-alice")
		checkLogoutDuringSignIn(t, p, newApp(t, p, all(on(s), func(cfg *auth.Config) { cfg.SessionLifetime, cfg.IdleTimeout = day, day })))
	})
}

// The endpoint's caller may hang up; what it asked for is done or said not to be.
func TestLogoutTokenOfACallerThatHangsUp(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	a := newApp(t, p, on(s))
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Second)
	token := p.LogoutToken("alice-0001", "", nil)
	ctx, disconnect := context.WithCancel(t.Context())
	s.beforeCall(func(_ context.Context, method, _ string) error {
		if method == "EndAll" {
			disconnect()
		}
		return nil
	})
	if err := a.client.BackChannelLogout(ctx, token); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	if err := a.client.BackChannelLogout(t.Context(), token); err != nil {
		t.Errorf("the next try: %v", err)
	}
	b.CheckSignedOut()
}
