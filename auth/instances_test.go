package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// fleet is some instances of an application behind a round robin that knows no stickiness. They
// share a store and the client's registration, and nothing else.
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

// behindRoundRobin signs in, looks, refreshes and signs out, each request at the next instance. next
// tells which that is.
func behindRoundRobin(b *browser, next func() *app) error {
	authURL, err := b.withApp(next()).BeginLogin(auth.LoginOptions{ReturnTo: "/profile"})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if to, err := b.withApp(next()).FinishLogin(b.Authorize(authURL)); err != nil || to != "/profile" {
		return fmt.Errorf("finish: %q, %w", to, err)
	}
	for range 4 {
		if _, err := b.withApp(next()).User(); err != nil {
			return fmt.Errorf("user: %w", err)
		}
	}
	for range 4 {
		b.app.provider.Clock.Advance(time.Hour)
		if _, err := b.withApp(next()).Refresh(); err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
	}
	old := b.thief()
	q, err := b.withApp(next()).BeginLogout()
	if err != nil {
		return fmt.Errorf("end: %w", err)
	}
	callback := b.Authorize(q)
	if !b.withApp(next()).FinishLogout(callback) {
		return errors.New("ended: the state of the sign-out is not known")
	}
	for range 4 {
		if _, err := old.withApp(next()).User(); !errors.Is(err, auth.ErrSignedOut) {
			return fmt.Errorf("after the sign-out: %w", err)
		}
	}
	return nil
}

func TestThreeInstancesBehindARoundRobin(t *testing.T) {
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
				instances := fleet(t, p, s, 3, offline)
				turn := 0
				next := func() *app { turn++; return instances[turn%len(instances)] }
				for range 3 { // so that each step falls to each instance
					if err := behindRoundRobin(instances[0].browser(), next); err != nil {
						t.Error(err)
					}
					turn++
				}
			})
		})
	}
}

// One instance is gone between two requests, at every point of the story; the others go on, and one
// that starts then joins in.
func TestInstanceThatDies(t *testing.T) {
	t.Parallel()
	for _, before := range []int{2, 3, 7, 8, 11, 12} { // the callback, a page, two refreshes, the sign-out, its return
		t.Run(fmt.Sprintf("before request %d", before), func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				instances := fleet(t, p, s, 3, offline)
				turn := 0
				next := func() *app {
					if turn++; turn == before { // what it held in memory is gone
						instances = append(instances[:before%3:before%3], instances[before%3+1:]...)
					} else if turn == before+2 {
						instances = append(instances, fleet(t, p, s, 1, offline)...)
					}
					return instances[turn%len(instances)]
				}
				if err := behindRoundRobin(instances[0].browser(), next); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestInstancesMakeOneKeyBetweenThem(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := fleet(t, p, s, 8, nil)
		b := instances[0].browser()
		urls := make([]string, len(instances))
		var begun sync.WaitGroup
		for i, a := range instances { // all of them start at the same moment
			begun.Go(func() {
				var err error
				if urls[i], err = b.withApp(a).BeginLogin(auth.LoginOptions{}); err != nil {
					t.Error(err)
				}
			})
		}
		begun.Wait()
		for i, u := range urls {
			if _, err := b.withApp(instances[len(instances)-1-i]).FinishLogin(b.Authorize(u)); err != nil {
				t.Errorf("begun on instance %d: %v", i, err)
			}
		}
	})
}

// A store outlives the settings: what was begun with another provider or as another client, at a development
// provider that lets anyone in, say, counts for nothing.
func TestAnotherClientOnTheSameStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*auth.Config)
		session error // of the session of the first client
	}{
		"another issuer":        {func(cfg *auth.Config) { cfg.Issuer += "/other" }, auth.ErrSignedOut},
		"another client id":     {func(cfg *auth.Config) { cfg.ClientID = "other" }, auth.ErrSignedOut},
		"another client secret": {func(cfg *auth.Config) { cfg.ClientSecret = "other" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newStore(t)
			b := newApp(t, p, on(s)).browser()
			b.MustSignIn()
			authURL, err := b.BeginLogin(auth.LoginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			callback := b.Authorize(authURL)
			other := b.withApp(newApp(t, p, all(on(s), c.change)))
			redeemed := p.RequestCount("/token")
			if _, err := other.User(); !errors.Is(err, c.session) {
				t.Errorf("its session: got %v, want %v", err, c.session)
			}
			if _, err := other.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) || p.RequestCount("/token") != redeemed {
				t.Errorf("its sign-in: got %v, want %v and no code redeemed", err, auth.ErrUnknownLogin)
			}
		})
	}
}
