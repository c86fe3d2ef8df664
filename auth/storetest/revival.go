package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// revivalChecks: no session comes back. Each is failed by a store that overwrites.
var revivalChecks = []check{
	{"an update after delete does not revive", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		return errors.Join(s.Create(ctx, key, newEntry("one")), open().Delete(ctx, key),
			wantUpdated(ctx, s, key, []byte("late"), false), wantGone(ctx, s, key))
	}},
	{"an update after expiry does not revive", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one")
		e.Expiry = time.Now().Add(20 * time.Millisecond)
		return errors.Join(s.Create(ctx, key, e), waitGone(ctx, s, key),
			wantUpdated(ctx, s, key, []byte("late"), false), wantGone(ctx, s, key))
	}},
	{"a touch after delete does not revive", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		return errors.Join(s.Create(ctx, key, newEntry("one")), open().Delete(ctx, key),
			s.Touch(ctx, key, time.Now().Add(time.Hour)), wantGone(ctx, s, key),
			wantUpdated(ctx, s, key, []byte("late"), false), wantGone(ctx, s, key))
	}},
	{"a touch after expiry does not revive", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one")
		e.Expiry = time.Now().Add(20 * time.Millisecond)
		return errors.Join(s.Create(ctx, key, e), waitGone(ctx, s, key),
			s.Touch(ctx, key, time.Now().Add(time.Hour)), wantGone(ctx, s, key))
	}},
	{"updates that race with a delete do not revive", func(ctx context.Context, open func() auth.Store) error {
		return race(ctx, open, func(ctx context.Context, s auth.Store, key string) (bool, error) {
			return s.Update(ctx, key, []byte("late"))
		})
	}},
	{"touches that race with a delete do not revive", func(ctx context.Context, open func() auth.Store) error {
		return race(ctx, open, func(ctx context.Context, s auth.Store, key string) (bool, error) {
			return false, s.Touch(ctx, key, time.Now().Add(time.Hour))
		})
	}},
	{"updates and touches after a mark do not revive", func(ctx context.Context, open func() auth.Store) error {
		s, key, label := open(), newKey(), newKey()
		far := time.Now().Add(time.Hour)
		err := errors.Join(s.Create(ctx, key, newEntry(label)), open().EndAll(ctx, label, far, far))
		_, late := s.Update(ctx, key, []byte("late"))
		return errors.Join(err, late, wantGone(ctx, s, key), s.Touch(ctx, key, far), wantGone(ctx, s, key))
	}},
}

// race has writers at work on one session, on two instances, while it is deleted. None of them
// may report success for a write that began after the delete was done, and none may leave
// the session there.
func race(ctx context.Context, open func() auth.Store, write func(context.Context, auth.Store, string) (bool, error)) error {
	instances, key := []auth.Store{open(), open()}, newKey()
	if err := instances[0].Create(ctx, key, newEntry("one", "two")); err != nil {
		return err
	}
	const writers, before, after = 10, 3, 5
	var (
		all      sync.WaitGroup
		begun    sync.WaitGroup
		deleted  = make(chan struct{})
		failures = make([]error, writers)
	)
	begun.Add(writers)
	for i := range writers {
		all.Go(func() {
			s := instances[i%len(instances)]
			last := after
			for n := 0; last > 0; n++ {
				gone := false
				select {
				case <-deleted:
					gone, last = true, last-1
				default:
				}
				ok, err := write(ctx, s, key)
				if gone && ok {
					err = errors.Join(err, errors.New("a write after the delete reports success"))
				}
				failures[i] = errors.Join(failures[i], err)
				if n == before {
					begun.Done()
				}
			}
		})
	}
	begun.Wait()
	err := instances[1].Delete(ctx, key)
	close(deleted)
	all.Wait()
	err = errors.Join(err, errors.Join(failures...))
	for _, s := range instances {
		if gone := wantGone(ctx, s, key); gone != nil {
			err = errors.Join(err, fmt.Errorf("after the race: %w", gone))
		}
	}
	return err
}

func waitGone(ctx context.Context, s auth.Store, key string) error {
	return eventually("the session has expired", func() (bool, error) {
		_, ok, err := s.Find(ctx, key)
		return !ok, err
	})
}
