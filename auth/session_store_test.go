package auth_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// openStore opens a store of package auth/store for the length of a test.
func openStore(t *testing.T, address string) auth.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestMain stops the servers that tests have started.
func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

// everyLocalStore runs a test on each store that needs no server.
func everyLocalStore(t *testing.T, test func(t *testing.T, s *spyStore)) {
	for name, address := range map[string]func(t *testing.T) string{
		"memory": func(*testing.T) string { return "memory:" },
		"file":   func(t *testing.T) string { return "file:" + t.TempDir() + "/sessions.db" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, spyOn(openStore(t, address(t))))
		})
	}
}

// everyStore runs a test on each store, those on a server with an empty database.
func everyStore(t *testing.T, test func(t *testing.T, s *spyStore)) {
	everyLocalStore(t, test)
	for name, server := range map[string]func(testing.TB) *dbtest.Server{"redis": dbtest.Redis, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := server(t).Database(t)
			test(t, spyOnServer(t, address))
		})
	}
}

// instance is the store as one more instance of an application has it: on a server, with connections of
// its own.
func (s *spyStore) instance(t *testing.T) auth.Store {
	if s.server == "" {
		return s
	}
	return spyOnServer(t, s.server)
}

// spyOnServer opens a store whose first connection is made and whose tables are there: on a busy
// machine that takes longer than a person is kept waiting.
func spyOnServer(t *testing.T, address string) *spyStore {
	s := spyOn(openStore(t, address))
	s.server = address
	for deadline := time.Now().Add(time.Minute); ; {
		err := s.Store.Ping(t.Context())
		if err == nil {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// spyStore is a store that counts what is asked of it, keeps what it was given, and fails or waits
// when a test says so.
type spyStore struct {
	auth.Store
	server string // its address, if it is on one

	mu    sync.Mutex
	calls map[string]int
	given []string   // each key, label, value and data that it was ever handed
	last  auth.Entry // of the last Create, and its key
	under string
	ended time.Time // the expiry of the last Create or Touch
	hook  func(ctx context.Context, method, key string) error
}

func spyOn(s auth.Store) *spyStore { return &spyStore{Store: s, calls: map[string]int{}} }

func newSpy(t *testing.T) *spyStore { return spyOn(openStore(t, "memory:")) }

var errStoreAway = errors.New("the store is away")

// on calls f before each call of a method; what it returns is the store's error. nil: no more.
func (s *spyStore) on(f func(ctx context.Context, method, key string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = f
}

// fail makes these methods fail from now on; all of them when none is named.
func (s *spyStore) fail(methods ...string) {
	s.on(func(_ context.Context, method, _ string) error {
		if len(methods) == 0 || slices.Contains(methods, method) {
			return errStoreAway
		}
		return nil
	})
}

// count returns how often the methods were called since the last reset.
func (s *spyStore) count(methods ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range methods {
		n += s.calls[m]
	}
	return n
}

var writes = []string{"Create", "Update", "Touch", "Delete", "Mark", "LoadOrStore", "Forget"}

func (s *spyStore) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}

// saw reports whether the store was ever given something that contains text.
func (s *spyStore) saw(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.given, func(g string) bool { return strings.Contains(g, text) })
}

// expiry is that of the last Create or Touch.
func (s *spyStore) expiry() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// entry is the last one created.
func (s *spyStore) entry() auth.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// key is that of the last Create.
func (s *spyStore) key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.under
}

func (s *spyStore) call(ctx context.Context, method, key string, given ...string) error {
	s.mu.Lock()
	s.calls[method]++
	s.given = append(append(s.given, key), given...)
	hook := s.hook
	s.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(ctx, method, key)
}

func (s *spyStore) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if err := s.call(ctx, "Find", key); err != nil {
		return auth.Entry{}, false, err
	}
	return s.Store.Find(ctx, key)
}

func (s *spyStore) Create(ctx context.Context, key string, e auth.Entry) error {
	if err := s.call(ctx, "Create", key, append(slices.Clone(e.Labels), string(e.Data))...); err != nil {
		return err
	}
	if len(e.Labels) > 0 { // a session, and not the result of a sign-in
		s.mu.Lock()
		s.last, s.under, s.ended = e, key, e.Expiry
		s.mu.Unlock()
	}
	return s.Store.Create(ctx, key, e)
}

func (s *spyStore) Update(ctx context.Context, key string, data []byte) (bool, error) {
	if err := s.call(ctx, "Update", key, string(data)); err != nil {
		return false, err
	}
	return s.Store.Update(ctx, key, data)
}

func (s *spyStore) Touch(ctx context.Context, key string, expiry time.Time) error {
	if err := s.call(ctx, "Touch", key); err != nil {
		return err
	}
	s.mu.Lock()
	s.ended = expiry
	s.mu.Unlock()
	return s.Store.Touch(ctx, key, expiry)
}

func (s *spyStore) Delete(ctx context.Context, key string) error {
	if err := s.call(ctx, "Delete", key); err != nil {
		return err
	}
	return s.Store.Delete(ctx, key)
}

func (s *spyStore) EndAll(ctx context.Context, label string, at, until time.Time) error {
	if err := s.call(ctx, "Mark", label); err != nil {
		return err
	}
	return s.Store.EndAll(ctx, label, at, until)
}

func (s *spyStore) HasLabel(ctx context.Context, label string) (bool, error) {
	if err := s.call(ctx, "Known", label); err != nil {
		return false, err
	}
	return s.Store.HasLabel(ctx, label)
}

func (s *spyStore) LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) ([]byte, bool, error) {
	if err := s.call(ctx, "LoadOrStore", key, string(value)); err != nil {
		return nil, false, err
	}
	return s.Store.LoadOrStore(ctx, key, value, until)
}

func (s *spyStore) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	if err := s.call(ctx, "Forget", key); err != nil {
		return err
	}
	return s.Store.CompareAndDelete(ctx, key, value)
}

func (s *spyStore) Ping(ctx context.Context) error {
	if err := s.call(ctx, "Ping", ""); err != nil {
		return err
	}
	return s.Store.Ping(ctx)
}
