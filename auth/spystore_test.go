package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// instance returns the store for another instance of an application. On a server, the instance has connections of its
// own.
func (s *spyStore) instance(t *testing.T) auth.Store {
	if s.server == "" {
		return s
	}
	return spyOnServer(t, s.server)
}

// spyOnServer opens a store on a server and waits until it answers. On a busy machine the first connection and the
// creation of the tables take longer than the timeout of a request.
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

// spyStore counts the calls of a store and records their arguments. A test can make calls fail or wait.
type spyStore struct {
	auth.Store
	server string // address of the server; empty for a local store

	mu         sync.Mutex
	calls      map[string]int
	arguments  []string   // all keys, labels, values and data of all calls
	created    auth.Entry // argument of the last Create
	createdKey string
	setExpiry  time.Time // by the last Create or Touch
	before     func(ctx context.Context, method, key string) error
}

func spyOn(s auth.Store) *spyStore { return &spyStore{Store: s, calls: map[string]int{}} }

func newSpy(t *testing.T) *spyStore { return spyOn(openStore(t, "memory:")) }

var errStoreUnavailable = errors.New("store unavailable")

// beforeCall sets a function that is called before each call of the store. If f returns an error, the call fails.
// If f is nil, no function is called.
func (s *spyStore) beforeCall(f func(ctx context.Context, method, key string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// fail makes the methods fail from now on, or all methods if none is named.
func (s *spyStore) fail(methods ...string) {
	s.beforeCall(func(_ context.Context, method, _ string) error {
		if len(methods) == 0 || slices.Contains(methods, method) {
			return errStoreUnavailable
		}
		return nil
	})
}

// count returns the number of calls of the methods since the last reset.
func (s *spyStore) count(methods ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range methods {
		n += s.calls[m]
	}
	return n
}

// writes are the methods that write to the store.
var writes = []string{"Create", "Update", "Touch", "Delete", "EndAll", "LoadOrStore", "CompareAndDelete"}

// reset sets the counts of all methods to zero.
func (s *spyStore) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}

// received reports whether an argument of any call contains text.
func (s *spyStore) received(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.arguments, func(g string) bool { return strings.Contains(g, text) })
}

// expiry returns the expiry that the last Create or Touch set.
func (s *spyStore) expiry() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setExpiry
}

// lastEntry returns the entry of the last Create.
func (s *spyStore) lastEntry() auth.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.created
}

// lastKey returns the key of the last Create.
func (s *spyStore) lastKey() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.createdKey
}

// call records a call and returns the error that the test wants.
func (s *spyStore) call(ctx context.Context, method, key string, arguments ...string) error {
	s.mu.Lock()
	s.calls[method]++
	s.arguments = append(append(s.arguments, key), arguments...)
	before := s.before
	s.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, method, key)
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
		s.created, s.createdKey, s.setExpiry = e, key, e.Expiry
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
	s.setExpiry = expiry
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
	if err := s.call(ctx, "EndAll", label); err != nil {
		return err
	}
	return s.Store.EndAll(ctx, label, at, until)
}

func (s *spyStore) HasLabel(ctx context.Context, label string) (bool, error) {
	if err := s.call(ctx, "HasLabel", label); err != nil {
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
	if err := s.call(ctx, "CompareAndDelete", key); err != nil {
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
