package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"go.etcd.io/bbolt"
)

// The labels bucket is an index of the sessions by label. Each of its keys is the length of a label, the label, the
// time of creation counted backwards, and the key of a session, so that a cursor reads the sessions of one label
// together, newest first.

// labelPrefix returns the part of the keys that is the same for all sessions with a label.
func labelPrefix(name []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(name))), name...)
}

func labelKey(name []byte, created time.Time, key string) []byte {
	backwards := math.MaxUint64 - uint64(max(0, created.UnixMicro()))
	return append(binary.BigEndian.AppendUint64(labelPrefix(name), backwards), key...)
}

// putLabels writes the entries of a session in the index.
func putLabels(tx *bbolt.Tx, key string, rec session) (err error) {
	for _, name := range rec.Labels {
		entry := label{Expiry: rec.Expiry}
		err = errors.Join(err, put(tx.Bucket(bucketLabels), labelKey(name, rec.Created, key), entry))
	}
	return err
}

// removeLabels removes the entries of a session from the index.
func removeLabels(tx *bbolt.Tx, key string, rec session) (err error) {
	for _, name := range rec.Labels {
		err = errors.Join(err, tx.Bucket(bucketLabels).Delete(labelKey(name, rec.Created, key)))
	}
	return err
}

// eachWithLabel calls f with the key of each session in the index that has the label, newest first, until f returns
// false.
func eachWithLabel(tx *bbolt.Tx, name string, f func(key string, l label) bool) {
	prefix := labelPrefix([]byte(name))
	cursor := tx.Bucket(bucketLabels).Cursor()
	for k, record := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, record = cursor.Next() {
		rest := k[len(prefix):]
		if l, ok := decode[label](record); ok && len(rest) > 8 && !f(string(rest[8:]), l) {
			return
		}
	}
}
