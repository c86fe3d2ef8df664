package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// fleet returns n instances of an application. They share only a store and the client's registration.
func fleet(t *testing.T, p *provider, s *spyStore, n int, change func(*auth.Config)) []*app {
	instances := make([]*app, n)
	for i := range instances {
		instances[i] = newApp(t, p, func(cfg *auth.Config) {
			cfg.Store = s.instance(t)
			if change != nil {
				change(cfg)
			}
		})
	}
	return instances
}

// visitInTurn signs in, gets the user, refreshes and signs out. It sends each request to another instance, which next
// returns.
func visitInTurn(b *browser, next func() *app) error {
	authURL, err := b.withApp(next()).BeginLogin(auth.LoginOptions{ReturnTo: "/profile"})
	if err != nil {
		return fmt.Errorf("BeginLogin: %w", err)
	}
	if got, err := b.withApp(next()).FinishLogin(b.Authorize(authURL)); err != nil || got != "/profile" {
		return fmt.Errorf("FinishLogin: got %q, %w", got, err)
	}
	for range 4 {
		if _, err := b.withApp(next()).User(); err != nil {
			return fmt.Errorf("User: %w", err)
		}
	}
	for range 4 {
		b.app.provider.Clock.Advance(time.Hour)
		if _, err := b.withApp(next()).Refresh(); err != nil {
			return fmt.Errorf("Refresh: %w", err)
		}
	}
	old := b.copySession()
	endURL, err := b.withApp(next()).BeginLogout()
	if err != nil {
		return fmt.Errorf("BeginLogout: %w", err)
	}
	redirect := b.Authorize(endURL)
	if !b.withApp(next()).FinishLogout(redirect) {
		return errors.New("FinishLogout: got false, want true")
	}
	for range 4 {
		if _, err := old.withApp(next()).User(); !errors.Is(err, auth.ErrSignedOut) {
			return fmt.Errorf("User after signing out: got %w, want ErrSignedOut", err)
		}
	}
	return nil
}

func TestRequestsAlternateBetweenThreeInstances(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]func(b *overrides){
		"confidential client": func(*overrides) {},
		"public client":       func(b *overrides) { b.AuthMethod, b.ClientSecret = "none", "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				p.override(client)
				instances := fleet(t, p, s, 3, withOfflineAccess)
				turn := 0
				next := func() *app { turn++; return instances[turn%len(instances)] }
				for range 3 { // so that each instance receives each request
					if err := visitInTurn(instances[0].browser(), next); err != nil {
						t.Error(err)
					}
					turn++
				}
			})
		})
	}
}

// An instance stops between two requests, and later a new one starts. Everybody stays signed in.
func TestInstanceStopsBetweenRequests(t *testing.T) {
	t.Parallel()
	// The requests are: FinishLogin, User, Refresh (first and second), BeginLogout, FinishLogout.
	for _, before := range []int{2, 3, 7, 8, 11, 12} {
		t.Run(fmt.Sprintf("before request %d", before), func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				instances := fleet(t, p, s, 3, withOfflineAccess)
				turn := 0
				next := func() *app {
					if turn++; turn == before {
						instances = append(instances[:before%3:before%3], instances[before%3+1:]...)
					} else if turn == before+2 {
						instances = append(instances, fleet(t, p, s, 1, withOfflineAccess)...)
					}
					return instances[turn%len(instances)]
				}
				if err := visitInTurn(instances[0].browser(), next); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Instances that start at the same time use the same key for attempt cookies.
func TestInstancesShareTheAttemptKey(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := fleet(t, p, s, 8, nil)
		b := instances[0].browser()
		urls := make([]string, len(instances))
		var wg sync.WaitGroup
		for i, a := range instances {
			wg.Go(func() {
				var err error
				if urls[i], err = b.withApp(a).BeginLogin(auth.LoginOptions{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i, u := range urls {
			if _, err := b.withApp(instances[len(instances)-1-i]).FinishLogin(b.Authorize(u)); err != nil {
				t.Errorf("FinishLogin of the attempt of instance %d: %v", i, err)
			}
		}
	})
}

// Sessions and attempts of another provider or another client are not accepted, although they are in the same store.
// Otherwise a session of a development provider, where anyone can sign in, would still be valid in production.
func TestStoreOfAnotherClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*auth.Config)
		want   error // of User, with the session of the first client
	}{
		"another issuer":        {func(cfg *auth.Config) { cfg.Issuer += "/other" }, auth.ErrSignedOut},
		"another client ID":     {func(cfg *auth.Config) { cfg.ClientID = "other" }, auth.ErrSignedOut},
		"another client secret": {func(cfg *auth.Config) { cfg.ClientSecret = "other" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newStore(t)
			b := newApp(t, p, withStore(s)).browser()
			b.MustSignIn()
			authURL, err := b.BeginLogin(auth.LoginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			callback := b.Authorize(authURL)
			other := b.withApp(newApp(t, p, combine(withStore(s), c.change)))
			redeemed := p.RequestCount("/token")
			if _, err := other.User(); !errors.Is(err, c.want) {
				t.Errorf("User: got %v, want %v", err, c.want)
			}
			if _, err := other.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
				t.Errorf("FinishLogin: got %v, want ErrUnknownLogin", err)
			}
			if got := p.RequestCount("/token"); got != redeemed {
				t.Errorf("got %d token requests, want %d", got, redeemed)
			}
		})
	}
}
