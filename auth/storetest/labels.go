package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

var markChecks = []check{
	{"a mark in the far future ends every session with the label, now and later", func(ctx context.Context, open func() auth.Store) error {
		s, label, until := open(), newKey(), time.Now().Add(time.Hour)
		before, after := newKey(), newKey()
		return errors.Join(s.Create(ctx, before, newEntry("other", label)), open().EndAll(ctx, label, farFuture, until),
			wantGone(ctx, s, before), s.Create(ctx, after, newEntry(label)), wantGone(ctx, s, after))
	}},
	{"a mark ends only sessions that began before it", func(ctx context.Context, open func() auth.Store) error {
		s, label, at := open(), newKey(), time.Now().Truncate(time.Microsecond)
		var err error
		for _, offset := range []time.Duration{-time.Hour, -time.Microsecond, 0, time.Microsecond, time.Minute} {
			for _, marked := range []string{"before", "after"} { // whether the session is there before its mark, or after
				key, label, e := newKey(), label+offset.String()+marked, newEntry("first", "second")
				e.Labels[1], e.Created = label, at.Add(offset)
				mark := func() error { return open().EndAll(ctx, label, at, time.Now().Add(time.Hour)) }
				if marked == "after" {
					err = errors.Join(err, mark(), s.Create(ctx, key, e))
				} else {
					err = errors.Join(err, s.Create(ctx, key, e), mark())
				}
				want := wantEntry(ctx, s, key, e)
				if offset < 0 {
					want = wantGone(ctx, s, key)
				}
				if want != nil {
					err = errors.Join(err, fmt.Errorf("began %v from the mark, created %s it: %w", offset, marked, want))
				}
			}
		}
		return err
	}},
	{"a mark does nothing to sessions without the label", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		bare, other := newKey(), newKey()
		e, f := newEntry(), newEntry(label+"x", "x"+label, label[1:])
		return errors.Join(s.Create(ctx, bare, e), s.Create(ctx, other, f),
			s.EndAll(ctx, label, farFuture, time.Now().Add(time.Hour)), wantEntry(ctx, s, bare, e), wantEntry(ctx, s, other, f))
	}},
	{"a mark that is there is only moved later", func(ctx context.Context, open func() auth.Store) error {
		s, label, at, until := open(), newKey(), time.Now().Truncate(time.Microsecond), time.Now().Add(time.Hour)
		old, young := newKey(), newKey()
		e, f := newEntry(label), newEntry(label)
		e.Created, f.Created = at.Add(-time.Minute), at.Add(time.Minute)
		return errors.Join(s.Create(ctx, old, e), s.Create(ctx, young, f),
			s.EndAll(ctx, label, at, until), wantGone(ctx, s, old), wantEntry(ctx, s, young, f),
			open().EndAll(ctx, label, at.Add(-time.Hour), until), wantGone(ctx, s, old), wantEntry(ctx, s, young, f),
			open().EndAll(ctx, label, at.Add(time.Hour), until), wantGone(ctx, s, old), wantGone(ctx, s, young))
	}},
	{"the end of a mark is only moved later, by itself", func(ctx context.Context, open func() auth.Store) error {
		s, at, near := open(), time.Now(), time.Now().Add(time.Second)
		var err error
		keys := []string{newKey(), newKey()}
		for i, untils := range [][]time.Time{{near, at.Add(time.Hour)}, {at.Add(time.Hour), near}} {
			e := newEntry(keys[i])
			e.Created = at.Add(-time.Minute)
			err = errors.Join(err, s.Create(ctx, keys[i], e), s.EndAll(ctx, keys[i], at, untils[0]),
				s.EndAll(ctx, keys[i], at.Add(-time.Hour), untils[1])) // the time of the mark stays
		}
		err = errors.Join(err, eventually("the earlier end is over", func() (bool, error) {
			return time.Now().After(near.Add(10 * time.Millisecond)), nil
		}))
		return errors.Join(err, wantGone(ctx, s, keys[0]), wantGone(ctx, s, keys[1]))
	}},
	{"a mark that is over leaves no trace", func(ctx context.Context, open func() auth.Store) error {
		s, key, label, e := open(), newKey(), newKey(), newEntry()
		e.Labels = []string{label}
		past, until := time.Now().Add(-time.Minute), time.Now().Add(40*time.Millisecond)
		if err := errors.Join(s.Create(ctx, key, e), s.EndAll(ctx, label, farFuture, past), wantEntry(ctx, s, key, e),
			s.EndAll(ctx, label, farFuture, until)); err != nil {
			return err
		}
		err := eventually("the mark is over", func() (bool, error) {
			_, ok, err := s.Find(ctx, key)
			return ok, err
		})
		return errors.Join(err, s.EndAll(ctx, label, e.Created, time.Now().Add(time.Hour)), wantEntry(ctx, s, key, e))
	}},
	{"a label that no session has can be marked", func(ctx context.Context, open func() auth.Store) error {
		s, label := open(), newKey()
		return errors.Join(s.EndAll(ctx, label, farFuture, farFuture), wantKnown(ctx, s, label, false))
	}},
	{"a label is known while a session with it may live", func(ctx context.Context, open func() auth.Store) error {
		s, first, second := open(), newKey(), newKey()
		long, short := newKey(), newEntry(first)
		short.Expiry = time.Now().Add(30 * time.Millisecond)
		return errors.Join(wantKnown(ctx, s, first, false),
			s.Create(ctx, long, newEntry(first, second)), s.Create(ctx, newKey(), short),
			wantKnown(ctx, open(), first, true), wantKnown(ctx, s, second, true),
			eventually("the shorter one is over", func() (bool, error) { return time.Now().After(short.Expiry.Add(10 * time.Millisecond)), nil }),
			wantKnown(ctx, s, first, true), wantKnown(ctx, s, first[1:], false), wantKnown(ctx, s, long, false))
	}},
	{"a label is forgotten when the last session with it has expired", func(ctx context.Context, open func() auth.Store) error {
		s, label, e := open(), newKey(), newEntry()
		e.Labels, e.Expiry = []string{label}, time.Now().Add(30*time.Millisecond)
		return errors.Join(s.Create(ctx, newKey(), e), eventually("the label is forgotten", func() (bool, error) {
			known, err := s.HasLabel(ctx, label)
			return !known, err
		}))
	}},
	{"a touch keeps the labels known", func(ctx context.Context, open func() auth.Store) error {
		s, first, second := open(), newKey(), newKey()
		e := newEntry(first, second)
		for life := time.Second; ; life *= 2 { // a machine that is too slow to touch it in time gets more
			key := newKey()
			e.Expiry = time.Now().Add(life)
			if err := errors.Join(s.Create(ctx, key, e), s.Touch(ctx, key, time.Now().Add(time.Hour))); err != nil {
				return err
			}
			if time.Now().Before(e.Expiry) {
				break
			}
		}
		return errors.Join(
			eventually("the first expiry is over", func() (bool, error) { return time.Now().After(e.Expiry.Add(10 * time.Millisecond)), nil }),
			wantKnown(ctx, s, first, true), wantKnown(ctx, s, second, true))
	}},
	{"sign-ins of one person at once do not stand in each other's way", func(ctx context.Context, open func() auth.Store) error {
		instances, person, other := []auth.Store{open(), open()}, newKey(), newKey()
		const signIns = 24
		var all sync.WaitGroup
		errs := make([]error, signIns)
		for i := range signIns {
			all.Go(func() {
				s, key, e := instances[i%2], newKey(), newEntry(person, newKey(), other)
				if i%4 < 2 {
					slices.Reverse(e.Labels)
				}
				errs[i] = errors.Join(s.Create(ctx, key, e), wantEntry(ctx, s, key, e), s.Touch(ctx, key, e.Expiry.Add(time.Hour)))
			})
		}
		all.Wait()
		return errors.Join(append(errs, wantKnown(ctx, instances[0], person, true))...)
	}},
	{"asking for a label writes nothing", func(ctx context.Context, open func() auth.Store) error {
		s, key, label := open(), newKey(), newKey()
		e := newEntry(label)
		return errors.Join(wantKnown(ctx, s, label, false), wantKnown(ctx, s, label, false),
			s.Create(ctx, key, e), wantKnown(ctx, s, label, true), wantEntry(ctx, s, key, e))
	}},
}

func wantKnown(ctx context.Context, s auth.Store, label string, want bool) error {
	known, err := s.HasLabel(ctx, label)
	if err == nil && known != want {
		err = fmt.Errorf("known: got %v, want %v", known, want)
	}
	return err
}
