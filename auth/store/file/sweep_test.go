package file

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/plusauth/plusauth-go-starter/auth/storetest"
)

// TestSweep removes several batches of expired records of each kind.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	past := time.Now().Add(-time.Minute)
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		var err error
		for n := range 2*sweepBatch + 500 {
			key := fmt.Append(nil, n)
			err = errors.Join(err,
				putSession(tx, string(key), session{Expiry: past}),
				put(tx.Bucket(bucketCutoffs), key, cutoff{Until: past}),
				put(tx.Bucket(bucketLabels), key, label{Expiry: past}),
				put(tx.Bucket(bucketValues), key, value{Until: past}))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	storetest.CheckSweep(t, s, func() { s.sweep(t.Context(), time.Now()) })
	want := map[string]int{"sessions": 2, "cutoffs": 1, "labels": 2, "values": 2}
	for name, got := range count(t, s) {
		if got != want[name] {
			t.Errorf("%s: got %d records, want %d", name, got, want[name])
		}
	}
}

// TestStopWaitsForSweep checks that stop waits for a sweep that is running, so that Close does not close the file
// during one.
func TestStopWaitsForSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started, returned := make(chan struct{}), false
		stop := startSweeps(func(ctx context.Context) {
			close(started)
			<-ctx.Done()
			time.Sleep(time.Second)
			returned = true
		})
		<-started
		stop()
		if !returned {
			t.Error("stop returned before the sweep did")
		}
	})
}

// count returns the number of records in each bucket.
func count(t *testing.T, s *Store) map[string]int {
	t.Helper()
	records := map[string]int{}
	if err := s.db.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			records[string(name)] = tx.Bucket(name).Stats().KeyN
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return records
}
