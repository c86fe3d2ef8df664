package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestRefreshInFlightRevivesNoEndedSession ends a session while a refresh of it is at every step: the session stays
// ended, and the token that the refresh received is revoked.
func TestRefreshInFlightRevivesNoEndedSession(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/token", "/userinfo"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			onEachStore(t, func(t *testing.T, open func() auth.Store) {
				p := newDevProvider(t)
				ada, _ := newThreeBrowsers(t, p, open)
				user, err := ada[1].user()
				if err != nil {
					t.Fatal(err)
				}
				p.advance(2 * time.Hour)
				end := sync.OnceFunc(func() {
					if err := ada[0].endSession(user.SessionRef); err != nil {
						t.Error(err)
					}
				})
				p.onRequest(path, end)
				if err := ada[1].refresh(); !errors.Is(err, auth.ErrSignedOut) {
					t.Errorf("got error %v, want %v", err, auth.ErrSignedOut)
				}
				ada[0].client.Wait()
				ada[1].client.Wait()
				wantSignedIn(t, ada, true, false, true)
				if n := p.count("/revoke"); n == 0 {
					t.Error("no token was revoked")
				}
			})
		})
	}
}

// TestRefreshThatSavesBetweenReadAndDelete checks the shortest window: the refresh saves its new token after the session
// was read in order to be ended, and before it is deleted.
func TestRefreshThatSavesBetweenReadAndDelete(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := &beforeDeleteStore{Store: openStore(t, "memory:")}
	ada, _ := newThreeBrowsers(t, p, func() auth.Store { return s })
	user, err := ada[1].user()
	if err != nil {
		t.Fatal(err)
	}
	p.advance(2 * time.Hour)
	var token string
	s.before = func() {
		s.before = nil // because Token deletes the session too
		token, err = ada[1].token()
	}
	if err := ada[0].endSession(user.SessionRef); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, auth.ErrSignedOut) || token != "" {
		t.Errorf("Token: got error %v, want %v", err, auth.ErrSignedOut)
	}
	ada[0].client.Wait()
	ada[1].client.Wait()
	wantSignedIn(t, ada, true, false, true)
	if n := p.count("/revoke"); n != 2 { // the old token and the new one
		t.Errorf("%d tokens were revoked, want 2", n)
	}
}

// TestRefreshThatSavesBeforeALogout checks that the refresh token of a refresh that saves while the same browser signs
// out is revoked too, although the sign-out has read the session with the previous one.
func TestRefreshThatSavesBeforeALogout(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	s := &beforeDeleteStore{Store: openStore(t, "memory:")}
	client := newDevApp(t, p, s, nil)
	ada := newDevBrowser(t, client)
	ada.signIn("ada")
	p.advance(2 * time.Hour)
	s.before = func() {
		s.before = nil
		ada.token() // returns a token, or an error if it finds that the session is ending
	}
	ada.request("/logout", func(w http.ResponseWriter, r *http.Request) {
		if _, err := client.BeginLogout(w, r); err != nil {
			t.Error(err)
		}
	})
	client.Wait()
	if _, err := ada.user(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got error %v, want %v", err, auth.ErrSignedOut)
	}
	if n := p.count("/revoke"); n != 2 { // the old token and the new one
		t.Errorf("%d tokens were revoked, want 2", n)
	}
}

// beforeDeleteStore calls a function before each Delete.
type beforeDeleteStore struct {
	auth.Store
	before func()
}

func (s *beforeDeleteStore) Delete(ctx context.Context, key string) error {
	if s.before != nil {
		s.before()
	}
	return s.Store.Delete(ctx, key)
}

// TestEndedSessionsStayEndedUnderLoad ends the sessions of a person while all of them are used and refreshed.
func TestEndedSessionsStayEndedUnderLoad(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, open func() auth.Store) {
		p := newDevProvider(t)
		ada, _ := newThreeBrowsers(t, p, open)
		p.advance(2 * time.Hour)
		var done sync.WaitGroup
		stop := make(chan struct{})
		for _, b := range ada[1:] {
			for range 3 {
				done.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						b.user()
						b.refresh()
						b.token()
					}
				})
			}
		}
		if err := ada[0].endAllSessions(true); err != nil {
			t.Error(err)
		}
		wantSignedIn(t, ada, true, false, false)
		close(stop)
		done.Wait()
		wantSignedIn(t, ada, true, false, false)
	})
}

// TestEndAllSessionsEndsASignInInProgress ends all sessions while another browser is being signed in.
func TestEndAllSessionsEndsASignInInProgress(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	client := newDevApp(t, p, openStore(t, "memory:"), nil)
	ada, other := newDevBrowser(t, client), newDevBrowser(t, client)
	ada.signIn("ada")
	callback := other.authorize("ada")
	p.onRequest("/token", sync.OnceFunc(func() {
		if err := ada.endAllSessions(false); err != nil {
			t.Error(err)
		}
	}))
	if err := other.finishLogin(callback); err != nil {
		t.Fatal(err)
	}
	if _, err := other.user(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got error %v, want %v", err, auth.ErrSignedOut)
	}
}
