package redis

import (
	"strings"
	"sync"
	"testing"
	"time"

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

	fillPool(t, s)
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

// fillPool opens all connections and leaves them idle.
func fillPool(t *testing.T, s *Store) {
	t.Helper()
	var open sync.WaitGroup
	for range maxConnections {
		open.Go(func() {
			if _, err := s.do(t.Context(), "BLPOP", "nothing", "0.2"); err != nil {
				t.Error(err)
			}
		})
	}
	open.Wait()
	if n := s.pool.IdleCount(); n < 2 {
		t.Fatalf("got %d idle connections", n)
	}
}

// TestRestartBreaksNoRead restarts the server while connections are open and idle. The next read finds a new one.
func TestRestartBreaksNoRead(t *testing.T) {
	t.Parallel()
	server := dbtest.NewRedis(t)
	s := openPatient(t, server.URL)
	entry := auth.Entry{Data: []byte("x"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}
	for range 3 {
		fillPool(t, s)
		server.Kill()
		server.Start(t)
		if _, _, err := s.Find(t.Context(), "key"); err != nil {
			t.Fatalf("the first read after the restart: %v", err)
		}
	}
	if err := s.Create(t.Context(), "key", entry); err != nil {
		t.Error(err)
	}
}

// TestWarnings checks what the server's own settings are warned of.
func TestWarnings(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.NewRedis(t).URL)
	warnings := func() string {
		t.Helper()
		all, err := s.Warnings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(all, "\n")
	}
	set := func(name, value string) {
		t.Helper()
		if _, err := s.do(t.Context(), "CONFIG", "SET", name, value); err != nil {
			t.Fatal(err)
		}
	}
	set("maxmemory-policy", "noeviction")
	if got := warnings(); got != "" {
		t.Errorf("a careful server: got %q", got)
	}
	set("appendonly", "no")
	if got := warnings(); !strings.Contains(got, "appendonly") {
		t.Errorf("without appendonly: got %q", got)
	}
	set("maxmemory", "100mb")
	set("maxmemory-policy", "allkeys-lru")
	if got := warnings(); !strings.Contains(got, "allkeys-lru") {
		t.Errorf("with eviction: got %q", got)
	}
}

// TestPingKnowsThatNothingCanBeWritten fills the memory of a server that evicts nothing.
func TestPingKnowsThatNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.NewRedis(t).URL)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.do(t.Context(), "CONFIG", "SET", "maxmemory", "1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("got %v, want OOM", err)
	}
}
