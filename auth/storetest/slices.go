package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// sliceChecks: what is handed in or out is never shared.
var sliceChecks = []check{
	{"what was handed in may be changed", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		e := newEntry("one", "two")
		mine := auth.Entry{Data: bytes.Clone(e.Data), Labels: []string{"one", "two"}, Created: e.Created, Expiry: e.Expiry}
		err := s.Create(ctx, key, mine)
		scribble(mine.Data)
		mine.Labels[0] = "changed"
		err = errors.Join(err, wantEntry(ctx, s, key, e))

		data := []byte("updated")
		err = errors.Join(err, wantUpdated(ctx, s, key, data, true))
		e.Data = bytes.Clone(data)
		scribble(data)
		err = errors.Join(err, wantEntry(ctx, s, key, e))

		value := []byte("value")
		actual, _, stored := s.LoadOrStore(ctx, key, value, time.Time{})
		scribble(value)
		if string(actual) != "value" {
			err = errors.Join(err, fmt.Errorf("the value that was handed out became %q", actual))
		}
		return errors.Join(err, stored, wantLoaded(ctx, s, key, "x", "value"))
	}},
	{"what was handed out may be changed", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one", "two")
		e.Data = bytes.Repeat(allBytes(), 512) // so much that no store has a copy of it by accident
		value := string(e.Data)
		if err := errors.Join(s.Create(ctx, key, e), wantStored(ctx, s, key, value, time.Time{})); err != nil {
			return err
		}
		got, _, err := s.Find(ctx, key)
		scribble(got.Data)
		for i := range got.Labels {
			got.Labels[i] = "changed"
		}
		actual, _, loaded := s.LoadOrStore(ctx, key, []byte("x"), time.Time{})
		scribble(actual)
		return errors.Join(err, loaded, wantEntry(ctx, s, key, e), wantLoaded(ctx, s, key, "x", value))
	}},
	{"what was handed out stays as it was while others write", func(ctx context.Context, open func() auth.Store) error {
		s := open()
		const people, rounds = 8, 30
		keys := make([]string, people)
		for i := range keys {
			keys[i] = newKey()
			e := newEntry("label of " + keys[i])
			e.Data = page(keys[i], 0)
			if err := s.Create(ctx, keys[i], e); err != nil {
				return err
			}
		}
		var all sync.WaitGroup
		errs := make([]error, 2*people)
		for i, key := range keys {
			all.Go(func() {
				for n := range rounds {
					errs[2*i] = errors.Join(errs[2*i], wantUpdated(ctx, s, key, page(key, n), true))
				}
			})
			all.Go(func() {
				var held []auth.Entry
				for range rounds {
					e, ok, err := s.Find(ctx, key)
					if !ok || err != nil {
						errs[2*i+1] = errors.Join(err, errors.New("not found"))
						return
					}
					held = append(held, e)
				}
				for _, e := range held {
					if line, _, _ := bytes.Cut(e.Data, []byte("\n")); !bytes.HasPrefix(line, []byte(key)) ||
						!bytes.Equal(e.Data, bytes.Repeat(append(line, '\n'), pageLines)) || e.Labels[0] != "label of "+key {
						errs[2*i+1] = fmt.Errorf("read as somebody else's, or torn: %.100q, %q", e.Data, e.Labels)
						return
					}
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	}},
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

const pageLines = 100

// page is data that shows whose it is, and when it was torn.
func page(key string, n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s %d\n", key, n), pageLines)
}

// contextChecks: a context that has ended, and a store that answers.
var contextChecks = []check{
	{"a context that has ended is an error, and nothing is written", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		e := newEntry(newKey())
		err := errors.Join(s.Create(ctx, key, e), wantStored(ctx, s, key, "value", time.Time{}))
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		late, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
		defer cancel()
		for _, over := range []context.Context{cancelled, late} {
			for name, call := range methods(s, key, e) {
				if got := call(over); !errors.Is(got, over.Err()) {
					err = errors.Join(err, fmt.Errorf("%s: got %v, want %v", name, got, over.Err()))
				}
			}
		}
		return errors.Join(err, wantEntry(ctx, s, key, e), wantLoaded(ctx, s, key, "x", "value"))
	}},
	{"a store that is up answers", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		err := s.Ping(ctx)
		for name, call := range methods(s, key, newEntry(key)) {
			if failure := call(ctx); failure != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", name, failure))
			}
		}
		return err
	}},
}

// methods is every method of a store but Close, each of which changes the session e under key
// where it changes something.
func methods(s auth.Store, key string, e auth.Entry) map[string]func(context.Context) error {
	label, far := append(e.Labels, key)[0], time.Now().Add(24*time.Hour)
	return map[string]func(context.Context) error{
		"Find":        func(ctx context.Context) error { _, _, err := s.Find(ctx, key); return err },
		"Create":      func(ctx context.Context) error { return s.Create(ctx, newKey(), e) },
		"Update":      func(ctx context.Context) error { _, err := s.Update(ctx, key, []byte("changed")); return err },
		"Touch":       func(ctx context.Context) error { return s.Touch(ctx, key, far) },
		"Delete":      func(ctx context.Context) error { return s.Delete(ctx, key) },
		"Mark":        func(ctx context.Context) error { return s.EndAll(ctx, label, far, far) },
		"Known":       func(ctx context.Context) error { _, err := s.HasLabel(ctx, label); return err },
		"LoadOrStore": func(ctx context.Context) error { _, _, err := s.LoadOrStore(ctx, newKey(), nil, far); return err },
		"Forget":      func(ctx context.Context) error { return s.CompareAndDelete(ctx, key, []byte("value")) },
		"Ping":        func(ctx context.Context) error { return s.Ping(ctx) },
	}
}
