package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// Each of these tests has a server of its own, to stop and to kill.

func TestRedisOutage(t *testing.T) {
	t.Parallel()
	outage(t, dbtest.NewRedis(t))
}

func TestPostgresOutage(t *testing.T) {
	t.Parallel()
	outage(t, dbtest.NewPostgres(t))
}

func outage(t *testing.T, server *dbtest.Server) {
	s, key, e := openWith(t, server.URL, answerTimeout), newKey(), newEntry("one")
	if err := mustOpen(t, server.URL).Create(t.Context(), key, e); err != nil {
		t.Fatal(err)
	}
	back := func(s auth.Store) {
		t.Helper()
		for name, call := range methods(s, newKey(), newEntry(newKey())) {
			if err := eventually(name+" works again", func() (bool, error) { err := call(t.Context()); return err == nil, err }); err != nil {
				t.Error(err)
			}
		}
		if err := eventually("the session is there", func() (bool, error) {
			err := wantEntry(t.Context(), s, key, e)
			return err == nil, err
		}); err != nil {
			t.Error(err)
		}
	}

	t.Log("stopped, with a pool full of connections")
	callAll(t.Context(), s, 20)
	resume := server.Pause(t)
	allFail(t, s)
	allFail(t, openWith(t, server.URL, answerTimeout))
	quickest := time.Hour
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		if _, _, err := s.Find(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline exceeded", err)
		}
		quickest = min(quickest, time.Since(start))
		cancel()
	}
	if quickest >= answerTimeout {
		t.Errorf("a deadline of 50ms is noticed after %v", quickest)
	}
	resume()
	back(s)

	t.Log("killed")
	callAll(t.Context(), s, 20)
	server.Kill()
	allFail(t, s)
	early := openWith(t, server.URL, answerTimeout)
	allFail(t, early)
	server.Start(t)
	back(s)
	back(early)
}

// allFail wants every method to fail in bounded time, also when many call at once.
func allFail(t *testing.T, s auth.Store) {
	t.Helper()
	const callers = 5
	got := callAll(t.Context(), s, callers)
	if len(got.errs) != got.calls {
		t.Errorf("%d of %d calls failed", len(got.errs), got.calls)
	}
	// The timeout is 1 s. What is more is for a machine that is busy with other things.
	if got.slowest > 5*time.Second {
		t.Errorf("a call took %v", got.slowest)
	}
	t.Logf("%d calls at once, the slowest took %v: %v", got.calls, got.slowest.Round(time.Millisecond), got.errs[0])
}

type calls struct {
	calls   int
	errs    []error
	slowest time.Duration
}

// callAll calls every method from several goroutines at once.
func callAll(ctx context.Context, s auth.Store, callers int) calls {
	var (
		result calls
		mu     sync.Mutex
		all    sync.WaitGroup
	)
	for range callers {
		for name, call := range methods(s, newKey(), newEntry(newKey())) {
			result.calls++
			all.Go(func() {
				start := time.Now()
				err := call(ctx)
				took := time.Since(start)
				mu.Lock()
				defer mu.Unlock()
				result.slowest = max(result.slowest, took)
				if err != nil {
					result.errs = append(result.errs, fmt.Errorf("%s: %w", name, err))
				}
			})
		}
	}
	all.Wait()
	return result
}

// TestClientGoesAway cancels writes at every moment of their course. Each is done whole or not at
// all, and none breaks the connection it is on.
func TestClientGoesAway(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *dbtest.Server{"Redis": dbtest.Redis, "PostgreSQL": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, key := mustOpen(t, start(t).URL), newKey()
			connections := func() int64 { return s.(*postgres).pool.Stat().NewConnsCount() }
			if s, ok := s.(*redisStore); ok {
				var dials atomic.Int64
				dial := s.pool.DialContext
				s.pool.DialContext = func(ctx context.Context) (redis.Conn, error) { dials.Add(1); return dial(ctx) }
				connections = dials.Load
			}
			e := newEntry("one")
			e.Data = page(key, -1)
			if err := s.Create(t.Context(), key, e); err != nil {
				t.Fatal(err)
			}
			for n := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Duration(n)*5*time.Microsecond, cancel)
				ok, err := s.Update(ctx, key, page(key, n))
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				got, _, err := s.Find(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				if ok {
					e.Data = page(key, n)
				}
				if string(got.Data) != string(e.Data) {
					t.Fatalf("write %d, reported as done: %v, is not as reported", n, ok)
				}
			}
			if n := connections(); n != 1 {
				t.Errorf("the calls, one after another, took %d connections", n)
			}
		})
	}
}
