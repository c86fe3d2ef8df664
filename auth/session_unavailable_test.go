package auth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestStoreUnavailable(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	a := newApp(t, p, combine(withOfflineAccess, withStore(s)))
	b, visitor := a.browser(), a.browser()
	b.MustSignIn()
	p.Clock.Advance(3 * time.Hour)
	authURL, err := visitor.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := visitor.Authorize(authURL)
	token := b.token()
	tokenRequests := p.RequestCount("/token")

	s.fail()
	checkUnavailable := func(method string, err error) {
		t.Helper()
		if !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrSignedOut) ||
			!errors.Is(err, errStoreUnavailable) {
			t.Errorf("%s: got %v, want %v with the error of the store", method, err, auth.ErrUnavailable)
		}
	}
	served := false
	b.visit(a.client.Load, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		served = true
		_, err := a.client.User(r.Context())
		checkUnavailable("User", err)
	})
	if !served {
		t.Error("Load did not serve the page")
	}
	_, err = b.Refresh()
	checkUnavailable("Refresh", err)
	_, err = b.BeginLogout()
	checkUnavailable("BeginLogout", err)
	_, err = visitor.FinishLogin(callback)
	checkUnavailable("FinishLogin", err)
	checkUnavailable("BackChannelLogout", a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil)))
	checkUnavailable("FrontChannelLogout", a.client.FrontChannelLogout(t.Context(), p.Issuer, "sid"))
	checkUnavailable("Ready", a.client.Ready(t.Context()))
	if visitor.token() != "" || b.token() != token {
		t.Error("a session cookie was set or deleted")
	}
	if n := p.RequestCount("/token"); n != tokenRequests { // the code stays valid
		t.Errorf("the token endpoint received %d requests, want none", n-tokenRequests)
	}

	s.beforeCall(nil)
	if err := a.client.Ready(t.Context()); err != nil {
		t.Errorf("Ready when the store is available again: %v", err)
	}
	if _, err := b.User(); err != nil {
		t.Errorf("User when the store is available again: %v", err)
	}
	visitor.CheckSignedOut()
	if err := visitor.SignIn(); err != nil {
		t.Errorf("new sign-in when the store is available again: %v", err)
	}
	if _, err := b.Refresh(); err != nil {
		t.Errorf("Refresh when the store is available again: %v", err)
	}
	if _, err := b.BeginLogout(); err != nil {
		t.Errorf("BeginLogout when the store is available again: %v", err)
	}
	b.CheckSignedOut()
}

func TestBeginLoginRetriesAfterAStoreError(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	b := newApp(t, p, withStore(s)).browser()
	s.fail()
	if _, err := b.BeginLogin(auth.LoginOptions{}); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	s.beforeCall(nil)
	p.Clock.Advance(2 * time.Second)
	b.MustSignIn()
}

// Each case fails one method of the store in the middle of a call. The case name states the result.
func TestStoreErrorDuringACall(t *testing.T) {
	t.Parallel()
	t.Run("Touch: the next request retries", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		p := newProvider(t)
		b := newApp(t, p, withStore(s)).browser()
		b.MustSignIn()
		p.Clock.Advance(20 * time.Hour)
		s.fail("Touch")
		if _, err := b.User(); err != nil {
			t.Error(err)
		}
		s.beforeCall(nil)
		if _, err := b.User(); err != nil {
			t.Error(err)
		}
		p.Clock.Advance(20 * time.Hour)
		if _, err := b.User(); err != nil {
			t.Errorf("the session was not extended: %v", err)
		}
	})
	t.Run("Delete at sign-out: still signed in", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), withStore(s)).browser()
		b.MustSignIn()
		s.fail("Delete")
		if endURL, err := b.BeginLogout(); !errors.Is(err, auth.ErrUnavailable) || endURL != "" {
			t.Errorf("got %q, %v; want %v", endURL, err, auth.ErrUnavailable)
		}
		if _, err := b.User(); err != nil || b.token() == "" {
			t.Errorf("got %v, want still signed in", err)
		}
	})
	t.Run("Update: session unchanged", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		p := newProvider(t)
		b := newApp(t, p, withStore(s)).browser()
		before := b.MustSignIn()
		p.Clock.Advance(time.Minute)
		p.setUser(map[string]any{"sub": "alice-0001", "name": "New Name"})
		s.fail("Update")
		if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
		}
		if u, err := b.User(); err != nil || u.Name != before.Name || u.SessionRef != before.SessionRef {
			t.Errorf("got %q, %v; want %q", u.Name, err, before.Name)
		}
	})
	t.Run("Create of the lease: no request to the provider", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		p := newProvider(t)
		b := newApp(t, p, withStore(s)).browser()
		b.MustSignIn()
		requests := p.RequestCount("/userinfo")
		s.fail("Create")
		if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) || p.RequestCount("/userinfo") != requests {
			t.Errorf("got %v and %d requests, want %v and none",
				err, p.RequestCount("/userinfo")-requests, auth.ErrUnavailable)
		}
	})
	t.Run("Delete of the lease: refresh completed", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), withStore(s)).browser()
		b.MustSignIn()
		s.fail("Delete")
		if _, err := b.Refresh(); err != nil {
			t.Error(err)
		}
	})
	t.Run("Delete of the previous session: signed in as the new person", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		p := newProvider(t)
		b := newApp(t, p, withStore(s)).browser()
		b.MustSignIn()
		p.setUser(map[string]any{"sub": "bob-0002"})
		s.fail("Delete")
		if u := b.MustSignIn(); u.Subject != "bob-0002" {
			t.Errorf("got %q, want bob-0002", u.Subject)
		}
	})
}

// TestRefreshTokenOfALostSessionIsRevoked lets the store fail when the session is to be stored. The person is not
// signed in, and the provider forgets the refresh token, which nobody has.
func TestRefreshTokenOfALostSessionIsRevoked(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	a := newApp(t, p, combine(withOfflineAccess, withStore(s)))
	b := a.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	s.fail("Create")
	if _, err := b.FinishLogin(callback); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	a.client.Wait()
	b.CheckSignedOut()
	if n := p.liveRefreshTokens(); n != 0 || p.RequestCount("/revoke") != 1 {
		t.Errorf("%d refresh tokens are still valid after %d requests to revoke them", n, p.RequestCount("/revoke"))
	}
}
