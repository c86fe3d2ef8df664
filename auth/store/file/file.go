package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// file keeps everything in one bbolt file. Every write is one transaction, on the disk when the
// method returns. What a transaction reads is the mapped file itself, and gone when it ends, so
// everything that leaves one is copied first.
type file struct {
	db   *bbolt.DB
	stop func()
}

// The buckets. A mark is two times (at, until), a label one (until when it may live), a value one
// (until, or forever) with the value behind it; layout.go has the session.
var (
	bucketSessions = []byte("sessions")
	bucketMarks    = []byte("marks")
	bucketLabels   = []byte("labels")
	bucketValues   = []byte("values")
)

const forever = math.MaxInt64 // the time, in microseconds, of a value that is kept for ever

// live returns the session under key if it has neither expired nor been ended by a mark: a view
// of the file, good until the transaction ends.
func live(tx *bbolt.Tx, key string) (session, bool) {
	s, ok := parseSession(tx.Bucket(bucketSessions).Get([]byte(key)))
	now := time.Now().UnixMicro()
	if !ok || s.expiry <= now {
		return session{}, false
	}
	if len(s.labels) == 0 {
		return s, true
	}
	marks := tx.Bucket(bucketMarks)
	for label, rest, ok := s.labels.next(); ok; label, rest, ok = rest.next() {
		if at, until := times(marks.Get(label)); at > s.began && until > now {
			return session{}, false
		}
	}
	return s, true
}

// times reads a mark; what is no mark never ended anything.
func times(b []byte) (at, until int64) {
	if len(b) != 16 {
		return math.MinInt64, math.MinInt64
	}
	return int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
}

// timed splits what begins with a time; without one it was over long ago.
func timed(b []byte) (until int64, rest []byte) {
	if len(b) < 8 {
		return math.MinInt64, nil
	}
	return int64(binary.BigEndian.Uint64(b)), b[8:]
}

func (f *file) Find(ctx context.Context, key string) (e auth.Entry, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return auth.Entry{}, false, err
	}
	err = f.db.View(func(tx *bbolt.Tx) error {
		var s session
		if s, found = live(tx, key); found {
			e = s.entry()
		}
		return nil
	})
	return e, found, err
}

func (f *file) Create(ctx context.Context, key string, e auth.Entry) error {
	packed, err := packLabels(e.Labels)
	if err != nil {
		return err
	}
	s := session{began: e.Created.UnixMicro(), expiry: e.Expiry.UnixMicro(), labels: packed, data: e.Data}
	return f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		sessions := tx.Bucket(bucketSessions)
		if old, ok := parseSession(sessions.Get([]byte(key))); ok && old.expiry > time.Now().UnixMicro() {
			return false, errUsed
		}
		if err := sessions.Put([]byte(key), s.encode()); err != nil {
			return false, err
		}
		return true, know(tx, s)
	})
}

// know notes until when a session with these labels may live.
func know(tx *bbolt.Tx, s session) error {
	known := tx.Bucket(bucketLabels)
	for label, rest, ok := s.labels.next(); ok; label, rest, ok = rest.next() {
		if until, _ := timed(known.Get(label)); until >= s.expiry {
			continue
		}
		if err := known.Put(bytes.Clone(label), binary.BigEndian.AppendUint64(nil, uint64(s.expiry))); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) Update(ctx context.Context, key string, data []byte) (found bool, err error) {
	err = f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		var s session
		if s, found = live(tx, key); !found {
			return false, nil
		}
		s.data = data
		return true, tx.Bucket(bucketSessions).Put([]byte(key), s.encode())
	})
	return found && err == nil, err
}

func (f *file) Touch(ctx context.Context, key string, expiry time.Time) error {
	return f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		s, ok := live(tx, key)
		if !ok {
			return false, nil
		}
		s.expiry = expiry.UnixMicro()
		if err := know(tx, s); err != nil {
			return false, err
		}
		return true, tx.Bucket(bucketSessions).Put([]byte(key), s.encode())
	})
}

func (f *file) Delete(ctx context.Context, key string) error {
	return f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		sessions := tx.Bucket(bucketSessions)
		if sessions.Get([]byte(key)) == nil {
			return false, nil
		}
		return true, sessions.Delete([]byte(key))
	})
}

func (f *file) EndAll(ctx context.Context, label string, at, until time.Time) error {
	return f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		marks := tx.Bucket(bucketMarks)
		newAt, newUntil := at.UnixMicro(), until.UnixMicro()
		if at, until := times(marks.Get([]byte(label))); until > time.Now().UnixMicro() {
			newAt, newUntil = max(at, newAt), max(until, newUntil)
		}
		mark := binary.BigEndian.AppendUint64(nil, uint64(newAt))
		mark = binary.BigEndian.AppendUint64(mark, uint64(newUntil))
		return true, marks.Put([]byte(label), mark)
	})
}

func (f *file) HasLabel(ctx context.Context, label string) (known bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err = f.db.View(func(tx *bbolt.Tx) error {
		until, _ := timed(tx.Bucket(bucketLabels).Get([]byte(label)))
		known = until > time.Now().UnixMicro()
		return nil
	})
	return known, err
}

func (f *file) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	over := int64(forever)
	if !until.IsZero() {
		over = until.UnixMicro()
	}
	err = f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		values := tx.Bucket(bucketValues)
		if until, old := timed(values.Get([]byte(key))); until > time.Now().UnixMicro() {
			actual, loaded = bytes.Clone(old), true
			return false, nil
		}
		actual = bytes.Clone(value)
		return true, values.Put([]byte(key), append(binary.BigEndian.AppendUint64(nil, uint64(over)), value...))
	})
	if err != nil {
		return nil, false, err
	}
	return actual, loaded, nil
}

func (f *file) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	return f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		values := tx.Bucket(bucketValues)
		stored := values.Get([]byte(key))
		if _, old := timed(stored); stored == nil || !bytes.Equal(old, value) {
			return false, nil
		}
		return true, values.Delete([]byte(key))
	})
}

// write runs change in a transaction of its own and makes it durable. A change of nothing is not
// written: a commit costs a wait for the disk.
func (f *file) write(ctx context.Context, change func(*bbolt.Tx) (changed bool, err error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := f.db.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	changed, err := change(tx)
	if err != nil || !changed {
		return err
	}
	return tx.Commit()
}

func (f *file) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.db.View(func(*bbolt.Tx) error { return nil })
}

func (f *file) Close() error {
	f.stop()
	return f.db.Close()
}
