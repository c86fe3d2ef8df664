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
			p := newProvider(t)
			b := newApp(t, p, on(s)).browser()
			signedIn := b.MustSignIn()
			if want := p.Clock.Now().Add(7 * day); !signedIn.ExpiresAt.Equal(want) {
				t.Errorf("it ends at %v, want %v", signedIn.ExpiresAt, want)
			}
			for i, v := range visits {
				p.Clock.Advance(v.after)
				u, err := v.by(b)
				if v.ended != errors.Is(err, auth.ErrSignedOut) || (err == nil) != !v.ended {
					t.Fatalf("visit %d: got %v, want it ended: %v", i+1, err, v.ended)
				}
				if err == nil && !u.ExpiresAt.Equal(signedIn.ExpiresAt) {
					t.Errorf("visit %d: it ends at %v now, want %v", i+1, u.ExpiresAt, signedIn.ExpiresAt)
				}
				if s.expiry().After(signedIn.ExpiresAt) {
					t.Errorf("visit %d: the store was told to keep it until %v, after its end %v", i+1, s.expiry(), signedIn.ExpiresAt)
				}
			}
		})
	}
}

// A store that keeps it longer than it was told does not lengthen it.
func TestSessionEndsWhateverTheStoreSays(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	b := newApp(t, p, on(s)).browser()
	u := b.MustSignIn()
	if err := s.Store.Touch(t.Context(), s.lastKey(), u.ExpiresAt.Add(day)); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(7*day - time.Second)
	if _, err := b.User(); err != nil {
		t.Error(err)
	}
	p.Clock.Advance(time.Second)
	b.CheckSignedOut()
}

// The store's own clock ends it as well: nothing of a session is left when its time is over.
func TestStoreEndsTheSessionByItself(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		p.Clock.Advance(-day + 200*time.Millisecond) // a session that begins now has a moment left by the store's clock
		b := newApp(t, p, on(s)).browser()
		if err := b.SignIn(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); ; {
			if _, ok, err := s.Store.Find(t.Context(), s.lastKey()); err != nil || !ok {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the store keeps it")
			}
		}
		b.CheckSignedOut()
	})
}

func TestRefreshLeavesTheEndOfTheSessionAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, offline).browser()
	u := b.MustSignIn()
	for range 7 {
		p.Clock.Advance(22 * time.Hour)
		fresh, err := b.Refresh()
		if err != nil || !fresh.ExpiresAt.Equal(u.ExpiresAt) || !fresh.SignedInAt.Equal(u.SignedInAt) {
			t.Errorf("got %v to %v, %v; want %v to %v", fresh.SignedInAt, fresh.ExpiresAt, err, u.SignedInAt, u.ExpiresAt)
		}
	}
	p.Clock.Advance(14*time.Hour + time.Second)
	b.CheckSignedOut()
	if _, err := b.Refresh(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
}

func TestTagStandsForOneSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	first := b.MustSignIn()
	p.Clock.Advance(time.Second)
	refreshed, err := b.Refresh()
	if err != nil || refreshed.SessionRef != first.SessionRef || len(first.SessionRef) < 10 || strings.Contains(b.token(), first.SessionRef) {
		t.Errorf("got tag %q then %q, %v; want one", first.SessionRef, refreshed.SessionRef, err)
	}
	if again := b.MustSignIn(); again.SessionRef == first.SessionRef {
		t.Errorf("got tag %q after a new sign-in, want a new one", again.SessionRef)
	}
}

// What is asked of the store: nothing for a visitor without a session, one round trip otherwise.
func TestStoreIsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	a := newApp(t, newProvider(t), on(s))
	b := a.browser()
	b.CheckSignedOut()
	if n := s.count(append(writes, "Find", "HasLabel")...); n != 0 {
		t.Errorf("a visitor cost %d calls of the store, want none", n)
	}
	b.MustSignIn()
	s.reset()
	b.visit(a.client.Load, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		for range 3 {
			if _, err := a.client.User(r.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if find, others := s.count("Find"), s.count(append(writes, "HasLabel")...); find != 1 || others != 0 {
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
