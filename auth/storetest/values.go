package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// valueChecks test LoadOrStore and CompareAndDelete.
var valueChecks = []check{
	{"a value is stored once and then loaded", func(ctx context.Context, open func() auth.Store) error {
		s, key, until := open(), newKey(), time.Now().Add(time.Hour)
		return errors.Join(wantStored(ctx, s, key, "first", until), wantLoaded(ctx, open(), key, "second", "first"),
			wantLoaded(ctx, s, key, "first", "first"), wantStored(ctx, s, newKey(), "other", until))
	}},
	{"one of many concurrent callers stores", func(ctx context.Context, open func() auth.Store) error {
		instances := []auth.Store{open(), open(), open(), open()}
		key := newKey()
		const callers = 40
		var (
			stored  atomic.Int32
			done    sync.WaitGroup
			actuals [callers][]byte
			errs    [callers]error
			start   = make(chan struct{})
		)
		for i := range callers {
			done.Go(func() {
				<-start
				value := fmt.Append(nil, "caller ", i)
				actual, loaded, err := instances[i%len(instances)].LoadOrStore(ctx, key, value, time.Now().Add(time.Hour))
				actuals[i], errs[i] = actual, err
				if !loaded && err == nil {
					stored.Add(1)
					if !bytes.Equal(actual, value) {
						errs[i] = fmt.Errorf("LoadOrStore: stored %q and returned %q", value, actual)
					}
				}
			})
		}
		close(start)
		done.Wait()
		err := errors.Join(errs[:]...)
		if n := stored.Load(); n != 1 {
			err = errors.Join(err, fmt.Errorf("%d callers stored a value, want 1", n))
		}
		for _, actual := range actuals {
			if !bytes.Equal(actual, actuals[0]) {
				err = errors.Join(err, fmt.Errorf("callers got different values: %q and %q", actuals[0], actual))
			}
		}
		return err
	}},
	{"an expired value is replaced once", func(ctx context.Context, open func() auth.Store) error {
		s, key, past := open(), newKey(), time.Now().Add(-time.Second)
		if err := errors.Join(wantStored(ctx, s, key, "past", past),
			wantStored(ctx, s, key, "first", time.Now().Add(40*time.Millisecond))); err != nil {
			return err
		}
		err := waitFor("the value is replaced", func() (bool, error) {
			_, loaded, err := s.LoadOrStore(ctx, key, []byte("second"), time.Now().Add(time.Hour))
			return !loaded, err
		})
		return errors.Join(err, wantLoaded(ctx, open(), key, "third", "second"))
	}},
	{"a value with a zero until does not expire", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		return errors.Join(wantStored(ctx, s, key, "first", time.Time{}),
			wantLoaded(ctx, open(), key, "second", "first"))
	}},
	{"CompareAndDelete deletes only the given value", func(ctx context.Context, open func() auth.Store) error {
		s, key, until := open(), newKey(), time.Now().Add(time.Hour)
		err := errors.Join(s.CompareAndDelete(ctx, key, []byte("mine")), wantStored(ctx, s, key, "mine", until))
		for _, other := range []string{"theirs", "", "min", "mine "} {
			err = errors.Join(err, s.CompareAndDelete(ctx, key, []byte(other)))
		}
		return errors.Join(err, s.CompareAndDelete(ctx, key, nil), wantLoaded(ctx, s, key, "x", "mine"),
			open().CompareAndDelete(ctx, key, []byte("mine")), wantStored(ctx, s, key, "yours", until),
			s.CompareAndDelete(ctx, key, []byte("mine")), wantLoaded(ctx, s, key, "x", "yours"))
	}},
	{"values may have any size and any bytes", func(ctx context.Context, open func() auth.Store) error {
		s, unique := open(), newKey()
		var err error
		for _, key := range []string{"", "\x00", "\xff", "'", string(allBytes()[:150]), string(allBytes()[56:206])} {
			for i, value := range []string{"", "\x00", string(allBytes()), string(bytes.Repeat(allBytes(), 4096))} {
				key := unique + fmt.Sprint(i) + key
				err = errors.Join(err, wantStored(ctx, s, key, value, time.Time{}), wantLoaded(ctx, s, key, "x", value),
					s.CompareAndDelete(ctx, key, []byte(value)), wantStored(ctx, s, key, "y", time.Time{}))
			}
		}
		return err
	}},
	{"the keys of values, sessions and labels are independent", func(ctx context.Context, open func() auth.Store) error {
		s, key, until := open(), newKey(), time.Now().Add(time.Hour)
		e := newEntry("one")
		return errors.Join(wantStored(ctx, s, key, "value", until), wantMissing(ctx, s, key),
			wantHasLabel(ctx, s, key, false), s.Create(ctx, key, e), s.EndAll(ctx, key, farFuture, until),
			wantEntry(ctx, s, key, e), wantLoaded(ctx, s, key, "x", "value"),
			s.Delete(ctx, key), wantLoaded(ctx, s, key, "x", "value"))
	}},
}

func wantStored(ctx context.Context, s auth.Store, key, value string, until time.Time) error {
	return wantValue(ctx, s, key, value, until, value, false)
}

func wantLoaded(ctx context.Context, s auth.Store, key, value, want string) error {
	return wantValue(ctx, s, key, value, time.Now().Add(time.Hour), want, true)
}

func wantValue(
	ctx context.Context, s auth.Store, key, value string, until time.Time, want string, wantLoaded bool,
) error {
	actual, loaded, err := s.LoadOrStore(ctx, key, []byte(value), until)
	if err == nil && (string(actual) != want || loaded != wantLoaded) {
		err = fmt.Errorf("LoadOrStore: got %.50q, loaded %v; want %.50q, loaded %v", actual, loaded, want, wantLoaded)
	}
	return err
}
