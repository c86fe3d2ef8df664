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
				op := newProvider(t)
				a, another := newApp(t, op, on(s)), newApp(t, op, on(s))
				var browsers [3]*browser
				for i, person := range []struct{ sub, sid string }{{"alice-0001", "alice-1"}, {"alice-0001", "alice-2"}, {"bob-0002", "bob-1"}} {
					op.asPerson(map[string]any{"sub": person.sub})
					op.withSID(person.sid)
					browsers[i] = a.browser()
					browsers[i].MustSignIn()
				}
				op.Clock.Advance(time.Second)
				if err := another.c.BackChannelLogout(t.Context(), op.LogoutToken(c.sub, c.sid, nil)); err != nil {
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
			op := newProvider(t)
			op.withSID("before")
			a := newApp(t, op, nil)
			before, after := a.browser(), a.browser()
			before.MustSignIn()
			op.Clock.Advance(time.Second)
			bySub, bySID := op.LogoutToken("alice-0001", "", lasting), op.LogoutToken("alice-0001", "before", lasting)
			revoke := func() {
				for _, token := range []string{bySub, bySID} {
					if err := a.c.BackChannelLogout(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
			}
			if delay == 0 {
				revoke()
			}
			op.Clock.Advance(max(delay, time.Second))
			op.withSID("after")
			after.MustSignIn()
			op.Clock.Advance(time.Second)
			if delay != 0 {
				revoke()
			}
			before.SignedOut()
			if _, err := after.User(); err != nil {
				t.Errorf("a session that began after the logout ended: %v", err)
			}
			// A replay ends nothing new either.
			if err := a.c.BackChannelLogout(t.Context(), bySub); !errors.Is(err, auth.ErrBadToken) {
				t.Errorf("a replay: got %v, want %v", err, auth.ErrBadToken)
			}
			if _, err := after.User(); err != nil {
				t.Errorf("a replay ended a session that began after the logout: %v", err)
			}
		})
	}
}

// lasting makes a token that can be delivered late.
func lasting(claims, _ map[string]any) { claims["exp"] = claims["iat"].(int64) + 600 }

func TestLogoutTokenWorksOnce(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		op := newProvider(t)
		instances := []*app{newApp(t, op, on(s)), newApp(t, op, on(s))}
		token := op.LogoutToken("alice-0001", "sid", lasting)
		var mu sync.Mutex
		var tries sync.WaitGroup
		results := map[bool]int{}
		for i := range 20 {
			tries.Go(func() {
				err := instances[i%2].c.BackChannelLogout(t.Context(), token)
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
		op.Clock.Advance(9 * time.Minute)
		if err := instances[0].c.BackChannelLogout(t.Context(), token); !errors.Is(err, auth.ErrBadToken) {
			t.Errorf("nine minutes later: got %v, want %v", err, auth.ErrBadToken)
		}
		if err := instances[0].c.BackChannelLogout(t.Context(), op.LogoutToken("alice-0001", "sid", nil)); err != nil {
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
		"as the session is marked":                  {[]string{"Mark"}, nil},
		"as the session is marked, and for a while": {[]string{"Mark", "Forget"}, auth.ErrBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			op := newProvider(t)
			op.withSID("sid-of-alice")
			a := newApp(t, op, on(s))
			b := a.browser()
			b.MustSignIn()
			op.Clock.Advance(time.Second)
			token := op.LogoutToken("alice-0001", "sid-of-alice", nil)
			s.fail(c.fails...)
			if err := a.c.BackChannelLogout(t.Context(), token); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
			}
			s.on(nil)
			if err := a.c.BackChannelLogout(t.Context(), token); !errors.Is(err, c.again) {
				t.Errorf("the next try: got %v, want %v", err, c.again)
			}
			b.SignedOut() // whatever the provider was told
		})
	}
}

func TestLogoutTokenThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(op *provider){
		"keys":          func(op *provider) { op.Status("/jwks", 503, "text/plain", "") },
		"keys, garbage": func(op *provider) { op.Status("/jwks", 200, "application/json", "%%%") },
		"discovery":     func(op *provider) { op.Down(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			s := newStore(t)
			b := newApp(t, op, on(s)).browser()
			b.MustSignIn()
			op.Clock.Advance(time.Second)
			token := op.LogoutToken("alice-0001", "", nil)
			started := newApp(t, op, on(s)) // has no copy of the keys
			away(op)
			err := started.c.BackChannelLogout(t.Context(), token)
			want := auth.ErrUnavailable
			if name == "keys, garbage" {
				want = auth.ErrMisconfigured
			}
			if !errors.Is(err, want) || errors.Is(err, auth.ErrBadToken) {
				t.Errorf("got %v, want %v", err, want)
			}
			op.Down(false)
			op.Clock.Advance(2 * time.Second)
			if err := started.c.BackChannelLogout(t.Context(), token); err != nil {
				t.Errorf("with the provider back: %v", err)
			}
			b.SignedOut()
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
				op := newProvider(t)
				op.withSID("sid-of-alice")
				a := newApp(t, op, on(s))
				b := a.browser()
				authURL, err := b.BeginLogin(auth.LoginOptions{})
				if err != nil {
					t.Fatal(err)
				}
				callback := b.Authorize(authURL)
				arrived, release := op.hold(t, "/userinfo")
				done := make(chan error)
				go func() { _, err := b.FinishLogin(callback); done <- err }()
				await(t, arrived)
				op.Clock.Advance(time.Second)
				if err := a.c.BackChannelLogout(t.Context(), op.LogoutToken(c.sub, c.sid, nil)); err != nil {
					t.Error(err)
				}
				op.Clock.Advance(time.Second)
				release()
				if err := <-done; err != nil {
					t.Error(err)
				}
				b.SignedOut()
			})
		})
	}
}

// logoutDuringASignIn ends alice's session at the provider while she is on her way back from it, and wants her signed out.
func logoutDuringASignIn(t *testing.T, op *provider, a *app) {
	t.Helper()
	b := a.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	if err := a.c.BackChannelLogout(t.Context(), op.LogoutToken("alice-0001", "sid-of-alice", nil)); err != nil {
		t.Fatal(err)
	}
	op.Clock.Advance(time.Minute)
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	b.SignedOut()
}

// A session of the provider does not begin again: whoever comes back from it after it has ended, with
// a code that is still good, is not signed in by it.
func TestLogoutTokenEndsASignInToCome(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.withSID("sid-of-alice")
	logoutDuringASignIn(t, op, newApp(t, op, nil))
}

// Nor is it later, where sessions last as long without use: the mark outlives every session that it ends.
func TestLogoutTokenEndsASignInToComeForGood(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		op := newProvider(t)
		op.Clock.Advance(-day - time.Second) // by the store's clock, a day has passed since the logout
		op.withSID("sid-of-alice")
		logoutDuringASignIn(t, op, newApp(t, op, all(on(s), func(cfg *auth.Config) { cfg.SessionLifetime, cfg.IdleTimeout = day, day })))
	})
}

// The endpoint's caller may hang up; what it asked for is done or said not to be.
func TestLogoutTokenOfACallerThatHangsUp(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	op := newProvider(t)
	a := newApp(t, op, on(s))
	b := a.browser()
	b.MustSignIn()
	op.Clock.Advance(time.Second)
	token := op.LogoutToken("alice-0001", "", nil)
	ctx, leave := context.WithCancel(t.Context())
	s.on(func(_ context.Context, method, _ string) error {
		if method == "Mark" {
			leave()
		}
		return nil
	})
	if err := a.c.BackChannelLogout(ctx, token); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	if err := a.c.BackChannelLogout(t.Context(), token); err != nil {
		t.Errorf("the next try: %v", err)
	}
	b.SignedOut()
}
