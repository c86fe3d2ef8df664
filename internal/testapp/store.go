package testapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// ErrStoreDown is the error of a Store that is down. Its text must never appear on a page.
var ErrStoreDown = errors.New("dial tcp 10.11.12.13:6379: the store is down")

// Store is a session store that a test can take down.
type Store struct {
	auth.Store
	down   atomic.Bool
	onFind atomic.Pointer[func()]
}

// SetDown makes every method fail with ErrStoreDown, or work again. What was stored is kept.
func (s *Store) SetDown(down bool) { s.down.Store(down) }

// OnNextFind calls f when a session is read the next time.
func (s *Store) OnNextFind(f func()) { s.onFind.Store(&f) }

// context returns ctx or, if the store is down, a context that has ended: every method returns the error of such a
// context and does nothing.
func (s *Store) context(ctx context.Context) context.Context {
	if s.down.Load() {
		return downContext{ctx}
	}
	return ctx
}

type downContext struct{ context.Context }

func (downContext) Err() error { return ErrStoreDown }

func (s *Store) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if f := s.onFind.Swap(nil); f != nil {
		(*f)()
	}
	return s.Store.Find(s.context(ctx), key)
}

func (s *Store) Create(ctx context.Context, key string, e auth.Entry) error {
	return s.Store.Create(s.context(ctx), key, e)
}

func (s *Store) Update(ctx context.Context, key string, data []byte) (bool, error) {
	return s.Store.Update(s.context(ctx), key, data)
}

func (s *Store) Touch(ctx context.Context, key string, expiry time.Time) error {
	return s.Store.Touch(s.context(ctx), key, expiry)
}

func (s *Store) Delete(ctx context.Context, key string) error {
	return s.Store.Delete(s.context(ctx), key)
}

func (s *Store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	return s.Store.EndAll(s.context(ctx), label, at, until)
}

func (s *Store) HasLabel(ctx context.Context, label string) (bool, error) {
	return s.Store.HasLabel(s.context(ctx), label)
}

func (s *Store) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	return s.Store.List(s.context(ctx), label, limit)
}

func (s *Store) LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) ([]byte, bool, error) {
	return s.Store.LoadOrStore(s.context(ctx), key, value, until)
}

func (s *Store) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	return s.Store.CompareAndDelete(s.context(ctx), key, value)
}

func (s *Store) Ping(ctx context.Context) error { return s.Store.Ping(s.context(ctx)) }

// Log holds the log of the app, in JSON.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns the whole log.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Records returns the records that have the given message.
func (l *Log) Records(msg string) (records []map[string]any) {
	for line := range bytes.Lines([]byte(l.String())) {
		var r map[string]any
		if json.Unmarshal(line, &r) == nil && r["msg"] == msg {
			records = append(records, r)
		}
	}
	return records
}
