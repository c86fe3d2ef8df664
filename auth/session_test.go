package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const day = 24 * time.Hour

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	use := func(b *browser) (auth.User, error) { return b.User() }
	peek := func(b *browser) (auth.User, error) { return b.Peek() }
	type visit struct {
		after time.Duration // since the visit before
		by    func(*browser) (auth.User, error)
		ended bool
	}
	for name, visits := range map[string][]visit{
		"after no use for the idle timeout":               {{day - time.Second, use, false}, {day, use, true}},
		"at the very moment":                              {{day, use, true}},
		"later when it is used":                           {{23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}},
		"no later when a page asks by itself":             {{20 * time.Hour, peek, false}, {3 * time.Hour, peek, false}, {2 * time.Hour, peek, true}},
		"after its lifetime however much it is used":      {{day / 2, use, false}, {day / 2, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {23 * time.Hour, use, false}, {5 * time.Hour, use, false}, {time.Hour + time.Second, use, true}},
		"not when it was used a little less than a tenth": {{2 * time.Hour, use, false}, {21 * time.Hour, use, false}, {23 * time.Hour, use, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			op := newProvider(t)
			b := newApp(t, op, on(s)).browser()
			signedIn := b.MustSignIn()
			if want := op.Clock.Now().Add(7 * day); !signedIn.Ends.Equal(want) {
				t.Errorf("it ends at %v, want %v", signedIn.Ends, want)
			}
			for i, v := range visits {
				op.Clock.Advance(v.after)
				u, err := v.by(b)
				if v.ended != errors.Is(err, auth.ErrSignedOut) || (err == nil) != !v.ended {
					t.Fatalf("visit %d: got %v, want it ended: %v", i+1, err, v.ended)
				}
				if err == nil && !u.Ends.Equal(signedIn.Ends) {
					t.Errorf("visit %d: it ends at %v now, want %v", i+1, u.Ends, signedIn.Ends)
				}
				if s.expiry().After(signedIn.Ends) {
					t.Errorf("visit %d: the store was told to keep it until %v, after its end %v", i+1, s.expiry(), signedIn.Ends)
				}
			}
		})
	}
}

// The store's own clock ends it as well: nothing of a session is left when its time is over.
func TestStoreEndsTheSessionByItself(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		op := newProvider(t)
		op.Clock.Advance(-day + 200*time.Millisecond) // a session that begins now has a moment left by the store's clock
		b := newApp(t, op, on(s)).browser()
		if err := b.SignIn(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); ; {
			if _, ok, err := s.Store.Find(t.Context(), s.key()); err != nil || !ok {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the store keeps it")
			}
		}
		b.SignedOut()
	})
}

func TestRefreshLeavesTheEndOfTheSessionAlone(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	b := newApp(t, op, offline).browser()
	u := b.MustSignIn()
	for range 7 {
		op.Clock.Advance(22 * time.Hour)
		fresh, err := b.Refresh()
		if err != nil || !fresh.Ends.Equal(u.Ends) || !fresh.Began.Equal(u.Began) {
			t.Errorf("got %v to %v, %v; want %v to %v", fresh.Began, fresh.Ends, err, u.Began, u.Ends)
		}
	}
	op.Clock.Advance(14*time.Hour + time.Second)
	b.SignedOut()
	if _, err := b.Refresh(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
}

func TestTagStandsForOneSession(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	b := newApp(t, op, nil).browser()
	first := b.MustSignIn()
	op.Clock.Advance(time.Second)
	refreshed, err := b.Refresh()
	if err != nil || refreshed.Tag != first.Tag || len(first.Tag) < 10 || strings.Contains(b.token(), first.Tag) {
		t.Errorf("got tag %q then %q, %v; want one", first.Tag, refreshed.Tag, err)
	}
	if again := b.MustSignIn(); again.Tag == first.Tag {
		t.Errorf("got tag %q after a new sign-in, want a new one", again.Tag)
	}
}

// What is asked of the store: nothing for a visitor without a session, one round trip otherwise.
func TestStoreIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), on(s))
	b := a.browser()
	b.SignedOut()
	if n := s.count(append(writes, "Find", "Known")...); n != 0 {
		t.Errorf("a visitor cost %d calls of the store, want none", n)
	}
	b.MustSignIn()
	s.reset()
	b.visit(a.c.Load, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		for range 3 {
			if _, err := a.c.User(r.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if find, others := s.count("Find"), s.count(append(writes, "Known")...); find != 1 || others != 0 {
		t.Errorf("a signed-in page cost %d reads and %d other calls, want one read", find, others)
	}
}

func TestUserOutsideLoadPanics(t *testing.T) {
	t.Parallel()
	c := newClient(t, newProvider(t), nil)
	defer func() {
		if recover() == nil {
			t.Error("a handler outside Load was not told so")
		}
	}()
	_, _ = c.User(t.Context())
}

func TestStoreThatIsAway(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	op := newProvider(t)
	a := newApp(t, op, all(offline, on(s)))
	b, visitor := a.browser(), a.browser()
	b.MustSignIn()
	op.Clock.Advance(3 * time.Hour)
	authURL, err := visitor.Begin(auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := visitor.Authorize(authURL)
	token := b.token()
	refreshed := op.Calls("/token")

	s.fail()
	unavailable := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrSignedOut) || !errors.Is(err, errStoreAway) {
			t.Errorf("%s: got %v, want %v because of the store", what, err, auth.ErrUnavailable)
		}
	}
	served := false
	b.visit(a.c.Load, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		served = true
		_, err := a.c.User(r.Context())
		unavailable("User", err)
	})
	if !served {
		t.Error("Load did not serve the page")
	}
	_, err = b.Refresh()
	unavailable("Refresh", err)
	_, err = b.End()
	unavailable("End", err)
	_, err = visitor.Finish(callback)
	unavailable("Finish", err)
	unavailable("Revoke", a.c.Revoke(t.Context(), op.LogoutToken("alice-0001", "", nil)))
	unavailable("RevokeSession", a.c.RevokeSession(t.Context(), op.Issuer, "sid"))
	unavailable("Ready", a.c.Ready(t.Context()))
	if visitor.token() != "" || b.token() != token {
		t.Error("a session cookie was handed out or taken away")
	}
	if n := op.Calls("/token"); n != refreshed+1 { // of the callback
		t.Errorf("the token endpoint was asked %d times, want once", n-refreshed)
	}

	s.on(nil)
	if err := a.c.Ready(t.Context()); err != nil {
		t.Errorf("Ready, with the store back: %v", err)
	}
	if _, err := b.User(); err != nil {
		t.Errorf("User, with the store back: %v", err)
	}
	visitor.SignedOut()
	if err := visitor.SignIn(); err != nil {
		t.Errorf("a new sign-in, with the store back: %v", err)
	}
	if _, err := b.Refresh(); err != nil {
		t.Errorf("Refresh, with the store back: %v", err)
	}
	if _, err := b.End(); err != nil {
		t.Errorf("End, with the store back: %v", err)
	}
	b.SignedOut()
}

func TestSignInNeedsTheStoreOnceForItsKey(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	op := newProvider(t)
	b := newApp(t, op, on(s)).browser()
	s.fail()
	if _, err := b.Begin(auth.BeginOptions{}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	s.on(nil)
	op.Clock.Advance(2 * time.Second)
	b.MustSignIn()
}

// A store that fails in the middle of something leaves nothing half done.
func TestStoreThatFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	t.Run("prolonging: the page is served, the next request tries again", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		op := newProvider(t)
		b := newApp(t, op, on(s)).browser()
		b.MustSignIn()
		op.Clock.Advance(20 * time.Hour)
		s.fail("Touch")
		if _, err := b.User(); err != nil {
			t.Error(err)
		}
		s.on(nil)
		if _, err := b.User(); err != nil {
			t.Error(err)
		}
		op.Clock.Advance(20 * time.Hour)
		if _, err := b.User(); err != nil {
			t.Errorf("it was not prolonged: %v", err)
		}
	})
	t.Run("signing out: still signed in, and told so", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), on(s)).browser()
		b.MustSignIn()
		s.fail("Delete")
		if to, err := b.End(); !errors.Is(err, auth.ErrUnavailable) || to != "" {
			t.Errorf("got %q, %v; want %v", to, err, auth.ErrUnavailable)
		}
		if _, err := b.User(); err != nil || b.token() == "" {
			t.Errorf("got %v, want still signed in", err)
		}
	})
	t.Run("keeping what userinfo said: the session as before", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		op := newProvider(t)
		b := newApp(t, op, on(s)).browser()
		before := b.MustSignIn()
		op.Clock.Advance(time.Minute)
		op.asPerson(map[string]any{"sub": "alice-0001", "name": "New Name"})
		s.fail("Update")
		if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
		}
		if u, err := b.User(); err != nil || u.Name != before.Name || u.Tag != before.Tag {
			t.Errorf("got %q, %v; want %q", u.Name, err, before.Name)
		}
	})
	t.Run("taking the lease: no call to the provider", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		op := newProvider(t)
		b := newApp(t, op, on(s)).browser()
		b.MustSignIn()
		calls := op.Calls("/userinfo")
		s.fail("LoadOrStore")
		if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) || op.Calls("/userinfo") != calls {
			t.Errorf("got %v and %d calls, want %v and none", err, op.Calls("/userinfo")-calls, auth.ErrUnavailable)
		}
	})
	t.Run("giving the lease back: the refresh is done", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), on(s)).browser()
		b.MustSignIn()
		s.fail("Forget")
		if _, err := b.Refresh(); err != nil {
			t.Error(err)
		}
	})
	t.Run("replacing a session: signed in as the new person", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		op := newProvider(t)
		b := newApp(t, op, on(s)).browser()
		b.MustSignIn()
		op.asPerson(map[string]any{"sub": "bob-0002"})
		s.fail("Delete")
		if u := b.MustSignIn(); u.Subject != "bob-0002" {
			t.Errorf("got %q, want bob-0002", u.Subject)
		}
	})
}
