package file

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// inPlace returns an error if the file is no longer at its path. What is written to it then is lost at the next start.
func (s *Store) inPlace() error {
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.opened) {
		return fmt.Errorf("the session store %s was moved or deleted while the app runs: restart the app", s.path)
	}
	return nil
}

// lock waits until no other transaction writes, or ctx ends. bbolt has a lock too, but one that waits without end while
// the disk does not answer.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// view runs f in a transaction that only reads.
func (s *Store) view(f func(*bbolt.Tx) error) (err error) {
	defer damage(&err)()
	return s.db.View(f)
}

// damage sets err if the deferred function that it returns recovers from a panic. bbolt panics, or reads outside the
// mapped file, when it follows a damaged page. Requests must get an error then, and the process must go on.
func damage(err *error) func() {
	old := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(old)
		if r := recover(); r != nil {
			*err = fmt.Errorf("the file of the session store is %w (%v). "+
				"Stop the app and move the file away, which signs everybody out", errDamaged, r)
		}
	}
}

// write runs change in a transaction and commits it, which waits for the disk. If change reports that it changed
// nothing, or returns an error, the transaction is rolled back instead.
//
// write gives up at the deadline of ctx or after the timeout. If the commit has begun, it goes on, and the next write
// waits for it; for that reason write does not return when ctx is cancelled then.
func (s *Store) write(ctx context.Context, change func(*bbolt.Tx) (changed bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.lock(ctx); err != nil {
		return err
	}
	tx, err := s.change(change)
	if tx == nil {
		if err != nil {
			s.failed.Store(true)
		}
		<-s.writer
		return err
	}
	committed := make(chan error, 1)
	go func() {
		err := s.commit(tx)
		s.failed.Store(err != nil)
		<-s.writer
		committed <- err
	}()
	deadline, _ := ctx.Deadline()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case err := <-committed:
		return err
	case <-timer.C:
		return context.DeadlineExceeded
	}
}

// change begins a transaction and runs change in it. It returns nil, and rolls the transaction back, if there is
// nothing to commit.
func (s *Store) change(change func(*bbolt.Tx) (changed bool, err error)) (tx *bbolt.Tx, err error) {
	if err := s.inPlace(); err != nil {
		return nil, err
	}
	defer damage(&err)()
	begun, err := s.db.Begin(true)
	if err != nil {
		return nil, err
	}
	defer func() {
		if tx == nil {
			begun.Rollback()
		}
	}()
	if changed, err := change(begun); err != nil || !changed {
		return nil, err
	}
	return begun, nil
}

func (s *Store) commit(tx *bbolt.Tx) (err error) {
	defer tx.Rollback() // does nothing after a commit
	defer damage(&err)()
	return tx.Commit()
}
