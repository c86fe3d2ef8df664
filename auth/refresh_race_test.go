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

// storeWithoutLease is a store without the lease: everyone gets it. It is what a refresh without one runs into.
type storeWithoutLease struct{ auth.Store }

func (s storeWithoutLease) LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) ([]byte, bool, error) {
	if strings.HasPrefix(key, "lease:") {
		return value, false, nil
	}
	return s.Store.LoadOrStore(ctx, key, value, until)
}

// refreshConcurrently sends n requests of one browser at once, each having read its session before any of them
// refreshes, to several instances in turn. It returns what each was told.
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
					errs[i] = errors.New("an old answer, of " + u.Name)
				}
			})
		})
	}
	done.Wait()
	return errs
}

// Forty requests on four instances, against a provider that ends everything when a refresh token is
// used twice.
func TestManyRefreshesAtOnceMakeOneCall(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		instances := fleet(t, p, s, 4, offline)
		b := instances[0].browser()
		b.MustSignIn()
		p.Clock.Advance(time.Hour)
		p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
		tokens, infos := p.RequestCount("/token"), p.RequestCount("/userinfo")
		for i, err := range refreshConcurrently(b, instances, 40) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
		if tokens, infos = p.RequestCount("/token")-tokens, p.RequestCount("/userinfo")-infos; tokens != 1 || infos != 1 {
			t.Errorf("got %d calls of the token endpoint and %d of userinfo, want one each", tokens, infos)
		}
		p.Clock.Advance(time.Hour)
		if _, err := b.Refresh(); err != nil {
			t.Errorf("the refresh after it: %v", err)
		}
	})
}

// The same without the lease, to know that the test above can fail.
func TestManyRefreshesAtOnceWithoutALease(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, all(offline, on(storeWithoutLease{newStore(t)})))
	b := a.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
	tokens := p.RequestCount("/token")
	refreshConcurrently(b, []*app{a}, 40)
	if n := p.RequestCount("/token") - tokens; n < 2 {
		t.Errorf("got %d calls of the token endpoint, want a refreshConcurrently", n)
	}
}

func TestRefreshGoesOnWhenTheHolderOfTheLeaseDied(t *testing.T) {
	t.Parallel()
	everyStore(t, func(t *testing.T, s *spyStore) {
		p := newProvider(t)
		b := newApp(t, p, all(offline, on(s))).browser()
		b.MustSignIn()
		p.Clock.Advance(time.Hour)
		until := time.Now().Add(200 * time.Millisecond)
		if _, _, err := s.LoadOrStore(t.Context(), "lease:"+s.lastKey(), []byte("of the dead"), until); err != nil {
			t.Fatal(err)
		}
		calls := p.RequestCount("/token")
		if _, err := b.Refresh(); err != nil {
			t.Fatal(err)
		}
		if time.Now().Before(until) || p.RequestCount("/token") != calls+1 {
			t.Errorf("it did not wait for the lease to end, or made %d calls", p.RequestCount("/token")-calls)
		}
		if _, taken, err := s.LoadOrStore(t.Context(), "lease:"+s.lastKey(), []byte("mine"), until.Add(time.Minute)); taken || err != nil {
			t.Errorf("the lease was not given back: %v", err)
		}
	})
}

func TestRefreshThatWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(b *browser, s *spyStore, disconnect func())
		want      error
	}{
		"ends when the session ends": {
			func(b *browser, s *spyStore, _ func()) { _ = s.Store.Delete(b.app.t.Context(), s.lastKey()) }, auth.ErrSignedOut},
		"ends when its client goes away": {
			func(_ *browser, _ *spyStore, disconnect func()) { disconnect() }, auth.ErrUnavailable},
		"takes the answer of the other": {
			func(b *browser, s *spyStore, _ func()) {
				other := newApp(b.app.t, b.app.provider, all(offline, on(storeWithoutLease{s.Store})))
				if _, err := b.withApp(other).Refresh(); err != nil {
					b.app.t.Error(err)
				}
			}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			b := newApp(t, p, all(offline, on(s))).browser()
			b.MustSignIn()
			p.Clock.Advance(time.Hour)
			if _, _, err := s.LoadOrStore(t.Context(), "lease:"+s.lastKey(), []byte("of another"), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			tries := 0
			ctx, disconnect := context.WithCancel(t.Context())
			defer disconnect()
			s.beforeCall(func(_ context.Context, method, key string) error {
				if method == "LoadOrStore" && strings.HasPrefix(key, "lease:") {
					if tries++; tries == 2 {
						c.meanwhile(b, s, disconnect)
					}
				}
				return nil
			})
			begun := time.Now()
			_, err := b.withContext(ctx).Refresh()
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if _, err := b.User(); (c.want == auth.ErrSignedOut) != errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

// A lease that lapsed too early: the provider refuses the second use of the refresh token, but the
// session has fresh ones by then.
func TestRefreshTokenSpentByAnotherDoesNotEndTheSession(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newStore(t)
	slow, quick := newApp(t, p, all(offline, on(s))), newApp(t, p, all(offline, on(storeWithoutLease{s})))
	b := slow.browser()
	b.MustSignIn()
	p.Clock.Advance(time.Hour)
	var first sync.Once
	p.at("/token", func() {
		overtaken := false
		first.Do(func() { overtaken = true })
		if overtaken { // before the slow one's request is looked at
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

// The tokens are renewed and kept, but then userinfo fails: who waited must not take the spent ones
// that it read before.
func TestRefreshAfterOneThatWasLeftHalfDone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, offline)
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
	calls := p.RequestCount("/token")
	errs := refreshConcurrently(b, []*app{a}, 2)
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), auth.ErrUnavailable) {
		t.Errorf("got %v, want one of the two to fail", errs)
	}
	if n := p.RequestCount("/token") - calls; n != 1 {
		t.Errorf("got %d calls of the token endpoint, want one", n)
	}
	p.Clock.Advance(time.Hour)
	if _, err := b.Refresh(); err != nil {
		t.Errorf("the refresh after it: %v", err)
	}
}
