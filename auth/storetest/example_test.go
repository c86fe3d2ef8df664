package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// mapStore is a store of one's own. One mutex makes each method atomic; a store on a database uses a transaction or
// a single statement instead. Its test is:
//
//	func TestMapStore(t *testing.T) {
//		s := newMapStore()
//		storetest.Run(t, func(*testing.T) auth.Store { return s })
//	}
type mapStore struct {
	mu       sync.Mutex
	sessions map[string]auth.Entry
	ended    map[string]ended
	values   map[string]value
}

// ended is the effect of EndAll on a label.
type ended struct{ at, until time.Time }

// value is a value of LoadOrStore.
type value struct {
	data  []byte
	until time.Time
}

func newMapStore() *mapStore {
	return &mapStore{sessions: map[string]auth.Entry{}, ended: map[string]ended{}, values: map[string]value{}}
}

// live returns the session with the key unless it has expired or was ended by EndAll.
func (s *mapStore) live(key string) (auth.Entry, bool) {
	e, ok := s.sessions[key]
	if !ok || !e.Expiry.After(time.Now()) {
		return auth.Entry{}, false
	}
	for _, label := range e.Labels {
		if end, ok := s.ended[label]; ok && end.at.After(e.Created) && end.until.After(time.Now()) {
			return auth.Entry{}, false
		}
	}
	return e, true
}

func (s *mapStore) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok || ctx.Err() != nil {
		return auth.Entry{}, false, ctx.Err()
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	return e, true, nil
}

func (s *mapStore) Create(ctx context.Context, key string, e auth.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := s.sessions[key]; ok {
		return errors.New("a session with this key already exists")
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	s.sessions[key] = e
	return nil
}

func (s *mapStore) Update(ctx context.Context, key string, data []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok || ctx.Err() != nil {
		return false, ctx.Err()
	}
	e.Data = bytes.Clone(data)
	s.sessions[key] = e
	return true, nil
}

func (s *mapStore) Touch(ctx context.Context, key string, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.live(key); ok && ctx.Err() == nil {
		e.Expiry = expiry
		s.sessions[key] = e
	}
	return ctx.Err()
}

func (s *mapStore) Delete(ctx context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil {
		delete(s.sessions, key)
	}
	return ctx.Err()
}

func (s *mapStore) EndAll(ctx context.Context, label string, at, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if old := s.ended[label]; old.until.After(time.Now()) {
		if old.at.After(at) {
			at = old.at
		}
		if old.until.After(until) {
			until = old.until
		}
	}
	s.ended[label] = ended{at, until}
	return nil
}

// HasLabel searches all sessions, which is too slow for many of them.
func (s *mapStore) HasLabel(ctx context.Context, label string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.sessions {
		if slices.Contains(e.Labels, label) && e.Expiry.After(time.Now()) {
			return true, ctx.Err()
		}
	}
	return false, ctx.Err()
}

// List searches all sessions too.
func (s *mapStore) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var found []auth.KeyedEntry
	for key := range s.sessions {
		if e, ok := s.live(key); ok && slices.Contains(e.Labels, label) {
			e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
			found = append(found, auth.KeyedEntry{Key: key, Entry: e})
		}
	}
	slices.SortFunc(found, func(a, b auth.KeyedEntry) int { return b.Created.Compare(a.Created) })
	return found[:min(len(found), limit)], nil
}

func (s *mapStore) LoadOrStore(
	ctx context.Context, key string, data []byte, until time.Time,
) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	if old, ok := s.values[key]; ok && (old.until.IsZero() || old.until.After(time.Now())) {
		return bytes.Clone(old.data), true, nil
	}
	s.values[key] = value{bytes.Clone(data), until}
	return bytes.Clone(data), false, nil
}

func (s *mapStore) CompareAndDelete(ctx context.Context, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.values[key]; ok && ctx.Err() == nil && bytes.Equal(old.data, data) {
		delete(s.values, key)
	}
	return ctx.Err()
}

func (s *mapStore) Ping(ctx context.Context) error { return ctx.Err() }

func (s *mapStore) Close() error { return nil }

// A store of one's own implements auth.Store, proves itself with [Run], and goes into auth.Config.
func Example() {
	var sessions auth.Store = newMapStore()
	_, err := auth.New(auth.Config{
		Issuer:      "https://example.plusauth.com",
		ClientID:    "client-id",
		RedirectURL: "https://app.example.com/login/callback",
		Store:       sessions,
	})
	fmt.Println("client:", err)

	ctx, now := context.Background(), time.Now()
	session := auth.Entry{Labels: []string{"sub ada"}, Created: now, Expiry: now.Add(time.Hour)}
	fmt.Println("create:", sessions.Create(ctx, "key", session))
	_, found, _ := sessions.Find(ctx, "key")
	fmt.Println("found:", found)
	fmt.Println("end all:", sessions.EndAll(ctx, "sub ada", now.Add(time.Second), now.Add(time.Hour)))
	_, found, _ = sessions.Find(ctx, "key")
	fmt.Println("found:", found)
	// Output:
	// client: <nil>
	// create: <nil>
	// found: true
	// end all: <nil>
	// found: false
}
