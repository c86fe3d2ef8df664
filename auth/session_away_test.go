package auth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestStoreThatIsAway(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	op := newProvider(t)
	a := newApp(t, op, all(offline, on(s)))
	b, visitor := a.browser(), a.browser()
	b.MustSignIn()
	op.Clock.Advance(3 * time.Hour)
	authURL, err := visitor.BeginLogin(auth.LoginOptions{})
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
	_, err = b.BeginLogout()
	unavailable("End", err)
	_, err = visitor.FinishLogin(callback)
	unavailable("Finish", err)
	unavailable("Revoke", a.c.BackChannelLogout(t.Context(), op.LogoutToken("alice-0001", "", nil)))
	unavailable("FrontChannelLogout", a.c.FrontChannelLogout(t.Context(), op.Issuer, "sid"))
	unavailable("Ready", a.c.Ready(t.Context()))
	if visitor.token() != "" || b.token() != token {
		t.Error("a session cookie was handed out or taken away")
	}
	if n := op.Calls("/token"); n != refreshed { // the code is not used up
		t.Errorf("the token endpoint was asked %d times, want never", n-refreshed)
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
	if _, err := b.BeginLogout(); err != nil {
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
	if _, err := b.BeginLogin(auth.LoginOptions{}); !errors.Is(err, auth.ErrUnavailable) {
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
		if to, err := b.BeginLogout(); !errors.Is(err, auth.ErrUnavailable) || to != "" {
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
		if u, err := b.User(); err != nil || u.Name != before.Name || u.SessionRef != before.SessionRef {
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
