package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

var errDamaged = errors.New("damaged")

// openFile opens the file, or makes it, and the folder it is in.
func openFile(path string) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the session store cannot be made: %w", err)
	}
	db, err := openBolt(path)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("the session store %s is in use: another copy of the app is running. "+
			"Stop it, or set SESSION_STORE to another file", path)
	case errors.Is(err, errDamaged), errors.Is(err, bbolterrors.ErrInvalid),
		errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%s is no session store, or a damaged one (%w). "+
			"Move it away, or set SESSION_STORE to another file", path, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the session store may not be written: %w. "+
			"Let the app write there, or set SESSION_STORE to another file", err)
	case err != nil:
		return nil, fmt.Errorf("open the session store: %w", err)
	}
	f := &file{db: db}
	// At once, too: an app under development may never run for long.
	f.stop = every(0, sweepInterval, func(ctx context.Context) { f.sweep(ctx, time.Now()) })
	return f, nil
}

// openBolt also finds a file that lost its end, as a copy does that was broken off: bbolt would
// not notice before it panics.
func openBolt(path string) (db *bbolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, NoStatistics: true})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if info, err := os.Stat(path); err != nil || info.Size() < tx.Size() {
			return errors.Join(errDamaged, err)
		}
		for _, name := range [][]byte{bucketSessions, bucketMarks, bucketLabels, bucketValues} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
