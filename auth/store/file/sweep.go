package store

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"
)

// sweepStep is how many entries one transaction of a sweep looks at: a long one would keep the
// file from reusing its pages.
const sweepStep = 1000

// sweep removes what has expired, and what no version of this store can read.
func (f *file) sweep(ctx context.Context, now time.Time) {
	micros := now.UnixMicro()
	f.sweepBucket(ctx, bucketSessions, func(b []byte) bool {
		s, ok := parseSession(b)
		return !ok || s.expiry <= micros
	})
	f.sweepBucket(ctx, bucketMarks, func(b []byte) bool {
		_, until := times(b)
		return until <= micros
	})
	dated := func(b []byte) bool {
		until, _ := timed(b)
		return until <= micros
	}
	f.sweepBucket(ctx, bucketLabels, dated)
	f.sweepBucket(ctx, bucketValues, dated)
}

// sweepBucket removes the entries that are over. It reads first and writes only what it found, so
// that a sweep with nothing to do costs no commit. An error leaves the rest for the next time.
func (f *file) sweepBucket(ctx context.Context, bucket []byte, over func([]byte) bool) {
	for from := []byte{}; from != nil && ctx.Err() == nil; {
		var found [][]byte
		err := f.db.View(func(tx *bbolt.Tx) error {
			c, seen := tx.Bucket(bucket).Cursor(), 0
			k, v := c.Seek(from)
			for ; k != nil && seen < sweepStep; k, v = c.Next() {
				seen++
				if over(v) {
					found = append(found, bytes.Clone(k))
				}
			}
			from = bytes.Clone(k)
			return nil
		})
		if err == nil && len(found) > 0 {
			err = f.write(ctx, func(tx *bbolt.Tx) (bool, error) {
				b := tx.Bucket(bucket)
				for _, k := range found {
					if v := b.Get(k); v != nil && over(v) { // it may have been touched since
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
