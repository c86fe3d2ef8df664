package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// contextChecks test contexts that have ended or end during a call.
var contextChecks = []check{
	{"with a context that has ended, every method fails and writes nothing",
		func(ctx context.Context, open func() auth.Store) error {
			s, key := open(), newKey()
			e := newEntry(newKey())
			err := errors.Join(s.Create(ctx, key, e), wantStored(ctx, s, key, "value", time.Time{}))
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			expired, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
			defer cancel()
			for _, ended := range []context.Context{cancelled, expired} {
				for name, call := range calls(s, key, e) {
					if got := call(ended); !errors.Is(got, ended.Err()) {
						err = errors.Join(err, fmt.Errorf("%s: got error %q, want %w", name, fmt.Sprint(got), ended.Err()))
					}
				}
			}
			return errors.Join(err, wantEntry(ctx, s, key, e), wantLoaded(ctx, s, key, "x", "value"))
		}},
	{"every method succeeds", func(ctx context.Context, open func() auth.Store) error {
		var err error
		for name, call := range Calls(open()) {
			if callErr := call(ctx); callErr != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", name, callErr))
			}
		}
		return err
	}},
	{"an Update that is cancelled is either done or reports that it is not",
		func(ctx context.Context, open func() auth.Store) error {
			s, key := open(), newKey()
			e := newEntry("one")
			if err := s.Create(ctx, key, e); err != nil {
				return err
			}
			for n := range 300 {
				data := ownedData(key, n)
				cancelled, cancel := context.WithCancel(ctx)
				timer := time.AfterFunc(time.Duration(n)*5*time.Microsecond, cancel)
				ok, err := s.Update(cancelled, key, data)
				timer.Stop()
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					return err
				}
				if ok {
					e.Data = data
				}
				got, _, err := s.Find(ctx, key)
				if err != nil {
					return err
				}
				if !bytes.Equal(got.Data, e.Data) {
					return fmt.Errorf("Update %d returned %v, then Find returned %.50q", n, ok, got.Data)
				}
			}
			return nil
		}},
}
