package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// storeWithoutLease grants every request a lease, as if there were none.
type storeWithoutLease struct{ auth.Store }

func (s storeWithoutLease) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if strings.HasPrefix(key, "lease:") {
		return auth.Entry{}, false, nil
	}
	return s.Store.Find(ctx, key)
}

func (s storeWithoutLease) Create(ctx context.Context, key string, e auth.Entry) error {
	if strings.HasPrefix(key, "lease:") {
		return nil
	}
	return s.Store.Create(ctx, key, e)
}

// refreshConcurrently sends n refresh requests of one browser to the instances in turn. All requests have read the
// session before the first one refreshes it. It returns the error of each request.
func refreshConcurrently(b *browser, instances []*app, n int) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			tab := b.withApp(instances[i%len(instances)])
			tab.visit(tab.app.client.Load, "POST", "/profile", func(w http.ResponseWriter, r *http.Request) {
				ready.Done()
				ready.Wait()
				var u auth.User
				if u, errs[i] = tab.app.client.Refresh(w, r); errs[i] == nil && u.Name != "Alice Brown" {
					errs[i] = errors.New("got the old name " + u.Name)
				}
			})
		})
	}
	done.Wait()
	return errs
}

// Forty requests on four instances refresh one session. The provider revokes all tokens if a refresh token is used
// twice.
func TestConcurrentRefreshesUseOneTokenRequest(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := fleet(t, p, s, 4, withOfflineAccess)
		b := instances[0].browser()
		b.MustSignIn()
		p.Clock.Advance(time.Hour)
		p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
		tokens, userinfos := p.RequestCount("/token"), p.RequestCount("/userinfo")
		for i, err := range refreshConcurrently(b, instances, 40) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
		if n := p.RequestCount("/token") - tokens; n != 1 {
			t.Errorf("the token endpoint received %d requests, want 1", n)
		}
		if n := p.RequestCount("/userinfo") - userinfos; n != 1 {
			t.Errorf("the userinfo endpoint received %d requests, want 1", n)
		}
		p.Clock.Advance(time.Hour)
		if _, err := b.Refresh(); err != nil {
			t.Errorf("the next refresh: %v", err)
		}
	})
}

// This proves that TestConcurrentRefreshesUseOneTokenRequest fails without the lease.
func TestConcurrentRefreshesWithoutALeaseUseSeveral(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, combine(withOfflineAccess, withStore(storeWithoutLease{newStore(t)})))
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
	tokens := p.RequestCount("/token")
	refreshConcurrently(b, []*app{a}, 40)
	if n := p.RequestCount("/token") - tokens; n < 2 {
		t.Errorf("the token endpoint received %d requests, want at least 2", n)
	}
}

func TestRefreshContinuesWhenAnAbandonedLeaseExpires(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		b := newApp(t, p, combine(withOfflineAccess, withStore(s))).browser()
		b.MustSignIn()
		p.Clock.Advance(time.Hour)
		until := time.Now().Add(200 * time.Millisecond)
		abandoned := auth.Entry{Data: []byte("abandoned"), Created: time.Now(), Expiry: until}
		if err := s.Create(t.Context(), "lease:"+s.lastKey(), abandoned); err != nil {
			t.Fatal(err)
		}
		requests := p.RequestCount("/token")
		if _, err := b.Refresh(); err != nil {
			t.Fatal(err)
		}
		if time.Now().Before(until) {
			t.Error("Refresh did not wait until the lease expired")
		}
		if n := p.RequestCount("/token") - requests; n != 1 {
			t.Errorf("the token endpoint received %d requests, want 1", n)
		}
		_, held, err := s.Find(t.Context(), "lease:"+s.lastKey())
		if held || err != nil {
			t.Errorf("lease held: %v, %v; want it released", held, err)
		}
	})
}

func TestRefreshWaitingForTheLease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(b *browser, s *spyStore, disconnect func())
		want      error
	}{
		"session ends: signed out": {
			func(b *browser, s *spyStore, _ func()) { _ = s.Store.Delete(b.app.t.Context(), s.lastKey()) }, auth.ErrSignedOut},
		"client disconnects: unavailable": {
			func(_ *browser, _ *spyStore, disconnect func()) { disconnect() }, auth.ErrUnavailable},
		"other refresh completes: its result": {
			func(b *browser, s *spyStore, _ func()) {
				other := newApp(b.app.t, b.app.provider, combine(withOfflineAccess, withStore(storeWithoutLease{s.Store})))
				if _, err := b.withApp(other).Refresh(); err != nil {
					b.app.t.Error(err)
				}
			}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			b := newApp(t, p, combine(withOfflineAccess, withStore(s))).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Hour)
			another := auth.Entry{Data: []byte("another"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}
			if err := s.Create(t.Context(), "lease:"+s.lastKey(), another); err != nil {
				t.Fatal(err)
			}
			attempts := 0
			ctx, disconnect := context.WithCancel(t.Context())
			defer disconnect()
			s.beforeCall(func(_ context.Context, method, key string) error {
				if method == "Find" && strings.HasPrefix(key, "lease:") {
					if attempts++; attempts == 2 {
						c.meanwhile(b, s, disconnect)
					}
				}
				return nil
			})
			start := time.Now()
			_, err := b.withContext(ctx).Refresh()
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("Refresh took %v, want less than 5s", took)
			}
			if _, err := b.User(); (c.want == auth.ErrSignedOut) != errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("User after the refresh: %v", err)
			}
		})
	}
}

// If a lease expires during a refresh, another request may redeem the refresh token first. The provider then rejects
// this one, but the session already has new tokens and must not end.
func TestRefreshTokenUsedByAnotherRequestDoesNotEndTheSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newStore(t)
	slow, quick := newApp(t, p, combine(withOfflineAccess, withStore(s))), newApp(t, p, combine(withOfflineAccess, withStore(storeWithoutLease{s})))
	b := slow.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	var once sync.Once
	p.onRequest("/token", func() {
		first := false
		once.Do(func() { first = true })
		if first { // the quick instance refreshes before the provider processes this request
			if _, err := b.withApp(quick).Refresh(); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := b.Refresh(); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
	}
	if _, err := b.User(); err != nil {
		t.Errorf("the session ended: %v", err)
	}
}

// The first request saves the renewed tokens, but its userinfo request fails. The second request must re-read the
// session and must not redeem the old refresh token.
func TestConcurrentRefreshAfterAUserinfoErrorUsesTheRotatedToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, withOfflineAccess)
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
	var failed atomic.Bool
	p.Handle("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if failed.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		p.userinfo(w, r)
	})
	requests := p.RequestCount("/token")
	errs := refreshConcurrently(b, []*app{a}, 2)
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), auth.ErrUnavailable) {
		t.Errorf("got %v, want an error of exactly one request", errs)
	}
	if n := p.RequestCount("/token") - requests; n != 1 {
		t.Errorf("the token endpoint received %d requests, want 1", n)
	}
	p.Clock.Advance(time.Hour)
	if _, err := b.Refresh(); err != nil {
		t.Errorf("the next refresh: %v", err)
	}
}
