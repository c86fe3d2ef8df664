package auth

import (
	"bytes"
	"context"
	"time"
)

// lease is the right to update a session, which one request at a time has. It is an entry in the store, so that it
// holds on all instances.
type lease struct {
	store Store
	key   string
	owner []byte        // random, different in each request
	lasts time.Duration // set by acquire
}

// slowClockLease is how long a lease lasts, by the clock of an instance that is behind that of the store.
const slowClockLease = leaseTime + 2*time.Minute

// acquire takes the lease and reports whether it did. It reports false if another request has it.
func (l *lease) acquire(ctx context.Context) (bool, error) {
	var createErr error
	for range 3 { // another request may take the lease and give it back between the calls
		e, taken, err := l.store.Find(ctx, l.key)
		if err != nil {
			return false, err
		}
		if taken { // by this request, if Create did its work and reported an error
			return bytes.Equal(e.Data, l.owner), nil
		}
		if createErr = l.create(ctx); createErr == nil {
			return true, nil
		}
	}
	return false, createErr
}

// create creates the entry. The clock of the store decides when it expires. If that clock is ahead of this one, the
// entry may have expired at once, and it is created again to last longer.
func (l *lease) create(ctx context.Context) error {
	put := func(lasts time.Duration) error {
		now := time.Now()
		return l.store.Create(ctx, l.key, Entry{Data: l.owner, Created: now, Expiry: now.Add(lasts)})
	}
	l.lasts = leaseTime
	if err := put(leaseTime / 2); err != nil { // if it is seen, the clocks differ by less than that
		return err
	}
	_, seen, err := l.store.Find(ctx, l.key)
	switch {
	case err != nil:
		return err
	case !seen:
		l.lasts = slowClockLease
		return put(l.lasts)
	}
	return l.store.Touch(ctx, l.key, time.Now().Add(l.lasts))
}

// extend extends the lease until the returned function is called.
func (l *lease) extend(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(leaseExtend)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				// If it fails, the next one may succeed before the lease ends.
				_ = l.store.Touch(ctx, l.key, time.Now().Add(l.lasts))
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// release gives the lease back. It does nothing if the lease has expired and another request has it now.
func (l *lease) release(ctx context.Context) error {
	e, found, err := l.store.Find(ctx, l.key)
	if err != nil || !found || !bytes.Equal(e.Data, l.owner) {
		return err
	}
	return l.store.Delete(ctx, l.key)
}
