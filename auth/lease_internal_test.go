package auth

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// entries is a store that keeps nothing but leases.
type entries struct {
	Store
	mu    *sync.Mutex
	kept  map[string]Entry
	ahead time.Duration // of its clock
}

func (s entries) Find(_ context.Context, key string) (Entry, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.kept[key]
	return e, ok && e.Expiry.After(time.Now().Add(s.ahead)), nil
}

func (s entries) Create(_ context.Context, key string, e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[key] = e
	return nil
}

func (s entries) Touch(_ context.Context, key string, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.kept[key]; ok && e.Expiry.After(time.Now().Add(s.ahead)) {
		e.Expiry = expiry
		s.kept[key] = e
	}
	return nil
}

func (s entries) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
	return nil
}

func newLease(s Store, owner string) *lease {
	return &lease{store: s, key: "lease", owner: []byte(owner)}
}

// TestLeaseOfASlowClock checks that a lease holds if the clock of the store is ahead of that of the instance.
func TestLeaseOfASlowClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{time.Second, leaseTime/2 + time.Millisecond, leaseTime, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, s := t.Context(), entries{mu: new(sync.Mutex), kept: map[string]Entry{}, ahead: ahead}
			owner, other := newLease(s, "owner"), newLease(s, "other")
			if got, err := owner.acquire(ctx); !got || err != nil {
				t.Fatalf("%s ahead: got %v, %v", ahead, got, err)
			}
			stop := owner.extend(ctx)
			for range 50 {
				if got, err := other.acquire(ctx); got || err != nil {
					t.Fatalf("%s ahead: another request got the lease: %v, %v", ahead, got, err)
				}
				time.Sleep(leaseExtend / 3)
			}
			stop()
			if err := owner.release(ctx); err != nil {
				t.Error(err)
			}
			if got, err := other.acquire(ctx); !got || err != nil {
				t.Errorf("%s ahead: afterwards: got %v, %v", ahead, got, err)
			}
		})
	}
}

// TestLease checks that a lease lasts as long as its owner works, and ends soon after the owner has died.
func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, s := t.Context(), entries{mu: new(sync.Mutex), kept: map[string]Entry{}}
		owner, other := newLease(s, "owner"), newLease(s, "other")
		acquire := func(l *lease, want bool) {
			t.Helper()
			if got, err := l.acquire(ctx); got != want || err != nil {
				t.Errorf("%s: got %v, %v; want %v", l.owner, got, err, want)
			}
		}
		acquire(owner, true)
		stop := owner.extend(ctx)
		time.Sleep(10 * leaseTime)
		synctest.Wait()
		acquire(other, false)
		stop() // as if the process had died
		time.Sleep(leaseTime - leaseExtend)
		acquire(other, false)
		time.Sleep(2 * leaseExtend)
		acquire(other, true)
		if err := owner.release(ctx); err != nil {
			t.Error(err)
		}
		acquire(owner, false) // the other one still has it
		if err := other.release(ctx); err != nil {
			t.Error(err)
		}
		acquire(owner, true)
	})
}
