package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// revivalChecks test that a session that was deleted or has expired never comes back.
var revivalChecks = []check{
	{"Update and Touch after Delete do not restore the session",
		func(ctx context.Context, open func() auth.Store) error {
			s, key := open(), newKey()
			return errors.Join(s.Create(ctx, key, newEntry("one")), open().Delete(ctx, key), wantNotRestored(ctx, s, key))
		}},
	{"Update and Touch after expiry do not restore the session",
		func(ctx context.Context, open func() auth.Store) error {
			s, key, e := open(), newKey(), newEntry("one")
			e.Expiry = time.Now().Add(20 * time.Millisecond)
			return errors.Join(s.Create(ctx, key, e), waitExpired(ctx, s, key), wantNotRestored(ctx, s, key))
		}},
	{"Update and Touch after EndAll do not restore the session",
		func(ctx context.Context, open func() auth.Store) error {
			s, key, label, later := open(), newKey(), newKey(), time.Now().Add(time.Hour)
			return errors.Join(s.Create(ctx, key, newEntry(label)), open().EndAll(ctx, label, later, later),
				wantNotRestored(ctx, s, key))
		}},
	{"Update concurrent with Delete does not restore the session",
		func(ctx context.Context, open func() auth.Store) error {
			return deleteDuring(ctx, open, func(ctx context.Context, s auth.Store, key string) (bool, error) {
				return s.Update(ctx, key, []byte("late"))
			})
		}},
	{"Touch concurrent with Delete does not restore the session",
		func(ctx context.Context, open func() auth.Store) error {
			return deleteDuring(ctx, open, func(ctx context.Context, s auth.Store, key string) (bool, error) {
				return false, s.Touch(ctx, key, time.Now().Add(time.Hour))
			})
		}},
}

// wantNotRestored writes a session that has ended with Update and Touch, and checks that it stays missing.
func wantNotRestored(ctx context.Context, s auth.Store, key string) error {
	update := func() error {
		return errors.Join(wantUpdated(ctx, s, key, []byte("late"), false), wantMissing(ctx, s, key))
	}
	touch := func() error {
		return errors.Join(s.Touch(ctx, key, time.Now().Add(time.Hour)), wantMissing(ctx, s, key))
	}
	return errors.Join(update(), touch(), update())
}

// deleteDuring deletes a session while several goroutines write it on two instances. It returns an error if a write
// that started after the delete reports success, or if the session exists afterwards.
func deleteDuring(
	ctx context.Context, open func() auth.Store, write func(context.Context, auth.Store, string) (bool, error),
) error {
	instances, key, label := []auth.Store{open(), open()}, newKey(), newKey()
	if err := instances[0].Create(ctx, key, newEntry("one", label)); err != nil {
		return err
	}
	const (
		writers      = 10
		writesBefore = 3 // per writer, at least, before the delete
		writesAfter  = 5 // per writer, after the delete
	)
	var (
		done    sync.WaitGroup
		writing sync.WaitGroup
		deleted = make(chan struct{})
		errs    = make([]error, writers)
	)
	writing.Add(writers)
	for i := range writers {
		done.Go(func() {
			s := instances[i%len(instances)]
			left := writesAfter
			for n := 0; left > 0; n++ {
				afterDelete := false
				select {
				case <-deleted:
					afterDelete = true
					left--
				default:
				}
				ok, err := write(ctx, s, key)
				if afterDelete && ok {
					err = errors.Join(err, errors.New("a write after the delete reported success"))
				}
				errs[i] = errors.Join(errs[i], err)
				if n == writesBefore {
					writing.Done()
				}
			}
		})
	}
	writing.Wait()
	err := instances[1].Delete(ctx, key)
	close(deleted)
	done.Wait()
	err = errors.Join(err, errors.Join(errs...))
	for _, s := range instances {
		if missing := wantMissing(ctx, s, key); missing != nil {
			err = errors.Join(err, fmt.Errorf("after the delete: %w", missing))
		}
		err = errors.Join(err, wantList(ctx, s, label, 100))
	}
	return err
}
