package store

import (
	"context"
	"sync"
	"time"
)

// sweepInterval is how often expired entries are looked for. They are dead from the moment they
// expire; this only gives their room back.
const sweepInterval = 10 * time.Minute

// every calls work after first and then at this interval, until the function it returns is called.
// That one cancels work that is being done, and returns when it has ended.
func every(first, interval time.Duration, work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		timer := time.NewTimer(first)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
				work(ctx)
				timer.Reset(interval)
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}
