package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

var sessionChecks = []check{
	{"a session is found as it was created", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		e := newEntry("one", "two")
		return errors.Join(s.Create(ctx, key, e), wantEntry(ctx, s, key, e), wantEntry(ctx, open(), key, e))
	}},
	{"an unknown key is not an error", func(ctx context.Context, open func() auth.Store) error {
		s := open()
		return errors.Join(wantUpdated(ctx, s, newKey(), nil, false), wantMissing(ctx, s, newKey()),
			s.Touch(ctx, newKey(), time.Now().Add(time.Hour)), s.Delete(ctx, newKey()))
	}},
	{"a key in use cannot be created again", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry()
		if err := s.Create(ctx, key, e); err != nil {
			return err
		}
		if err := open().Create(ctx, key, newEntry()); err == nil {
			return errors.New("the second Create with the same key returned no error")
		}
		return wantEntry(ctx, s, key, e)
	}},
	{"Update replaces the data and nothing else", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one", "two")
		if err := s.Create(ctx, key, e); err != nil {
			return err
		}
		e.Data = []byte("new")
		return errors.Join(wantUpdated(ctx, open(), key, e.Data, true), wantEntry(ctx, s, key, e))
	}},
	{"Touch changes the expiry and nothing else", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one", "two")
		err := s.Create(ctx, key, e)
		for _, by := range []time.Duration{time.Hour, -30 * time.Minute} {
			e.Expiry = e.Expiry.Add(by)
			err = errors.Join(err, open().Touch(ctx, key, e.Expiry), wantEntry(ctx, s, key, e))
		}
		return err
	}},
	{"a session expires at its expiry and not before", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one")
		e.Expiry = time.Now().Add(30 * time.Millisecond).Truncate(time.Millisecond)
		err := errors.Join(s.Create(ctx, key, e), waitExpired(ctx, s, key))
		if time.Now().Before(e.Expiry) {
			err = errors.Join(err, errors.New("the session expired too early"))
		}
		return err
	}},
	{"Touch keeps a session from expiring", func(ctx context.Context, open func() auth.Store) error {
		s, key, e := open(), newKey(), newEntry("one")
		if err := s.Create(ctx, key, e); err != nil {
			return err
		}
		early, late := time.Now().Add(time.Second), time.Now().Add(time.Hour).Truncate(time.Millisecond)
		if err := errors.Join(s.Touch(ctx, key, early), s.Touch(ctx, key, late)); err != nil {
			return err
		}
		e.Expiry = late
		return errors.Join(waitUntil(early), wantEntry(ctx, s, key, e))
	}},
	{"an expiry in the past ends a session", func(ctx context.Context, open func() auth.Store) error {
		s, created, touched := open(), newKey(), newKey()
		e := newEntry("one")
		err := s.Create(ctx, touched, e)
		e.Expiry = time.Now().Add(-time.Second)
		return errors.Join(err, s.Create(ctx, created, e), wantMissing(ctx, s, created),
			s.Touch(ctx, touched, e.Expiry), wantMissing(ctx, s, touched))
	}},
	{"a deleted session is missing on all instances at once", func(ctx context.Context, open func() auth.Store) error {
		s, key := open(), newKey()
		return errors.Join(s.Create(ctx, key, newEntry("one")), open().Delete(ctx, key), wantMissing(ctx, s, key),
			s.Delete(ctx, key))
	}},
	{"data may have any size and any bytes", func(ctx context.Context, open func() auth.Store) error {
		s := open()
		var err error
		for _, data := range [][]byte{nil, {}, {0}, allBytes(), bytes.Repeat(allBytes(), 4096)} {
			key, e := newKey(), newEntry("one")
			e.Data = data
			err = errors.Join(err, s.Create(ctx, key, e), wantEntry(ctx, s, key, e))
			for _, e.Data = range [][]byte{[]byte("short"), nil, bytes.Repeat(allBytes(), 4096), {}} {
				err = errors.Join(err, wantUpdated(ctx, s, key, e.Data, true), wantEntry(ctx, s, key, e))
			}
		}
		return err
	}},
	{"keys and labels may have any bytes", func(ctx context.Context, open func() auth.Store) error {
		s, all, unique := open(), string(allBytes()), newKey()
		var err error
		sessions := map[string]auth.Entry{}
		for _, name := range []string{
			"", "\x00", "\x00\x00", "\xff", "*", "{", "'; --", "\r\n", all[:150], all[56:206],
		} {
			key, e := unique+name, newEntry(unique+"label"+name)
			sessions[key] = e
			err = errors.Join(err, s.Create(ctx, key, e))
		}
		for key, e := range sessions {
			label, later := e.Labels[0], time.Now().Add(time.Hour)
			err = errors.Join(err, wantEntry(ctx, s, key, e), wantHasLabel(ctx, s, label, true),
				s.EndAll(ctx, label, later, later), wantMissing(ctx, s, key))
			delete(sessions, key)
			for key, e := range sessions {
				err = errors.Join(err, wantEntry(ctx, s, key, e))
			}
		}
		return err
	}},
	{"a session may have no labels, many, and equal ones", func(ctx context.Context, open func() auth.Store) error {
		s := open()
		var err error
		for _, labels := range [][]string{
			nil, {}, {newKey()}, slices.Repeat([]string{newKey()}, 3), strings.Fields(strings.Repeat("label ", 20)),
		} {
			key, e := newKey(), newEntry(labels...)
			err = errors.Join(err, s.Create(ctx, key, e), wantEntry(ctx, s, key, e),
				s.Touch(ctx, key, e.Expiry), wantUpdated(ctx, s, key, e.Data, true), wantEntry(ctx, s, key, e))
		}
		return err
	}},
}

func allBytes() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func wantEntry(ctx context.Context, s auth.Store, key string, want auth.Entry) error {
	got, ok, err := s.Find(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("Find: %w", err)
	case !ok:
		return errors.New("Find: the session is missing")
	case !bytes.Equal(got.Data, want.Data):
		return fmt.Errorf("Find: got data %.100q, want %.100q", got.Data, want.Data)
	case !slices.Equal(got.Labels, want.Labels):
		return fmt.Errorf("Find: got labels %q, want %q", got.Labels, want.Labels)
	case !got.Created.Equal(want.Created):
		return fmt.Errorf("Find: got created %v, want %v", got.Created, want.Created)
	case !got.Expiry.Equal(want.Expiry):
		return fmt.Errorf("Find: got expiry %v, want %v", got.Expiry, want.Expiry)
	}
	return nil
}

func wantMissing(ctx context.Context, s auth.Store, key string) error {
	e, ok, err := s.Find(ctx, key)
	if ok || len(e.Data) > 0 || len(e.Labels) > 0 {
		err = errors.Join(err, fmt.Errorf("Find: got a session with data %.100q, want none", e.Data))
	}
	return err
}

func wantUpdated(ctx context.Context, s auth.Store, key string, data []byte, want bool) error {
	ok, err := s.Update(ctx, key, data)
	if err == nil && ok != want {
		err = fmt.Errorf("Update: got %v, want %v", ok, want)
	}
	return err
}

func waitExpired(ctx context.Context, s auth.Store, key string) error {
	return waitFor("the session has expired", func() (bool, error) {
		_, ok, err := s.Find(ctx, key)
		return !ok, err
	})
}
