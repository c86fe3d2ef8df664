package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestFileSweep fills several steps of a sweep, and looks for what it must leave.
func TestFileSweep(t *testing.T) {
	t.Parallel()
	f, err := openFile(filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	past := time.Now().Add(-time.Minute)
	err = f.db.Update(func(tx *bbolt.Tx) error {
		var err error
		for n := range 2*sweepStep + 500 {
			key := fmt.Append(nil, n)
			dated := binary.BigEndian.AppendUint64(nil, uint64(past.UnixMicro()))
			err = errors.Join(err, tx.Bucket(bucketSessions).Put(key, session{expiry: past.UnixMicro()}.encode()),
				tx.Bucket(bucketMarks).Put(key, append(dated, dated...)), tx.Bucket(bucketLabels).Put(key, dated), tx.Bucket(bucketValues).Put(key, dated))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fillForSweep(t, f, 5)
	f.sweep(t.Context(), time.Now())
	for name, want := range map[string]int{"sessions": 1, "marks": 1, "labels": 1, "values": 2} {
		if got := count(t, f, []byte(name)); got != want {
			t.Errorf("%s: %d are left, want %d", name, got, want)
		}
	}
	wantSwept(t, f)
}

func count(t *testing.T, f *file, bucket []byte) (n int) {
	t.Helper()
	err := f.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucket).Stats().KeyN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fillForSweep stores n of everything that is over, and a little that is not.
func fillForSweep(t *testing.T, s auth.Store, n int) {
	t.Helper()
	ctx, past := context.WithoutCancel(t.Context()), time.Now().Add(-time.Minute)
	for range n {
		e := newEntry(newKey())
		e.Expiry = past
		for _, err := range []error{s.Create(ctx, newKey(), e), s.EndAll(ctx, newKey(), past, past), wantStored(ctx, s, newKey(), "x", past)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	until := time.Now().Add(time.Hour)
	for _, err := range []error{
		s.Create(ctx, "alive", newEntry("label")), s.EndAll(ctx, "marked", farFuture, until),
		wantStored(ctx, s, "value", "x", until), wantStored(ctx, s, "forever", "x", time.Time{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantSwept(t *testing.T, s auth.Store) {
	t.Helper()
	ctx, ended := t.Context(), newKey()
	_, alive, err := s.Find(ctx, "alive")
	if !alive {
		t.Error("the sweep took a session that is alive")
	}
	for _, err := range []error{
		err, wantKnown(ctx, s, "label", true), wantLoaded(ctx, s, "value", "y", "x"), wantLoaded(ctx, s, "forever", "y", "x"),
		s.Create(ctx, ended, newEntry("marked")), wantGone(ctx, s, ended),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}
