package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// do calls f with a connection. If a table is missing, do creates the tables and calls f again, so that the app can
// start before its database.
//
// do waits for a connection and then for the answer, each for a time of its own, because on a busy machine a call may
// have to wait for others. It gives up at the deadline of ctx too, but not when ctx is cancelled: cancelling a call
// closes its connection, and leaves unknown whether a write was done.
func (s *Store) do(ctx context.Context, f func(context.Context, *pgxpool.Conn) error) error {
	return s.call(ctx, isUndone, f)
}

// read is do for an f that changes nothing. It calls f again if the connection breaks: after a restart of the server,
// each open connection does.
func (s *Store) read(ctx context.Context, f func(context.Context, *pgxpool.Conn) error) error {
	return s.call(ctx, func(err error) bool { return isUndone(err) || isBroken(err) }, f)
}

func (s *Store) call(
	ctx context.Context, again func(error) bool, f func(context.Context, *pgxpool.Conn) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline := time.Now().Add(waitTimeouts*s.timeout + s.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	err := s.callOnce(ctx, f)
	// Each open connection may be old.
	for tries := int32(0); tries < s.pool.Config().MaxConns && again(err); tries++ {
		err = s.callOnce(ctx, f)
	}
	if pgErr := (*pgconn.PgError)(nil); errors.As(err, &pgErr) && pgErr.Code == undefinedTable {
		if err = s.createTables(ctx); err == nil {
			err = s.callOnce(ctx, f)
		}
	}
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func (s *Store) callOnce(ctx context.Context, f func(context.Context, *pgxpool.Conn) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return f(ctx, conn)
}

const (
	// readOnlyTransaction is the code of a server that is a replica: after a failover, open connections stay with the old
	// primary, which has executed nothing.
	readOnlyTransaction = "25006"

	// serializationFailure and deadlockDetected are the codes of a statement that was undone because of another one that
	// ran at the same time.
	serializationFailure = "40001"
	deadlockDetected     = "40P01"

	// serverEnds is the class of the codes of a server that ends, has crashed or starts.
	serverEnds = "57P"
)

// isUndone reports whether the server has certainly done nothing, and may do it if it is asked again.
func isUndone(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return isReadOnly(err) || ok && (pgErr.Code == serializationFailure || pgErr.Code == deadlockDetected)
}

// isBroken reports whether a connection that was open has ended. An error of a new connection does not count, because
// the next one would fail too.
func isBroken(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pgErr.Code, serverEnds)
	}
	failed, ok := errors.AsType[*net.OpError](err)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || ok && !failed.Timeout()
}

func isReadOnly(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == readOnlyTransaction
}
