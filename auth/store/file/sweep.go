package file

import (
	"bytes"
	"context"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// sweepInterval is the time between two sweeps. An expired entry is never returned; a sweep only frees its space.
	sweepInterval = 10 * time.Minute

	// sweepBatch is the number of records that one transaction of a sweep reads. While a transaction is open,
	// bbolt cannot reuse the pages that others free.
	sweepBatch = 1000
)

// startSweeps calls sweep at once, because an app under development may never run for ten minutes, and then at
// intervals. stop cancels the context of a sweep that is running and waits until it returns.
func startSweeps(sweep func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(sweepInterval)
		defer ticker.Stop()
		for {
			sweep(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// sweep removes the records that have expired or cannot be read.
func (s *Store) sweep(ctx context.Context, now time.Time) {
	s.sweepBucket(ctx, bucketSessions, func(record []byte) bool {
		rec, ok := decodeSession(record)
		return !ok || !rec.Expiry.After(now)
	})
	s.sweepBucket(ctx, bucketCutoffs, func(record []byte) bool {
		c, ok := decode[cutoff](record)
		return !ok || !c.Until.After(now)
	})
	s.sweepBucket(ctx, bucketLabels, func(record []byte) bool {
		l, ok := decode[label](record)
		return !ok || !l.Expiry.After(now)
	})
	s.sweepBucket(ctx, bucketValues, func(record []byte) bool {
		v, ok := decode[value](record)
		return !ok || v.expired(now)
	})
}

// sweepBucket removes the expired records of a bucket. It reads in one transaction and writes in another, so that
// a sweep that finds nothing costs no commit. After an error the rest is left for the next sweep.
func (s *Store) sweepBucket(ctx context.Context, bucket []byte, expired func(record []byte) bool) {
	for from := []byte{}; from != nil && ctx.Err() == nil; {
		var keys [][]byte
		err := s.view(func(tx *bbolt.Tx) error {
			cursor, read := tx.Bucket(bucket).Cursor(), 0
			k, record := cursor.Seek(from)
			for ; k != nil && read < sweepBatch; k, record = cursor.Next() {
				read++
				if expired(record) {
					keys = append(keys, bytes.Clone(k))
				}
			}
			from = bytes.Clone(k)
			return nil
		})
		if err == nil && len(keys) > 0 {
			err = s.write(ctx, func(tx *bbolt.Tx) (bool, error) {
				b := tx.Bucket(bucket)
				for _, k := range keys {
					// The record may have been touched or deleted since it was read.
					if record := b.Get(k); record != nil && expired(record) {
						if err := b.Delete(k); err != nil {
							return false, err
						}
					}
				}
				return true, nil
			})
		}
		if err != nil {
			return
		}
	}
}
