// Package memory keeps the sessions of package auth in the memory of the process.
//
// The sessions end with the process, and other instances of the application do not see them. Use it in tests, or
// where people can be asked to sign in again after each restart.
package memory

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// sweepInterval is the time between two sweeps. An expired entry is never returned; a sweep only frees its memory.
const sweepInterval = 10 * time.Minute

// Store implements [auth.Store] in memory. Create one with [New].
type Store struct {
	stopSweeps context.CancelFunc

	mu       sync.RWMutex
	sessions map[string]auth.Entry // Data is replaced, never modified, so that a reader may keep it
	cutoffs  map[string]cutoff     // by label
	labels   map[string]keys       // of the sessions with the label
	values   map[string]value
}

// keys is a set of keys of sessions.
type keys map[string]struct{}

// cutoff ends the sessions with a label that were created before at. It is dropped at until.
type cutoff struct{ at, until time.Time }

// value is a value of LoadOrStore. A zero until means that it does not expire.
type value struct {
	data  []byte
	until time.Time
}

func (v value) expired(now time.Time) bool { return !v.until.IsZero() && !v.until.After(now) }

// New returns an empty store. Close ends the goroutine that removes expired entries every ten minutes.
func New() *Store {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Store{
		stopSweeps: cancel,
		sessions:   map[string]auth.Entry{},
		cutoffs:    map[string]cutoff{},
		labels:     map[string]keys{},
		values:     map[string]value{},
	}
	go s.sweepUntil(ctx)
	return s
}

// live returns the session with the key unless it has expired or was ended by EndAll. The caller holds the lock.
func (s *Store) live(key string) (auth.Entry, bool) {
	e, ok := s.sessions[key]
	now := time.Now()
	if !ok || !e.Expiry.After(now) {
		return auth.Entry{}, false
	}
	for _, label := range e.Labels {
		if c, ok := s.cutoffs[label]; ok && c.at.After(e.Created) && c.until.After(now) {
			return auth.Entry{}, false
		}
	}
	return e, true
}

// Find implements [auth.Store].
func (s *Store) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return auth.Entry{}, false, err
	}
	s.mu.RLock()
	e, ok := s.live(key)
	s.mu.RUnlock()
	if !ok {
		return auth.Entry{}, false, nil
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	return e, true, nil
}

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, key string, e auth.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	// Round strips the monotonic clock, which stands still while the machine sleeps.
	e.Created, e.Expiry = e.Created.Round(0), e.Expiry.Round(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.sessions[key]; ok && old.Expiry.After(time.Now()) {
		return errors.New("a session with this key already exists")
	}
	s.remove(key)
	s.sessions[key] = e
	for _, label := range e.Labels {
		if s.labels[label] == nil {
			s.labels[label] = keys{}
		}
		s.labels[label][key] = struct{}{}
	}
	return nil
}

// remove removes the session with the key, if there is one, and its entries in the index. The caller holds the lock.
func (s *Store) remove(key string) {
	for _, label := range s.sessions[key].Labels {
		delete(s.labels[label], key)
		if len(s.labels[label]) == 0 {
			delete(s.labels, label)
		}
	}
	delete(s.sessions, key)
}

// Update implements [auth.Store].
func (s *Store) Update(ctx context.Context, key string, data []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	data = bytes.Clone(data)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.live(key)
	if !ok {
		return false, nil
	}
	e.Data = data
	s.sessions[key] = e
	return true, nil
}

// Touch implements [auth.Store].
func (s *Store) Touch(ctx context.Context, key string, expiry time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.live(key); ok {
		e.Expiry = expiry.Round(0)
		s.sessions[key] = e
	}
	return nil
}

// Delete implements [auth.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
	return nil
}

// EndAll implements [auth.Store].
func (s *Store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := cutoff{at.Round(0), until.Round(0)}
	if old, ok := s.cutoffs[label]; ok && old.until.After(time.Now()) {
		c = cutoff{latest(old.at, c.at), latest(old.until, c.until)}
	}
	s.cutoffs[label] = c
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// HasLabel implements [auth.Store].
func (s *Store) HasLabel(ctx context.Context, label string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	now := time.Now()
	for key := range s.labels[label] {
		if s.sessions[key].Expiry.After(now) {
			return true, nil
		}
	}
	return false, nil
}

// List implements [auth.Store].
func (s *Store) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []auth.KeyedEntry
	for key := range s.labels[label] {
		if e, ok := s.live(key); ok {
			found = append(found, auth.KeyedEntry{Key: key, Entry: e})
		}
	}
	slices.SortFunc(found, func(a, b auth.KeyedEntry) int { return b.Created.Compare(a.Created) })
	found = found[:min(len(found), max(limit, 0))]
	for i, e := range found {
		found[i].Data, found[i].Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	}
	return found, nil
}

// LoadOrStore implements [auth.Store].
func (s *Store) LoadOrStore(ctx context.Context, key string, data []byte, until time.Time) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.values[key]; ok && !old.expired(time.Now()) {
		return bytes.Clone(old.data), true, nil
	}
	s.values[key] = value{bytes.Clone(data), until.Round(0)}
	return bytes.Clone(data), false, nil
}

// CompareAndDelete implements [auth.Store].
func (s *Store) CompareAndDelete(ctx context.Context, key string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.values[key]; ok && bytes.Equal(old.data, data) {
		delete(s.values, key)
	}
	return nil
}

func (s *Store) sweepUntil(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.sweep(time.Now())
		}
	}
}

// sweep removes the entries that have expired.
func (s *Store) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, e := range s.sessions {
		if !e.Expiry.After(now) {
			s.remove(key)
		}
	}
	maps.DeleteFunc(s.cutoffs, func(_ string, c cutoff) bool { return !c.until.After(now) })
	maps.DeleteFunc(s.values, func(_ string, v value) bool { return v.expired(now) })
}

// Ping implements [auth.Store]. It fails only if the context has ended.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }

// Close ends the removal of expired entries. It returns nil.
func (s *Store) Close() error {
	s.stopSweeps()
	return nil
}
