package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// These tests hold what package auth guarantees where the plain use of scs fails; docs/decisions.md names the facts.

func TestRequestInFlightRevivesNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *browser) error{
		"signed out here": func(b *browser) error { _, err := b.thief().BeginLogout(); return err },
		"signed in again": func(b *browser) error { return b.thief().SignIn() },
		"logged out at the provider, by sid": func(b *browser) error {
			return b.app.client.BackChannelLogout(b.app.t.Context(), b.app.provider.LogoutToken("", "sid-of-alice", nil))
		},
		"logged out at the provider, by sub": func(b *browser) error {
			return b.app.client.BackChannelLogout(b.app.t.Context(), b.app.provider.LogoutToken("alice-0001", "", nil))
		},
		"logged out at the provider, by a frame": func(b *browser) error {
			return b.app.client.FrontChannelLogout(b.app.t.Context(), b.app.provider.Issuer, "sid-of-alice")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				p.setSID("sid-of-alice")
				b := newApp(t, p, all(offline, on(s))).browser()
				b.MustSignIn()
				p.Clock.Advance(59*time.Minute + 45*time.Second) // the access token is about to expire
				thief, elsewhere := b.thief(), b.withApp(fleet(t, p, s, 1, offline)[0])
				arrived, release := p.holdResponse(t, "/token")
				done := make(chan error)
				go func() { _, err := b.Refresh(); done <- err }()
				waitFor(t, arrived)
				p.setSID("another")
				if err := end(elsewhere); err != nil {
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

// Who signs in again in another tab has a new cookie by then, which is not the old session's to remove.
func TestRequestInFlightLeavesTheNextSignInAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, offline).browser()
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
		t.Errorf("after it %q, %v; want the next session, %q", u.SessionRef, err, next.SessionRef)
	}
}

func TestTokensOfASessionThatEndedMeanwhileAreGivenBack(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.setSID("sid-of-alice")
	a := newApp(t, p, offline)
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
		t.Errorf("%d refresh tokens are left at the provider that nobody knows", n)
	}
}

func TestProlongingNeverRevives(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		b := newApp(t, p, on(s)).browser()
		b.MustSignIn()
		p.Clock.Advance(3 * time.Hour)
		s.beforeCall(func(ctx context.Context, method, key string) error {
			if method == "Touch" { // a sign-out comes between
				return s.Store.Delete(ctx, key)
			}
			return nil
		})
		if _, err := b.User(); err != nil {
			t.Fatal(err)
		}
		if s.count("Touch") != 1 {
			t.Fatal("the session was not prolonged at all")
		}
		b.CheckSignedOut()
	})
}

func TestClientThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()
	t.Run("as its sign-in is kept", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		b := newApp(t, newProvider(t), on(s)).browser()
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
			t.Errorf("got %v, want the sign-in kept; the client left: %v", err, ctx.Err())
		}
	})
	for _, moment := range []string{"as the provider renews its tokens", "as its fresh tokens are kept"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			b := newApp(t, p, all(offline, on(s))).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Hour)
			ctx, disconnect := context.WithCancel(t.Context())
			if strings.Contains(moment, "renews") {
				p.at("/token", disconnect)
			}
			s.beforeCall(func(_ context.Context, method, _ string) error {
				if method == "Update" {
					disconnect()
				}
				return nil
			})
			if _, err := b.withContext(ctx).Refresh(); err != nil || ctx.Err() == nil {
				t.Errorf("got %v, want the refresh done; the client left: %v", err, ctx.Err())
			}
			p.at("", nil)
			for range 2 { // the next needs the refresh token that the first brought
				p.Clock.Advance(time.Hour)
				if _, err := b.Refresh(); err != nil {
					t.Errorf("the refresh after it: %v", err)
				}
			}
		})
	}
}
