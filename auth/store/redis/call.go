package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// do runs a command.
func (s *Store) do(ctx context.Context, command string, args ...any) (any, error) {
	return s.call(ctx, isNotPrimary, func(ctx context.Context, conn redis.Conn) (any, error) {
		return redis.DoContext(conn, ctx, command, args...)
	})
}

// run runs a script.
func (s *Store) run(ctx context.Context, script *redis.Script, args ...any) (any, error) {
	return s.runWhile(ctx, isNotPrimary, script, args)
}

// read runs a script that changes nothing. It does so again if the connection breaks: after a restart of the server,
// each open connection does.
func (s *Store) read(ctx context.Context, script *redis.Script, args ...any) (any, error) {
	again := func(err error) bool { return isNotPrimary(err) || isBroken(err) }
	return s.runWhile(ctx, again, script, args)
}

func (s *Store) runWhile(
	ctx context.Context, again func(error) bool, script *redis.Script, args []any,
) (any, error) {
	return s.call(ctx, again, func(ctx context.Context, conn redis.Conn) (any, error) {
		return script.DoContext(ctx, conn, args...)
	})
}

// call gets a connection and calls f with it, and does so again while again is true of the error. It waits for a
// connection and then for the answer, each for a time of its own, because on a busy machine a call may have to wait for
// others. It gives up at the deadline of ctx too, but not when ctx is cancelled: cancelling a call closes its
// connection, and leaves unknown whether a write was done.
func (s *Store) call(
	ctx context.Context, again func(error) bool, f func(context.Context, redis.Conn) (any, error),
) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(waitTimeouts*s.timeout + s.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	var reply any
	err := errNotPrimary
	for tries := 0; tries <= maxConnections && again(err); tries++ { // each connection may be old
		reply, err = s.callOnce(ctx, f)
	}
	if err != nil {
		return nil, s.wrap(err)
	}
	return reply, nil
}

func (s *Store) callOnce(ctx context.Context, f func(context.Context, redis.Conn) (any, error)) (any, error) {
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return f(ctx, conn)
}

// wrap adds the address of the server to an error, and removes the arguments of a command from it.
func (s *Store) wrap(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = context.DeadlineExceeded // the connection's deadline, which is derived from that of the context
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("redis at %s did not answer in time: %w", s.addr, err)
	}
	if reply := redis.Error(""); errors.As(err, &reply) {
		// A server that does not know a command repeats its arguments, for example a password.
		message, _, _ := strings.Cut(string(reply), ", with args")
		err = redis.Error(message)
	}
	return fmt.Errorf("redis at %s: %w", s.addr, err)
}
