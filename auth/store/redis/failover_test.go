package redis

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// TestFailover turns the server into a replica while connections are open, and lets new ones lead to another server, as
// after a failover. The next write must not fail because of the open ones, and must be on the new server.
func TestFailover(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openPatient(t, dbtest.NewRedis(t).URL)
	next := openPatient(t, dbtest.NewRedis(t).URL)
	entry := auth.Entry{Data: []byte("x"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}

	// Fill the pool with idle connections.
	var open sync.WaitGroup
	for range maxConnections {
		open.Go(func() {
			_, err := s.call(ctx, func(ctx context.Context, c redis.Conn) (any, error) {
				return redis.DoContext(c, ctx, "BLPOP", "nothing", "0.2")
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	open.Wait()
	if n := s.pool.IdleCount(); n < 2 {
		t.Fatalf("got %d idle connections", n)
	}
	if _, err := s.do(ctx, "REPLICAOF", "127.0.0.1", "1"); err != nil {
		t.Fatal(err)
	}
	s.pool.DialContext = next.pool.DialContext

	if err := s.Create(ctx, "after", entry); err != nil {
		t.Errorf("the first write after the failover: %v", err)
	}
	if _, found, err := next.Find(ctx, "after"); err != nil || !found {
		t.Errorf("on the new server: got %v, %v", found, err)
	}
}

// TestServerThatStaysReadOnly checks that a write to a replica ends with an error, and does not try for ever.
func TestServerThatStaysReadOnly(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.NewRedis(t).URL)
	if _, err := s.do(t.Context(), "REPLICAOF", "127.0.0.1", "1"); err != nil {
		t.Fatal(err)
	}
	err := s.Create(t.Context(), "key", auth.Entry{Data: []byte("x"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)})
	if !isNotPrimary(err) {
		t.Errorf("got %v, want READONLY", err)
	}
}
