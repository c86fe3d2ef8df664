package auth

import (
	"context"
	"sync"
	"time"
)

// cached is the last good copy of something that the provider publishes. It is fetched when it is
// first asked for, by one call however many ask, which goes on when they give up.
type cached[T any] struct {
	fetch func(context.Context) (T, error)
	now   func() time.Time

	mu     sync.Mutex
	value  T
	at     time.Time // of the last good copy; zero: there is none
	flight *flight
	failed time.Time // of the last failure
	err    error
}

type flight struct {
	done chan struct{}
	err  error
}

// retryAfter is how long a failure is remembered. It keeps a provider that is down from costing
// each visitor a timeout, and is short enough that nobody waits for its recovery.
const retryAfter = time.Second

// get returns a copy that is younger than maxAge, fetching it when there is none. When that does not
// work it returns the error, together with the last good copy: loaded tells whether there is one.
func (c *cached[T]) get(ctx context.Context, maxAge time.Duration) (value T, loaded bool, err error) {
	c.mu.Lock()
	now := c.now()
	switch {
	case !c.at.IsZero() && now.Sub(c.at) < maxAge:
		defer c.mu.Unlock()
		return c.value, true, nil
	case c.flight == nil && c.err != nil && now.Sub(c.failed) < retryAfter:
		defer c.mu.Unlock()
		return c.value, !c.at.IsZero(), c.err
	case c.flight == nil:
		c.flight = &flight{done: make(chan struct{})}
		go c.fly(context.WithoutCancel(ctx), c.flight)
	}
	f := c.flight
	c.mu.Unlock()

	select {
	case <-f.done:
		err = f.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, !c.at.IsZero(), err
}

func (c *cached[T]) fly(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value, err := c.fetch(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight, c.err, f.err = nil, err, err
	if err != nil {
		c.failed = c.now()
	} else {
		c.value, c.at = value, c.now()
	}
	close(f.done)
}
