// Package file keeps the sessions of package auth in one file, which survives a restart of the application.
//
// The file is a bbolt database. One process at a time can open it, so it serves one instance of an application.
// Every write is on the disk when the method returns, so that a crash loses nothing that was acknowledged. If the file
// is damaged, methods return errors; they never panic. If the disk does not answer, reads go on, and a write returns an
// error after five seconds; nobody knows then whether it will be kept.
package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// callTimeout bounds one write, including the time to wait for the write before it.
const callTimeout = 5 * time.Second

// Store implements [auth.Store] in a file. Create one with [Open].
type Store struct {
	// A transaction returns slices of the mapped file, which are valid until it ends. Everything that leaves a
	// transaction is therefore a copy.
	db         *bbolt.DB
	timeout    time.Duration // of one write
	writer     chan struct{} // holds a value while a transaction writes
	failed     atomic.Bool   // the last write failed, for example because the disk is full
	path       string
	opened     os.FileInfo // of the file at path when it was opened
	stopSweeps func()
}

// The buckets of the file. record.go has their records.
var (
	bucketSessions = []byte("sessions")
	bucketCutoffs  = []byte("cutoffs")
	bucketLabels   = []byte("labels")
	bucketValues   = []byte("values")

	buckets = [][]byte{bucketSessions, bucketCutoffs, bucketLabels, bucketValues}
)

// live returns the session with the key unless it has expired or was ended by EndAll.
func live(tx *bbolt.Tx, key string) (session, bool) {
	s, ok := decodeSession(tx.Bucket(bucketSessions).Get([]byte(key)))
	now := time.Now()
	if !ok || !s.Expiry.After(now) {
		return session{}, false
	}
	cutoffs := tx.Bucket(bucketCutoffs)
	for _, label := range s.Labels {
		if c, ok := decode[cutoff](cutoffs.Get(label)); ok && c.At.After(s.Created) && c.Until.After(now) {
			return session{}, false
		}
	}
	return s, true
}

// Find implements [auth.Store].
func (s *Store) Find(ctx context.Context, key string) (e auth.Entry, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return auth.Entry{}, false, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		rec, ok := live(tx, key)
		if ok {
			e, found = rec.entry(), true
		}
		return nil
	})
	return e, found, err
}

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, key string, e auth.Entry) error {
	rec := newSession(e)
	return s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		old, ok := decodeSession(tx.Bucket(bucketSessions).Get([]byte(key)))
		if ok && old.Expiry.After(time.Now()) {
			return false, errors.New("a session with this key already exists")
		}
		return true, errors.Join(removeLabels(tx, key, old), putSession(tx, key, rec), putLabels(tx, key, rec))
	})
}

// Update implements [auth.Store].
func (s *Store) Update(ctx context.Context, key string, data []byte) (found bool, err error) {
	err = s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		var rec session
		if rec, found = live(tx, key); !found {
			return false, nil
		}
		rec.data = data
		return true, putSession(tx, key, rec)
	})
	return found && err == nil, err
}

// Touch implements [auth.Store].
func (s *Store) Touch(ctx context.Context, key string, expiry time.Time) error {
	return s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		rec, ok := live(tx, key)
		if !ok {
			return false, nil
		}
		rec.Expiry = expiry.UTC()
		return true, errors.Join(putSession(tx, key, rec), putLabels(tx, key, rec))
	})
}

// Delete implements [auth.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		sessions := tx.Bucket(bucketSessions)
		record := sessions.Get([]byte(key))
		if record == nil {
			return false, nil
		}
		rec, _ := decodeSession(record)
		return true, errors.Join(removeLabels(tx, key, rec), sessions.Delete([]byte(key)))
	})
}

// EndAll implements [auth.Store].
func (s *Store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	c := cutoff{At: at.UTC(), Until: until.UTC()}
	return s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		cutoffs := tx.Bucket(bucketCutoffs)
		if old, ok := decode[cutoff](cutoffs.Get([]byte(label))); ok && old.Until.After(time.Now()) {
			c = cutoff{At: latest(old.At, c.At), Until: latest(old.Until, c.Until)}
		}
		return true, put(cutoffs, []byte(label), c)
	})
}

// HasLabel implements [auth.Store].
func (s *Store) HasLabel(ctx context.Context, name string) (found bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	now := time.Now()
	err = s.view(func(tx *bbolt.Tx) error {
		eachWithLabel(tx, name, func(_ string, l label) bool {
			found = l.Expiry.After(now)
			return !found
		})
		return nil
	})
	return found, err
}

// List implements [auth.Store].
func (s *Store) List(ctx context.Context, name string, limit int) (found []auth.KeyedEntry, err error) {
	if err := ctx.Err(); err != nil || limit <= 0 {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		eachWithLabel(tx, name, func(key string, _ label) bool {
			if rec, ok := live(tx, key); ok {
				found = append(found, auth.KeyedEntry{Key: key, Entry: rec.entry()})
			}
			return len(found) < limit
		})
		return nil
	})
	return found, err
}

// LoadOrStore implements [auth.Store].
func (s *Store) LoadOrStore(
	ctx context.Context, key string, data []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	err = s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		values := tx.Bucket(bucketValues)
		if old, ok := decode[value](values.Get([]byte(key))); ok && !old.expired(time.Now()) {
			actual, loaded = old.Data, true
			return false, nil
		}
		actual = bytes.Clone(data)
		return true, put(values, []byte(key), value{Data: data, Until: until.UTC()})
	})
	if err != nil {
		return nil, false, err
	}
	return actual, loaded, nil
}

// CompareAndDelete implements [auth.Store].
func (s *Store) CompareAndDelete(ctx context.Context, key string, data []byte) error {
	return s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
		values := tx.Bucket(bucketValues)
		old, ok := decode[value](values.Get([]byte(key)))
		if !ok || !bytes.Equal(old.Data, data) {
			return false, nil
		}
		return true, values.Delete([]byte(key))
	})
}

// Ping implements [auth.Store]. It returns an error if a write is stuck, for example because the disk does not answer,
// if the last write failed and another one fails too, and if the file is no longer at its path.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.lock(ctx); err != nil {
		return err
	}
	<-s.writer
	if err := s.inPlace(); err != nil {
		return err
	}
	if s.failed.Load() {
		return s.write(ctx, func(tx *bbolt.Tx) (bool, error) { // the next sweep removes the value
			return true, put(tx.Bucket(bucketValues), []byte("ping"), value{Until: time.Unix(1, 0)})
		})
	}
	return s.view(func(*bbolt.Tx) error { return nil })
}

// Close waits for a sweep that is running and closes the file. Another process can open it then.
func (s *Store) Close() error {
	s.stopSweeps()
	return s.db.Close()
}

func putSession(tx *bbolt.Tx, key string, rec session) error {
	record, err := rec.encode()
	if err != nil {
		return err
	}
	return tx.Bucket(bucketSessions).Put([]byte(key), record)
}

func put(bucket *bbolt.Bucket, key []byte, v any) error {
	record, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return bucket.Put(key, record)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
