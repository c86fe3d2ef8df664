package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const day = 24 * time.Hour

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	type visit struct {
		after time.Duration // since the previous visit
		by    func(*browser) (auth.User, error)
		ended bool
	}
	use := func(after time.Duration) visit { return visit{after: after, by: (*browser).User} }
	peek := func(after time.Duration) visit { return visit{after: after, by: (*browser).Peek} }
	ended := func(v visit) visit { v.ended = true; return v }
	for name, visits := range map[string][]visit{
		"after the idle timeout":      {use(day - time.Second), ended(use(day))},
		"at the idle timeout":         {ended(use(day))},
		"later if it is used":         {use(23 * time.Hour), use(23 * time.Hour), use(23 * time.Hour)},
		"not later if Peek is called": {peek(20 * time.Hour), peek(3 * time.Hour), ended(peek(2 * time.Hour))},
		"after its lifetime even if it is used": {
			use(day / 2), use(day / 2), use(23 * time.Hour), use(23 * time.Hour), use(23 * time.Hour), use(23 * time.Hour),
			use(23 * time.Hour), use(23 * time.Hour), use(5 * time.Hour), ended(use(time.Hour + time.Second)),
		},
		"later even if an early use is not stored": {use(2 * time.Hour), use(21 * time.Hour), use(23 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			b := newApp(t, p, withStore(s)).browser()
			signedIn := b.MustSignIn()
			if want := p.Clock.Now().Add(7 * day); !signedIn.ExpiresAt.Equal(want) {
				t.Errorf("got ExpiresAt %v, want %v", signedIn.ExpiresAt, want)
			}
			for i, v := range visits {
				p.Clock.Advance(v.after)
				u, err := v.by(b)
				if v.ended != errors.Is(err, auth.ErrSignedOut) || (err == nil) != !v.ended {
					t.Fatalf("visit %d: got %v, want signed out: %v", i+1, err, v.ended)
				}
				if err == nil && !u.ExpiresAt.Equal(signedIn.ExpiresAt) {
					t.Errorf("visit %d: got ExpiresAt %v, want %v", i+1, u.ExpiresAt, signedIn.ExpiresAt)
				}
				if s.expiry().After(signedIn.ExpiresAt) {
					t.Errorf("visit %d: the store keeps the session until %v, want at most %v",
						i+1, s.expiry(), signedIn.ExpiresAt)
				}
			}
		})
	}
}

func TestSessionExpiresEvenIfTheStoreKeepsIt(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	b := newApp(t, p, withStore(s)).browser()
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

// The store deletes an expired session by its own clock.
func TestStoreDropsAnExpiredSession(t *testing.T) {
	t.Parallel()
	everyLocalStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		p.Clock.Advance(-day + 200*time.Millisecond) // for the store, a new session expires in 200 ms
		b := newApp(t, p, withStore(s)).browser()
		if err := b.SignIn(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); ; {
			if _, ok, err := s.Store.Find(t.Context(), s.lastKey()); err != nil || !ok {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the store still has the session")
			}
		}
		b.CheckSignedOut()
	})
}

func TestRefreshDoesNotExtendTheSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, withOfflineAccess).browser()
	u := b.MustSignIn()
	for range 7 {
		p.Clock.Advance(22 * time.Hour)
		refreshed, err := b.Refresh()
		if err != nil || !refreshed.ExpiresAt.Equal(u.ExpiresAt) || !refreshed.SignedInAt.Equal(u.SignedInAt) {
			t.Errorf("got a session from %v to %v, %v; want %v to %v", refreshed.SignedInAt, refreshed.ExpiresAt, err,
				u.SignedInAt, u.ExpiresAt)
		}
	}
	p.Clock.Advance(14*time.Hour + time.Second)
	b.CheckSignedOut()
	if _, err := b.Refresh(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
}

func TestSessionRefIdentifiesOneSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	first := b.MustSignIn()
	p.Clock.Advance(time.Second)
	refreshed, err := b.Refresh()
	if err != nil || refreshed.SessionRef != first.SessionRef {
		t.Errorf("after a refresh: got SessionRef %q, %v; want %q", refreshed.SessionRef, err, first.SessionRef)
	}
	if len(first.SessionRef) < 10 || strings.Contains(b.token(), first.SessionRef) {
		t.Errorf("SessionRef %q is too short or part of the session token", first.SessionRef)
	}
	if second := b.MustSignIn(); second.SessionRef == first.SessionRef {
		t.Errorf("got SessionRef %q again after a new sign-in", second.SessionRef)
	}
}

func TestRequestWithoutSessionDoesNotUseTheStore(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	newApp(t, newProvider(t), withStore(s)).browser().CheckSignedOut()
	if n := s.count(append(writes, "Find", "HasLabel")...); n != 0 {
		t.Errorf("got %d calls of the store, want none", n)
	}
}

func TestUserOutsideLoadPanics(t *testing.T) {
	t.Parallel()
	c := newClient(t, newProvider(t), nil)
	defer func() {
		if recover() == nil {
			t.Error("User did not panic outside Load")
		}
	}()
	_, _ = c.User(t.Context())
}
