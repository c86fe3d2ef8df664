package store

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

var valueChecks = []check{
	{"a value is stored once and loaded from then on", func(ctx context.Context, open func() auth.Store) error {
		s, key, until := open(), newKey(), time.Now().Add(time.Hour)
		return errors.Join(wantStored(ctx, s, key, "first", until), wantLoaded(ctx, open(), key, "second", "first"),
			wantLoaded(ctx, s, key, "first", "first"), wantStored(ctx, s, newKey(), "other", until))
	}},
	{"of many callers on several instances one stores", func(ctx context.Context, open func() auth.Store) error {
		instances := []auth.Store{open(), open(), open(), open()}
		key := newKey()
		const callers = 40
		var (
			stored  atomic.Int32
			all     sync.WaitGroup
			actuals [callers][]byte
			errs    [callers]error
			start   = make(chan struct{})
		)
		for i := range callers {
			all.Go(func() {
				<-start
				actual, loaded, err := instances[i%len(instances)].LoadOrStore(ctx, key, fmt.Append(nil, "caller ", i), time.Now().Add(time.Hour))
				actuals[i], errs[i] = actual, err
				if !loaded && err == nil {
					stored.Add(1)
					if want := fmt.Sprint("caller ", i); string(actual) != want {
						errs[i] = fmt.Errorf("it stored %q and got %q", want, actual)
					}
				}
			})
		}
		close(start)
		all.Wait()
		err := errors.Join(errs[:]...)
		if n := stored.Load(); n != 1 {
			err = errors.Join(err, fmt.Errorf("%d callers stored", n))
		}
		for _, actual := range actuals {
			if !bytes.Equal(actual, actuals[0]) {
				err = errors.Join(err, fmt.Errorf("callers got %q and %q", actuals[0], actual))
			}
		}
		return err
	}},
	{"a value whose time has run out is replaced, once", func(ctx context.Context, open func() auth.Store) error {
		s, key, past := open(), newKey(), time.Now().Add(-time.Second)
		if err := errors.Join(wantStored(ctx, s, key, "past", past), wantStored(ctx, s, key, "first", time.Now().Add(40*time.Millisecond))); err != nil {
			return err
		}
		err := eventually("the value can be replaced", func() (bool, error) {
			_, loaded, err := s.LoadOrStore(ctx, key, []byte("second"), time.Now().Add(time.Hour))
			return !loaded, err
		})
		return errors.Join(err, wantLoaded(ctx, open(), key, "third", "second"))
	}},
	{"a zero time keeps a value for ever", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		return errors.Join(wantStored(ctx, s, key, "first", time.Time{}), wantLoaded(ctx, open(), key, "second", "first"))
	}},
	{"forget removes its own value only", func(ctx context.Context, open func() auth.Store) error {
		s, key, until := open(), newKey(), time.Now().Add(time.Hour)
		return errors.Join(s.CompareAndDelete(ctx, key, []byte("mine")), wantStored(ctx, s, key, "mine", until),
			s.CompareAndDelete(ctx, key, []byte("theirs")), s.CompareAndDelete(ctx, key, nil), s.CompareAndDelete(ctx, key, []byte("min")), s.CompareAndDelete(ctx, key, []byte("mine ")),
			wantLoaded(ctx, s, key, "x", "mine"),
			open().CompareAndDelete(ctx, key, []byte("mine")), wantStored(ctx, s, key, "yours", until),
			s.CompareAndDelete(ctx, key, []byte("mine")), wantLoaded(ctx, s, key, "x", "yours"))
	}},
	{"values of any size and any bytes, under keys of any bytes", func(ctx context.Context, open func() auth.Store) error {
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
	{"values, sessions and labels under one name are apart", func(ctx context.Context, open func() auth.Store) error {
		s, key, far := open(), newKey(), time.Now().Add(time.Hour)
		e := newEntry("one")
		return errors.Join(wantStored(ctx, s, key, "value", far), wantGone(ctx, s, key), wantKnown(ctx, s, key, false),
			s.Create(ctx, key, e), s.EndAll(ctx, key, farFuture, far),
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

func wantValue(ctx context.Context, s auth.Store, key, value string, until time.Time, want string, wantLoaded bool) error {
	actual, loaded, err := s.LoadOrStore(ctx, key, []byte(value), until)
	if err == nil && (string(actual) != want || loaded != wantLoaded) {
		err = fmt.Errorf("got %.50q, loaded %v; want %.50q, loaded %v", actual, loaded, want, wantLoaded)
	}
	return err
}
