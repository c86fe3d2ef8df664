package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// These tests check guarantees that a plain use of scs does not give. docs/decisions.md explains each of them.

func TestRunningRefreshDoesNotRestoreAnEndedSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *browser) error{
		"sign-out":    func(b *browser) error { _, err := b.copySession().BeginLogout(); return err },
		"new sign-in": func(b *browser) error { return b.copySession().SignIn() },
		"back-channel logout by sid": func(b *browser) error {
			return b.app.client.BackChannelLogout(b.app.t.Context(), b.app.provider.LogoutToken("", "sid-of-alice", nil))
		},
		"back-channel logout by sub": func(b *browser) error {
			return b.app.client.BackChannelLogout(b.app.t.Context(), b.app.provider.LogoutToken("alice-0001", "", nil))
		},
		"front-channel logout": func(b *browser) error {
			return b.app.client.FrontChannelLogout(b.app.t.Context(), b.app.provider.Issuer, "sid-of-alice")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				p.setSID("sid-of-alice")
				b := newApp(t, p, combine(withOfflineAccess, withStore(s))).browser()
				b.MustSignIn()
				p.Clock.Advance(59*time.Minute + 45*time.Second) // the access token is about to expire
				thief, atAnotherInstance := b.copySession(), b.withApp(fleet(t, p, s, 1, withOfflineAccess)[0])
				arrived, release := p.holdResponse(t, "/token")
				done := make(chan error)
				go func() { _, err := b.Refresh(); done <- err }()
				waitFor(t, arrived)
				p.setSID("another")
				if err := end(atAnotherInstance); err != nil {
					t.Error(err)
				}
				release()
				if err := <-done; !errors.Is(err, auth.ErrSignedOut) {
					t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
				}
				thief.CheckSignedOut()
			})
		})
	}
}

// The person signs in again in another tab while a refresh of the old session runs. The refresh must not delete the new
// cookie.
func TestRunningRefreshKeepsTheCookieOfANewSignIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, withOfflineAccess).browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	arrived, release := p.holdResponse(t, "/token")
	done := make(chan error)
	go func() { _, err := b.Refresh(); done <- err }()
	waitFor(t, arrived)
	next := b.MustSignIn()
	release()
	if err := <-done; !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrSignedOut)
	}
	if u, err := b.User(); err != nil || u.SessionRef != next.SessionRef {
		t.Errorf("after the refresh: got session %q, %v; want %q", u.SessionRef, err, next.SessionRef)
	}
}

func TestTokensOfASessionThatEndsDuringARefreshAreRevoked(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.setSID("sid-of-alice")
	a := newApp(t, p, withOfflineAccess)
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	arrived, release := p.holdResponse(t, "/token")
	done := make(chan error)
	go func() { _, err := b.Refresh(); done <- err }()
	waitFor(t, arrived)
	if err := a.client.FrontChannelLogout(t.Context(), p.Issuer, "sid-of-alice"); err != nil {
		t.Fatal(err)
	}
	release()
	<-done
	a.client.Wait()
	if n := p.liveRefreshTokens(); n != 0 {
		t.Errorf("%d refresh tokens are still valid, want none", n)
	}
}

func TestTouchDoesNotRestoreAnEndedSession(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		b := newApp(t, p, withStore(s)).browser()
		b.MustSignIn()
		p.Clock.Advance(3 * time.Hour)
		s.beforeCall(func(ctx context.Context, method, key string) error {
			if method == "Touch" { // the session ends before it is extended
				return s.Store.Delete(ctx, key)
			}
			return nil
		})
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
		if s.count("Touch") != 1 {
			t.Fatal("the session was not extended")
		}
		b.CheckSignedOut()
	})
}

func TestClientDisconnectDoesNotPreventTheCommit(t *testing.T) {
	t.Parallel()
	t.Run("during the commit of a sign-in", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), withStore(s)).browser()
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		callback := b.Authorize(authURL)
		ctx, disconnect := context.WithCancel(t.Context())
		s.beforeCall(func(_ context.Context, method, _ string) error {
			if method == "Create" {
				disconnect()
			}
			return nil
		})
		if _, err := b.withContext(ctx).FinishLogin(callback); err != nil {
			t.Fatal(err)
		}
		if _, err := b.User(); err != nil || ctx.Err() == nil {
			t.Errorf("got %v, want the sign-in committed; disconnected: %v", err, ctx.Err())
		}
	})
	for _, moment := range []string{"during the token request", "during the commit of new tokens"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			b := newApp(t, p, combine(withOfflineAccess, withStore(s))).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Hour)
			ctx, disconnect := context.WithCancel(t.Context())
			if moment == "during the token request" {
				p.onRequest("/token", disconnect)
			}
			s.beforeCall(func(_ context.Context, method, _ string) error {
				if method == "Update" {
					disconnect()
				}
				return nil
			})
			if _, err := b.withContext(ctx).Refresh(); err != nil || ctx.Err() == nil {
				t.Errorf("got %v, want the refresh completed; disconnected: %v", err, ctx.Err())
			}
			p.onRequest("", nil)
			for range 2 { // the second one needs the refresh token of the first
				p.Clock.Advance(time.Hour)
				if _, err := b.Refresh(); err != nil {
					t.Errorf("next refresh: %v", err)
				}
			}
		})
	}
}
