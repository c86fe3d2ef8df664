package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// listChecks test List.
var listChecks = []check{
	{"List returns the sessions with the label, newest first", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		var want []auth.KeyedEntry
		err := s.Create(ctx, newKey(), newEntry(label[1:], label+"x", "x"+label))
		for i := range 5 {
			e := auth.KeyedEntry{Key: newKey(), Entry: newEntry("other", label)}
			e.Created = e.Created.Add(-time.Duration(i*i) * time.Minute)
			want = append(want, e)
		}
		for _, i := range []int{3, 0, 4, 1, 2} {
			err = errors.Join(err, s.Create(ctx, want[i].Key, want[i].Entry))
		}
		return errors.Join(err, wantList(ctx, s, label, 100, want...), wantList(ctx, open(), label, 100, want...))
	}},
	{"List returns at most limit sessions", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		const sessions = 250
		want := make([]auth.KeyedEntry, sessions)
		var err error
		for i := range want {
			want[i] = auth.KeyedEntry{Key: newKey(), Entry: newEntry(label)}
			want[i].Created = want[i].Created.Add(-time.Duration(i) * time.Second)
			err = errors.Join(err, s.Create(ctx, want[i].Key, want[i].Entry))
		}
		for _, limit := range []int{0, 1, 100, sessions, 1000} {
			err = errors.Join(err, wantList(ctx, s, label, limit, want[:min(limit, sessions)]...))
		}
		return err
	}},
	{"List of a label that no session has is empty", func(ctx context.Context, open func() auth.Store) error {
		return wantList(ctx, open(), newKey(), 100)
	}},
	{"List leaves out sessions that were deleted, have expired or were ended by EndAll",
		func(ctx context.Context, open func() auth.Store) error {
			s, label, ended := open(), newKey(), newKey()
			live := auth.KeyedEntry{Key: newKey(), Entry: newEntry(label)}
			live.Created = live.Created.Add(-time.Hour) // older than the others
			deleted, expired, touched := newKey(), newKey(), newKey()
			short := newEntry(label)
			short.Expiry = time.Now().Add(30 * time.Millisecond)
			err := errors.Join(s.Create(ctx, live.Key, live.Entry), s.Create(ctx, deleted, newEntry(label)),
				s.Create(ctx, expired, short), s.Create(ctx, touched, newEntry(label)),
				s.Delete(ctx, deleted), s.Touch(ctx, touched, time.Now().Add(-time.Second)))
			for range 150 { // so that the sessions that were ended fill more than one answer
				err = errors.Join(err, s.Create(ctx, newKey(), newEntry(ended, label)))
			}
			return errors.Join(err, s.EndAll(ctx, ended, farFuture, time.Now().Add(time.Hour)), waitUntil(short.Expiry),
				wantList(ctx, open(), label, 1, live), wantList(ctx, s, label, 100, live),
				wantList(ctx, s, ended, 100))
		}},
	{"List returns the data and the expiry of the last write", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		e := auth.KeyedEntry{Key: newKey(), Entry: newEntry(label, label)}
		err := s.Create(ctx, e.Key, e.Entry)
		e.Data, e.Expiry = allBytes(), e.Expiry.Add(time.Hour)
		return errors.Join(err, wantUpdated(ctx, open(), e.Key, e.Data, true), s.Touch(ctx, e.Key, e.Expiry),
			wantList(ctx, s, label, 100, e))
	}},
	{"List keeps a touched session after its first expiry", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		for lifetime := time.Second; ; lifetime *= 2 { // repeats if the machine was too slow to touch the session in time
			e := auth.KeyedEntry{Key: newKey(), Entry: newEntry(label)}
			first := time.Now().Add(lifetime)
			later := e.Expiry
			e.Expiry = first
			if err := errors.Join(s.Create(ctx, e.Key, e.Entry), s.Touch(ctx, e.Key, later)); err != nil {
				return err
			}
			if time.Now().Before(first) {
				e.Expiry = later
				return errors.Join(waitUntil(first), wantList(ctx, s, label, 1, e))
			}
		}
	}},
	{"List accepts keys and labels of any bytes", func(ctx context.Context, open func() auth.Store) error {
		s, all, unique := open(), string(allBytes()), newKey()
		var err error
		for _, name := range []string{"", "\x00", "\x00\x00", "\xff", "*", "\r\n", all[:150], all[56:206]} {
			e := auth.KeyedEntry{Key: unique + name, Entry: newEntry(unique + name)}
			err = errors.Join(err, s.Create(ctx, e.Key, e.Entry), wantList(ctx, s, e.Labels[0], 100, e))
		}
		return err
	}},
	{"the caller may modify what List returned", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		e := auth.KeyedEntry{Key: newKey(), Entry: newEntry(label)}
		if err := s.Create(ctx, e.Key, e.Entry); err != nil {
			return err
		}
		got, err := s.List(ctx, label, 100)
		for _, g := range got {
			overwrite(g.Data)
			g.Labels[0] = "changed"
		}
		return errors.Join(err, wantList(ctx, s, label, 100, e), wantEntry(ctx, s, e.Key, e.Entry))
	}},
	{"List is right after concurrent sign-ins, uses and deletes", func(ctx context.Context, open func() auth.Store) error {
		instances, label := []auth.Store{open(), open()}, newKey()
		const sessions = 24
		var (
			done sync.WaitGroup
			errs [sessions]error
			kept [sessions]string
		)
		for i := range sessions {
			done.Go(func() {
				s, other, key, e := instances[i%2], instances[(i+1)%2], newKey(), newEntry(newKey(), label)
				var writes sync.WaitGroup
				errs[i] = s.Create(ctx, key, e)
				if i%3 == 0 {
					kept[i] = key
					return
				}
				var touchErr, updateErr error
				writes.Go(func() { touchErr = other.Touch(ctx, key, e.Expiry.Add(time.Hour)) })
				writes.Go(func() { _, updateErr = s.Update(ctx, key, []byte("new")) })
				_, listErr := other.List(ctx, label, 100)
				errs[i] = errors.Join(errs[i], listErr, s.Delete(ctx, key))
				writes.Wait()
				errs[i] = errors.Join(errs[i], touchErr, updateErr)
			})
		}
		done.Wait()
		got, err := instances[0].List(ctx, label, 100)
		var keys []string
		for _, e := range got {
			keys = append(keys, e.Key)
		}
		want := slices.DeleteFunc(kept[:], func(key string) bool { return key == "" })
		slices.Sort(keys)
		slices.Sort(want)
		if !slices.Equal(keys, want) {
			err = errors.Join(err, fmt.Errorf("List: got the keys %q, want %q", keys, want))
		}
		return errors.Join(append(errs[:], err)...)
	}},
}

func wantList(ctx context.Context, s auth.Store, label string, limit int, want ...auth.KeyedEntry) error {
	got, err := s.List(ctx, label, limit)
	if err != nil {
		return fmt.Errorf("List: %w", err)
	}
	if len(got) != len(want) {
		return fmt.Errorf("List: got %d sessions, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Key != w.Key || !bytes.Equal(g.Data, w.Data) || !slices.Equal(g.Labels, w.Labels) ||
			!g.Created.Equal(w.Created) || !g.Expiry.Equal(w.Expiry) {
			return fmt.Errorf("List: session %d: got %.200q, want %.200q", i, fmt.Sprint(g), fmt.Sprint(w))
		}
	}
	return nil
}
