package store

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

// errUsed is a fault of the caller: keys are drawn at random and used once.
var errUsed = errors.New("a session with this key exists already")

// memory keeps everything in maps. What it keeps ends with the process.
type memory struct {
	stop func()

	mu       sync.RWMutex
	sessions map[string]auth.Entry // Data is replaced, never changed: a reader may hold it
	marks    map[string]memoryMark
	labels   map[string]time.Time // until when a session with the label may live
	values   map[string]memoryValue
}

type memoryMark struct{ at, until time.Time }

type memoryValue struct {
	value []byte
	until time.Time // zero: for ever
}

func newMemory() *memory {
	m := &memory{
		sessions: map[string]auth.Entry{},
		marks:    map[string]memoryMark{},
		labels:   map[string]time.Time{},
		values:   map[string]memoryValue{},
	}
	m.stop = every(sweepInterval, sweepInterval, func(context.Context) { m.sweep(time.Now()) })
	return m
}

// live returns the session under key if it has neither expired nor been ended by a mark. The lock is held.
func (m *memory) live(key string) (auth.Entry, bool) {
	e, ok := m.sessions[key]
	now := time.Now()
	if !ok || !e.Expiry.After(now) {
		return auth.Entry{}, false
	}
	for _, label := range e.Labels {
		if mark, ok := m.marks[label]; ok && mark.at.After(e.Created) && mark.until.After(now) {
			return auth.Entry{}, false
		}
	}
	return e, true
}

func (m *memory) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if err := ctx.Err(); err != nil {
		return auth.Entry{}, false, err
	}
	m.mu.RLock()
	e, ok := m.live(key)
	m.mu.RUnlock()
	if !ok {
		return auth.Entry{}, false, nil
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	return e, true, nil
}

func (m *memory) Create(ctx context.Context, key string, e auth.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.Data, e.Labels = bytes.Clone(e.Data), slices.Clone(e.Labels)
	e.Created, e.Expiry = e.Created.Round(0), e.Expiry.Round(0) // by the clock on the wall, also when the machine has slept
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.sessions[key]; ok && old.Expiry.After(time.Now()) {
		return errUsed
	}
	m.sessions[key] = e
	m.know(e)
	return nil
}

// know notes the labels of a session. The lock is held.
func (m *memory) know(e auth.Entry) {
	for _, label := range e.Labels {
		if e.Expiry.After(m.labels[label]) {
			m.labels[label] = e.Expiry
		}
	}
}

func (m *memory) Update(ctx context.Context, key string, data []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	data = bytes.Clone(data)
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.live(key)
	if !ok {
		return false, nil
	}
	e.Data = data
	m.sessions[key] = e
	return true, nil
}

func (m *memory) Touch(ctx context.Context, key string, expiry time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.live(key); ok {
		e.Expiry = expiry.Round(0)
		m.sessions[key] = e
		m.know(e)
	}
	return nil
}

func (m *memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, key)
	return nil
}

func (m *memory) EndAll(ctx context.Context, label string, at, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	mark := memoryMark{at.Round(0), until.Round(0)}
	if old, ok := m.marks[label]; ok && old.until.After(time.Now()) {
		mark = memoryMark{later(old.at, mark.at), later(old.until, mark.until)}
	}
	m.marks[label] = mark
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *memory) HasLabel(ctx context.Context, label string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.labels[label].After(time.Now()), nil
}

func (m *memory) LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.values[key]; ok && !old.over(time.Now()) {
		return bytes.Clone(old.value), true, nil
	}
	m.values[key] = memoryValue{bytes.Clone(value), until.Round(0)}
	return bytes.Clone(value), false, nil
}

func (v memoryValue) over(now time.Time) bool { return !v.until.IsZero() && !v.until.After(now) }

func (m *memory) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.values[key]; ok && bytes.Equal(old.value, value) {
		delete(m.values, key)
	}
	return nil
}

// sweep removes what has expired.
func (m *memory) sweep(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.sessions, func(_ string, e auth.Entry) bool { return !e.Expiry.After(now) })
	maps.DeleteFunc(m.marks, func(_ string, mark memoryMark) bool { return !mark.until.After(now) })
	maps.DeleteFunc(m.labels, func(_ string, until time.Time) bool { return !until.After(now) })
	maps.DeleteFunc(m.values, func(_ string, v memoryValue) bool { return v.over(now) })
}

func (m *memory) Ping(ctx context.Context) error { return ctx.Err() }

func (m *memory) Close() error {
	m.stop()
	return nil
}
