package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// errNotPrimary is an answer of a server that does not execute commands now.
var errNotPrimary error = redis.Error("READONLY")

// isNotPrimary reports whether the server has executed nothing because it is not the primary any longer (READONLY),
// still loads its data (LOADING) or cannot save it (MISCONF). After a failover the address leads to another server,
// but open connections stay with the old one.
func isNotPrimary(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	for _, prefix := range []string{"READONLY", "LOADING", "MISCONF"} {
		if strings.HasPrefix(string(reply), prefix) || strings.Contains(string(reply), "-"+prefix) {
			return true
		}
	}
	return false
}

// isBroken reports whether a connection that was open has ended. An error of a new connection does not count, because
// the next one would fail too.
func isBroken(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		ok && failed.Op != "dial" && !failed.Timeout()
}

// conn is a connection that the pool drops after an answer that isNotPrimary.
type conn struct {
	redis.ConnWithContext
	stale error
}

// Err returns why the connection cannot be used again.
func (c *conn) Err() error {
	if c.stale != nil {
		return c.stale
	}
	return c.ConnWithContext.Err()
}

// Do sends a command and returns the answer.
func (c *conn) Do(command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.Do(command, args...)
	return reply, c.noted(err)
}

// DoContext is Do with a context.
func (c *conn) DoContext(ctx context.Context, command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.DoContext(ctx, command, args...)
	return reply, c.noted(err)
}

func (c *conn) noted(err error) error {
	if isNotPrimary(err) {
		c.stale = err
	}
	return err
}
