package auth

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// entries is a store that keeps nothing but leases.
type entries struct {
	Store
	kept map[string]Entry
}

func (s entries) Find(_ context.Context, key string) (Entry, bool, error) {
	e, ok := s.kept[key]
	return e, ok && e.Expiry.After(time.Now()), nil
}

func (s entries) Create(_ context.Context, key string, e Entry) error {
	s.kept[key] = e
	return nil
}

func (s entries) Touch(_ context.Context, key string, expiry time.Time) error {
	if e, ok := s.kept[key]; ok {
		e.Expiry = expiry
		s.kept[key] = e
	}
	return nil
}

func (s entries) Delete(_ context.Context, key string) error {
	delete(s.kept, key)
	return nil
}

// TestLease checks that a lease lasts as long as its owner works, and ends soon after the owner has died.
func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, s := t.Context(), entries{kept: map[string]Entry{}}
		owner, other := lease{s, "lease", []byte("owner")}, lease{s, "lease", []byte("other")}
		acquire := func(l lease, want bool) {
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
