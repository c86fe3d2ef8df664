package file

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

// Open opens the file at path. It creates the file, readable by its owner only, and its directory if they do not
// exist.
//
// Open waits up to one second for a process that has the file open. It returns an error that says what to do if
// the file is still in use, is damaged, is not a session store, or may not be written.
func Open(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of the session store: %w. "+
			"Set SESSION_STORE to a file in a directory that the app may write", err)
	}
	db, err := openDB(path)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("the session store %s is in use: another copy of the app is running. "+
			"Stop it, or set SESSION_STORE to another file", path)
	case errors.Is(err, errDamaged), errors.Is(err, bbolterrors.ErrInvalid),
		errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%s is damaged or is not a session store (%w). "+
			"Move the file away, or set SESSION_STORE to another file", path, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the session store cannot be written: %w. "+
			"Give the app write permission, or set SESSION_STORE to another file", err)
	case err != nil:
		return nil, fmt.Errorf("open the session store: %w. Set SESSION_STORE to a file that the app may write", err)
	}
	opened, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Store{db: db, timeout: callTimeout, writer: make(chan struct{}, 1), path: path, opened: opened}
	s.stopSweeps = startSweeps(func(ctx context.Context) { s.sweep(ctx, time.Now()) })
	return s, nil
}

// openDB opens the database and creates its buckets. It detects a truncated file, for example an interrupted copy,
// because bbolt would panic when it reads the missing part.
func openDB(path string) (db *bbolt.DB, err error) {
	defer damage(&err)()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, NoStatistics: true})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if info, err := os.Stat(path); err != nil || info.Size() < tx.Size() {
			return errors.Join(errDamaged, err)
		}
		for _, name := range buckets {
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
