package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestRun proves the store of the example.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newMapStore()
	Run(t, func(*testing.T) auth.Store { return s })
	CheckSweep(t, s, func() {}) // the store of the example removes nothing
}

// TestStoreThatRestoresSessionsIsDetected shows that each of the revival checks can fail.
func TestStoreThatRestoresSessionsIsDetected(t *testing.T) {
	t.Parallel()
	for _, c := range revivalChecks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := restoringStore{newMapStore()}
			if err := c.run(t.Context(), func() auth.Store { return s }); err == nil {
				t.Error("the check accepts a store that restores sessions")
			}
		})
	}
}

// restoringStore writes a session whether or not it still exists, as a store does that saves whole sessions.
type restoringStore struct{ *mapStore }

func (s restoringStore) Update(_ context.Context, key string, data []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[key] = auth.Entry{Data: data, Created: time.Now(), Expiry: time.Now().Add(time.Hour)}
	return true, nil
}

func (s restoringStore) Touch(ctx context.Context, key string, _ time.Time) error {
	_, err := s.Update(ctx, key, []byte("data"))
	return err
}

// TestIncorrectStoresAreDetected shows that the other checks can fail. Each store breaks one promise.
func TestIncorrectStoresAreDetected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		store  auth.Store
		checks []check
	}{
		"shares memory":       {sharingStore{newMapStore()}, sliceChecks},
		"ignores EndAll":      {noEndAllStore{newMapStore()}, labelChecks},
		"ignores the context": {noContextStore{newMapStore()}, contextChecks},
		"stores twice":        {storingStore{newMapStore()}, valueChecks},
		"lists too much":      {listingStore{newMapStore()}, listChecks},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			detected := false
			for _, c := range test.checks {
				if c.run(t.Context(), func() auth.Store { return test.store }) != nil {
					detected = true
					break
				}
			}
			if !detected {
				t.Error("every check accepts the store")
			}
		})
	}
}

type sharingStore struct{ *mapStore }

func (s sharingStore) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if e, ok, err := s.mapStore.Find(ctx, key); !ok {
		return e, ok, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[key], true, nil
}

type noEndAllStore struct{ *mapStore }

func (noEndAllStore) EndAll(context.Context, string, time.Time, time.Time) error { return nil }

type noContextStore struct{ *mapStore }

func (s noContextStore) Delete(_ context.Context, key string) error {
	return s.mapStore.Delete(context.Background(), key)
}

// listingStore lists sessions that were deleted.
type listingStore struct{ *mapStore }

func (s listingStore) Delete(ctx context.Context, _ string) error { return ctx.Err() }

type storingStore struct{ *mapStore }

func (storingStore) LoadOrStore(_ context.Context, _ string, value []byte, _ time.Time) ([]byte, bool, error) {
	return value, false, nil
}
