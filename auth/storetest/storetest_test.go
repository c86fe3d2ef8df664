package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestRun proves the store of the example.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newMapStore()
	Run(t, func(*testing.T) auth.Store { return s })
	CheckSweep(t, s, func() {}) // the store of the example removes nothing
}

// TestStoreThatRestoresSessionsIsDetected shows that the revival checks can fail. A store that writes a session
// back whether or not it still exists, as scs does, fails each of them.
func TestStoreThatRestoresSessionsIsDetected(t *testing.T) {
	t.Parallel()
	for _, c := range revivalChecks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := restoringStore{Store: newMapStore(), scs: memstore.NewWithCleanupInterval(0), data: new(sync.Map)}
			if err := c.run(t.Context(), func() auth.Store { return s }); err == nil {
				t.Error("the check accepts a store that restores sessions")
			}
		})
	}
}

// restoringStore writes sessions as scs's SessionManager does with an idle timeout: at the end of a request it
// commits the session as the request read it, with a new expiry.
type restoringStore struct {
	auth.Store // for the methods that scs has no equivalent of
	scs        *memstore.MemStore
	data       *sync.Map // by key, the data that a request has read
}

func (s restoringStore) Find(_ context.Context, key string) (auth.Entry, bool, error) {
	data, ok, err := s.scs.Find(key)
	return auth.Entry{Data: data}, ok, err
}

func (s restoringStore) Create(_ context.Context, key string, e auth.Entry) error {
	s.data.Store(key, e.Data)
	return s.scs.Commit(key, e.Data, e.Expiry)
}

func (s restoringStore) Update(_ context.Context, key string, data []byte) (bool, error) {
	return true, s.scs.Commit(key, data, time.Now().Add(time.Hour))
}

func (s restoringStore) Touch(_ context.Context, key string, expiry time.Time) error {
	data, _ := s.data.Load(key)
	return s.scs.Commit(key, data.([]byte), expiry)
}

func (s restoringStore) Delete(_ context.Context, key string) error { return s.scs.Delete(key) }

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
