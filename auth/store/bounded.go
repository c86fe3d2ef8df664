package store

import (
	"context"
	"time"
)

// answerTimeout is how long a server may take for one call, connecting included.
const answerTimeout = time.Second

// bounded returns the context of one call to a server. It ends at the deadline of ctx, or after
// the timeout, but not when ctx is cancelled on the way: a client that goes away would otherwise
// break the connection that its call is on, and nobody would know whether a write was done. A
// context that has ended already is an error, and nothing is begun.
func bounded(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	deadline := time.Now().Add(timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	return ctx, cancel, nil
}
