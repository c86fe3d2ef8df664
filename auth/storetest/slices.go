package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// sliceChecks test that a store shares no memory with its callers.
var sliceChecks = []check{
	{"the caller may modify the slices that it passed", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		e := newEntry("one", "two")
		passed := e
		passed.Data, passed.Labels = bytes.Clone(e.Data), []string{"one", "two"}
		err := s.Create(ctx, key, passed)
		overwrite(passed.Data)
		passed.Labels[0] = "changed"
		err = errors.Join(err, wantEntry(ctx, s, key, e))

		data := []byte("updated")
		e.Data = bytes.Clone(data)
		err = errors.Join(err, wantUpdated(ctx, s, key, data, true))
		overwrite(data)
		err = errors.Join(err, wantEntry(ctx, s, key, e))

		value := []byte("value")
		actual, _, storeErr := s.LoadOrStore(ctx, key, value, time.Time{})
		overwrite(value)
		if string(actual) != "value" {
			err = errors.Join(err, fmt.Errorf("LoadOrStore: the returned value changed to %q", actual))
		}
		return errors.Join(err, storeErr, wantLoaded(ctx, s, key, "x", "value"))
	}},
	{"the caller may modify the slices that it received", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one", "two")
		e.Data = bytes.Repeat(allBytes(), 512) // larger than a buffer that a store might copy through
		value := string(e.Data)
		if err := errors.Join(s.Create(ctx, key, e), wantStored(ctx, s, key, value, time.Time{})); err != nil {
			return err
		}
		got, _, err := s.Find(ctx, key)
		overwrite(got.Data)
		for i := range got.Labels {
			got.Labels[i] = "changed"
		}
		actual, _, loadErr := s.LoadOrStore(ctx, key, []byte("x"), time.Time{})
		overwrite(actual)
		return errors.Join(err, loadErr, wantEntry(ctx, s, key, e), wantLoaded(ctx, s, key, "x", value))
	}},
	{"an entry that was found does not change during later writes",
		func(ctx context.Context, open func() auth.Store) error {
			s := open()
			const sessions, rounds = 8, 30
			keys := make([]string, sessions)
			for i := range keys {
				keys[i] = newKey()
				e := newEntry("label of " + keys[i])
				e.Data = ownedData(keys[i], 0)
				if err := s.Create(ctx, keys[i], e); err != nil {
					return err
				}
			}
			var done sync.WaitGroup
			errs := make([]error, 2*sessions)
			for i, key := range keys {
				done.Go(func() {
					for n := range rounds {
						errs[2*i] = errors.Join(errs[2*i], wantUpdated(ctx, s, key, ownedData(key, n), true))
					}
				})
				done.Go(func() { errs[2*i+1] = findAndCompare(ctx, s, key, rounds) })
			}
			done.Wait()
			return errors.Join(errs...)
		}},
}

// findAndCompare finds a session several times, and only then checks that each entry is whole and belongs to the key.
func findAndCompare(ctx context.Context, s auth.Store, key string, times int) error {
	var found []auth.Entry
	for range times {
		e, ok, err := s.Find(ctx, key)
		if err == nil && !ok {
			err = errors.New("Find: the session is missing")
		}
		if err != nil {
			return err
		}
		found = append(found, e)
	}
	for _, e := range found {
		line, _, _ := bytes.Cut(e.Data, []byte("\n"))
		whole := bytes.Equal(e.Data, bytes.Repeat(append(bytes.Clone(line), '\n'), ownedLines))
		if !whole || !bytes.HasPrefix(line, []byte(key)) || e.Labels[0] != "label of "+key {
			return fmt.Errorf("Find: got mixed data or the data of another session: %.100q, %q", e.Data, e.Labels)
		}
	}
	return nil
}

func overwrite(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

const ownedLines = 100

// ownedData returns data that repeats the key and the number of the write, so that data of another session, or of
// two writes, is detected.
func ownedData(key string, write int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s %d\n", key, write), ownedLines)
}
