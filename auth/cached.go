package auth

import (
	"context"
	"sync"
	"time"
)

// cached holds the last good copy of a value that is fetched on first use. One fetch serves all concurrent callers, and
// continues if they cancel.
type cached[T any] struct {
	fetch   func(context.Context) (T, error)
	timeout time.Duration // of one fetch
	now     func() time.Time

	mu        sync.Mutex
	value     T
	fetchedAt time.Time  // time of the last good copy; zero before the first
	running   *fetchCall // nil if no fetch is running
	failedAt  time.Time
	err       error // of the last fetch
}

// fetchCall is a fetch that is running.
type fetchCall struct {
	done chan struct{} // closed when it has ended
	err  error         // set before done is closed
}

// retryAfter is how long an error is cached. If the provider does not answer, only one request per second waits for it.
const retryAfter = time.Second

// get returns a copy that is younger than maxAge, and fetches it if necessary. If the fetch fails, get returns its
// error together with the last good copy; loaded reports whether there is one.
func (c *cached[T]) get(ctx context.Context, maxAge time.Duration) (value T, loaded bool, err error) {
	c.mu.Lock()
	now := c.now()
	switch {
	case !c.fetchedAt.IsZero() && now.Sub(c.fetchedAt) < maxAge:
		defer c.mu.Unlock()
		return c.value, true, nil
	case c.running == nil && c.err != nil && now.Sub(c.failedAt) < retryAfter:
		defer c.mu.Unlock()
		return c.value, !c.fetchedAt.IsZero(), c.err
	case c.running == nil:
		c.running = &fetchCall{done: make(chan struct{})}
		go c.run(context.WithoutCancel(ctx), c.running)
	}
	f := c.running
	c.mu.Unlock()

	select {
	case <-f.done:
		err = f.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	value, loaded = c.last()
	return value, loaded, err
}

// last returns the last good copy without fetching; loaded reports whether there is one.
func (c *cached[T]) last() (value T, loaded bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, !c.fetchedAt.IsZero()
}

// fetchedBefore reports whether the last good copy is older than t.
func (c *cached[T]) fetchedBefore(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.fetchedAt.IsZero() && c.fetchedAt.Before(t)
}

func (c *cached[T]) run(ctx context.Context, f *fetchCall) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	value, err := c.fetch(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.running, c.err, f.err = nil, err, err
	if err != nil {
		c.failedAt = c.now()
	} else {
		c.value, c.fetchedAt = value, c.now()
	}
	close(f.done)
}
