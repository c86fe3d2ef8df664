package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// farFuture is later than the creation of any session.
var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// labelChecks test EndAll and HasLabel.
var labelChecks = []check{
	{"EndAll at a time in the future also ends sessions that are created later",
		func(ctx context.Context, open func() auth.Store) error {
			s, label, until := open(), newKey(), time.Now().Add(time.Hour)
			before, after := newKey(), newKey()
			return errors.Join(s.Create(ctx, before, newEntry("other", label)),
				open().EndAll(ctx, label, farFuture, until), wantMissing(ctx, s, before),
				s.Create(ctx, after, newEntry(label)), wantMissing(ctx, s, after))
		}},
	{"EndAll ends only sessions that were created before its time",
		func(ctx context.Context, open func() auth.Store) error {
			s, at := open(), time.Now().Truncate(time.Microsecond)
			var err error
			for _, offset := range []time.Duration{-time.Hour, -time.Microsecond, 0, time.Microsecond, time.Minute} {
				for _, endFirst := range []bool{true, false} { // whether EndAll is called before Create
					key, label := newKey(), newKey()
					e := newEntry("first", label)
					e.Created = at.Add(offset)
					steps := []func() error{
						func() error { return open().EndAll(ctx, label, at, time.Now().Add(time.Hour)) },
						func() error { return s.Create(ctx, key, e) },
					}
					if !endFirst {
						slices.Reverse(steps)
					}
					err = errors.Join(err, steps[0](), steps[1]())
					found := wantEntry(ctx, s, key, e)
					if offset < 0 {
						found = wantMissing(ctx, s, key)
					}
					if found != nil {
						err = errors.Join(err, fmt.Errorf("created at EndAll's time %+v, EndAll called first: %v: %w",
							offset, endFirst, found))
					}
				}
			}
			return err
		}},
	{"EndAll does not end sessions without the label", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		key1, key2 := newKey(), newKey()
		e1, e2 := newEntry(), newEntry(label+"x", "x"+label, label[1:])
		return errors.Join(s.Create(ctx, key1, e1), s.Create(ctx, key2, e2),
			s.EndAll(ctx, label, farFuture, time.Now().Add(time.Hour)),
			wantEntry(ctx, s, key1, e1), wantEntry(ctx, s, key2, e2))
	}},
	{"a second EndAll can only move the time later", func(ctx context.Context, open func() auth.Store) error {
		s, label, at, until := open(), newKey(), time.Now().Truncate(time.Microsecond), time.Now().Add(time.Hour)
		key1, key2 := newKey(), newKey()
		e1, e2 := newEntry(label), newEntry(label)
		e1.Created, e2.Created = at.Add(-time.Minute), at.Add(time.Minute)
		return errors.Join(s.Create(ctx, key1, e1), s.Create(ctx, key2, e2),
			s.EndAll(ctx, label, at, until),
			wantMissing(ctx, s, key1), wantEntry(ctx, s, key2, e2),
			open().EndAll(ctx, label, at.Add(-time.Hour), until),
			wantMissing(ctx, s, key1), wantEntry(ctx, s, key2, e2),
			open().EndAll(ctx, label, at.Add(time.Hour), until),
			wantMissing(ctx, s, key1), wantMissing(ctx, s, key2))
	}},
	{"a second EndAll can only move until later, independently of the time",
		func(ctx context.Context, open func() auth.Store) error {
			s, at, near := open(), time.Now(), time.Now().Add(time.Second)
			var err error
			keys := []string{newKey(), newKey()}
			for i, untils := range [][]time.Time{{near, at.Add(time.Hour)}, {at.Add(time.Hour), near}} {
				e := newEntry(keys[i])
				e.Created = at.Add(-time.Minute)
				err = errors.Join(err, s.Create(ctx, keys[i], e), s.EndAll(ctx, keys[i], at, untils[0]),
					s.EndAll(ctx, keys[i], at.Add(-time.Hour), untils[1]))
			}
			return errors.Join(err, waitUntil(near), wantMissing(ctx, s, keys[0]), wantMissing(ctx, s, keys[1]))
		}},
	{"EndAll has no effect after until", func(ctx context.Context, open func() auth.Store) error {
		s, key, label := open(), newKey(), newKey()
		e := newEntry(label)
		past, until := time.Now().Add(-time.Minute), time.Now().Add(40*time.Millisecond)
		if err := errors.Join(s.Create(ctx, key, e), s.EndAll(ctx, label, farFuture, past), wantEntry(ctx, s, key, e),
			s.EndAll(ctx, label, farFuture, until)); err != nil {
			return err
		}
		err := waitFor("EndAll has no effect", func() (bool, error) {
			_, ok, err := s.Find(ctx, key)
			return ok, err
		})
		return errors.Join(err, s.EndAll(ctx, label, e.Created, time.Now().Add(time.Hour)), wantEntry(ctx, s, key, e))
	}},
	{"EndAll accepts a label that no session has", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		return errors.Join(s.EndAll(ctx, label, farFuture, farFuture), wantHasLabel(ctx, s, label, false))
	}},
	{"HasLabel is true until the last session with the label expires",
		func(ctx context.Context, open func() auth.Store) error {
			s, first, second := open(), newKey(), newKey()
			long, short := newKey(), newEntry(first)
			short.Expiry = time.Now().Add(30 * time.Millisecond)
			return errors.Join(wantHasLabel(ctx, s, first, false),
				s.Create(ctx, long, newEntry(first, second)), s.Create(ctx, newKey(), short),
				wantHasLabel(ctx, open(), first, true), wantHasLabel(ctx, s, second, true),
				waitUntil(short.Expiry),
				wantHasLabel(ctx, s, first, true), wantHasLabel(ctx, s, first[1:], false),
				wantHasLabel(ctx, s, long, false))
		}},
	{"HasLabel is false after the last session with the label has expired",
		func(ctx context.Context, open func() auth.Store) error {
			s, label := open(), newKey()
			e := newEntry(label)
			e.Expiry = time.Now().Add(30 * time.Millisecond)
			return errors.Join(s.Create(ctx, newKey(), e), waitFor("HasLabel is false", func() (bool, error) {
				ok, err := s.HasLabel(ctx, label)
				return !ok, err
			}))
		}},
	{"Touch keeps HasLabel true", func(ctx context.Context, open func() auth.Store) error {
		s, first, second := open(), newKey(), newKey()
		e := newEntry(first, second)
		for lifetime := time.Second; ; lifetime *= 2 { // repeats if the machine was too slow to touch the session in time
			key := newKey()
			e.Expiry = time.Now().Add(lifetime)
			if err := errors.Join(s.Create(ctx, key, e), s.Touch(ctx, key, time.Now().Add(time.Hour))); err != nil {
				return err
			}
			if time.Now().Before(e.Expiry) {
				break
			}
		}
		return errors.Join(waitUntil(e.Expiry), wantHasLabel(ctx, s, first, true), wantHasLabel(ctx, s, second, true))
	}},
	{"concurrent sign-ins with the same labels succeed", func(ctx context.Context, open func() auth.Store) error {
		instances, label1, label2 := []auth.Store{open(), open()}, newKey(), newKey()
		const signIns = 24
		var done sync.WaitGroup
		errs := make([]error, signIns)
		for i := range signIns {
			done.Go(func() {
				s, key, e := instances[i%2], newKey(), newEntry(label1, newKey(), label2)
				if i%4 < 2 {
					slices.Reverse(e.Labels)
				}
				errs[i] = errors.Join(s.Create(ctx, key, e), wantEntry(ctx, s, key, e),
					s.Touch(ctx, key, e.Expiry.Add(time.Hour)))
			})
		}
		done.Wait()
		return errors.Join(append(errs, wantHasLabel(ctx, instances[0], label1, true))...)
	}},
	{"HasLabel writes nothing", func(ctx context.Context, open func() auth.Store) error {
		s, key, label := open(), newKey(), newKey()
		e := newEntry(label)
		return errors.Join(wantHasLabel(ctx, s, label, false), wantHasLabel(ctx, s, label, false),
			s.Create(ctx, key, e), wantHasLabel(ctx, s, label, true), wantEntry(ctx, s, key, e))
	}},
}

func wantHasLabel(ctx context.Context, s auth.Store, label string, want bool) error {
	ok, err := s.HasLabel(ctx, label)
	if err == nil && ok != want {
		err = fmt.Errorf("HasLabel: got %v, want %v", ok, want)
	}
	return err
}
