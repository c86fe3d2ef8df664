// Package storetest tests implementations of [auth.Store].
//
// A test of a store of your own is one call of [Run]:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) auth.Store {
//			s := mystore.Open(database)
//			t.Cleanup(func() { s.Close() })
//			return s
//		})
//	}
//
// A store on a server also passes [RunOutage], and a store that removes expired entries itself passes [CheckSweep].
// The stores in memory, in a file, in Redis and in PostgreSQL are tested by the same functions.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// check is one promise of [auth.Store]. Its run function returns an error instead of failing a test, so that the
// tests of this package can show that it detects an incorrect store.
type check struct {
	name string
	run  func(ctx context.Context, open func() auth.Store) error
}

// Run tests everything that [auth.Store] promises about a store that can be reached. Each check is a subtest; they
// run in parallel and use random keys, so the store need not be empty.
//
// Each call of open must return a store with the same data: where several instances of an application can share the
// data, a store with connections of its own; otherwise the same store each time. open is called from subtests, and
// should close what it opens with Cleanup.
func Run(t *testing.T, open func(t *testing.T) auth.Store) {
	t.Helper()
	for _, checks := range [][]check{
		sessionChecks, revivalChecks, labelChecks, listChecks, valueChecks, sliceChecks, contextChecks,
	} {
		for _, c := range checks {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if err := c.run(t.Context(), func() auth.Store { return open(t) }); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Calls returns one call of each method of the store except Close, by the name of the method. The calls use random
// keys. A test can use them to check how the store behaves, for example, when its server does not answer.
func Calls(s auth.Store) map[string]func(context.Context) error {
	return calls(s, newKey(), newEntry(newKey()))
}

// calls returns calls that modify or delete the session e with the key, and its first label, where they write.
func calls(s auth.Store, key string, e auth.Entry) map[string]func(context.Context) error {
	label, later := e.Labels[0], time.Now().Add(24*time.Hour)
	return map[string]func(context.Context) error{
		"Find":     func(ctx context.Context) error { _, _, err := s.Find(ctx, key); return err },
		"Create":   func(ctx context.Context) error { return s.Create(ctx, newKey(), e) },
		"Update":   func(ctx context.Context) error { _, err := s.Update(ctx, key, []byte("changed")); return err },
		"Touch":    func(ctx context.Context) error { return s.Touch(ctx, key, later) },
		"Delete":   func(ctx context.Context) error { return s.Delete(ctx, key) },
		"EndAll":   func(ctx context.Context) error { return s.EndAll(ctx, label, later, later) },
		"HasLabel": func(ctx context.Context) error { _, err := s.HasLabel(ctx, label); return err },
		"List":     func(ctx context.Context) error { _, err := s.List(ctx, label, 10); return err },
		"LoadOrStore": func(ctx context.Context) error {
			_, _, err := s.LoadOrStore(ctx, newKey(), nil, later)
			return err
		},
		"CompareAndDelete": func(ctx context.Context) error { return s.CompareAndDelete(ctx, key, []byte("value")) },
		"Ping":             func(ctx context.Context) error { return s.Ping(ctx) },
	}
}

func newKey() string { return rand.Text() }

// newEntry returns a session that was created now and expires in an hour, in the resolution that a store must keep.
func newEntry(labels ...string) auth.Entry {
	now := time.Now()
	return auth.Entry{
		Data:    []byte("data " + newKey()),
		Labels:  labels,
		Created: now.Truncate(time.Microsecond),
		Expiry:  now.Add(time.Hour).Truncate(time.Millisecond),
	}
}

// waitFor calls condition every few milliseconds until it returns true without an error. It gives up after ten
// seconds.
func waitFor(description string, condition func() (bool, error)) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		ok, err := condition()
		if ok && err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("not within 10 s: %s", description), err)
		}
	}
}

// waitUntil waits until shortly after the given time.
func waitUntil(end time.Time) error {
	return waitFor("the time "+end.String(), func() (bool, error) {
		return time.Now().After(end.Add(10 * time.Millisecond)), nil
	})
}
