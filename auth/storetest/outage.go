package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Server is the server of a store, which [RunOutage] stops and kills.
type Server interface {
	// Pause stops the server's processes, so that connections stay open and nothing answers, until resume is called.
	Pause(t testing.TB) (resume func())

	// Kill ends the server without warning. Its data stays.
	Kill()

	// Start starts the server again at the same address with the same data, and waits until it answers.
	Start(t testing.TB)
}

// maxCallTime is the longest time that a method may take without an answer. A store should need about a second; the
// rest is for a slow machine.
const maxCallTime = 5 * time.Second

// RunOutage tests that every method of a store returns an error in bounded time while its server does not answer or
// does not run, and that the store works again afterwards. Each call of open must return a store of its own.
func RunOutage(t *testing.T, open func(t *testing.T) auth.Store, server Server) {
	t.Helper()
	ctx, s := t.Context(), open(t)
	var key string
	e := newEntry("one")
	if err := waitFor("a session is created", func() (bool, error) {
		key = newKey()
		err := s.Create(ctx, key, e)
		return err == nil, err
	}); err != nil {
		t.Fatal(err)
	}

	callConcurrently(ctx, s, 20) // opens as many connections as the pool allows
	resume := server.Pause(t)
	CheckUnavailable(t, s)
	CheckUnavailable(t, open(t))
	checkShortDeadline(t, s)
	resume()
	checkRecovered(t, s, key, e)

	callConcurrently(ctx, s, 20)
	server.Kill()
	CheckUnavailable(t, s)
	s2 := open(t)
	CheckUnavailable(t, s2)
	server.Start(t)
	checkRecovered(t, s, key, e)
	checkRecovered(t, s2, key, e)
}

// CheckUnavailable checks that every method of a store whose server does not answer returns an error within five
// seconds, even when many calls run at the same time.
func CheckUnavailable(t testing.TB, s auth.Store) {
	t.Helper()
	got := callConcurrently(t.Context(), s, 5)
	if len(got.errs) != got.calls {
		t.Errorf("%d of %d calls failed, want all", len(got.errs), got.calls)
	}
	if got.slowest > maxCallTime {
		t.Errorf("the slowest call took %v, want at most %v", got.slowest, maxCallTime)
	}
	if len(got.errs) > 0 {
		t.Logf("slowest call: %v; first error: %v", got.slowest.Round(time.Millisecond), got.errs[0])
	}
}

// checkShortDeadline checks that a call ends at the deadline of its context, if that is earlier than the store's own.
func checkShortDeadline(t *testing.T, s auth.Store) {
	t.Helper()
	quickest := time.Hour
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		if _, _, err := s.Find(ctx, newKey()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Find: got error %v, want %v", err, context.DeadlineExceeded)
		}
		quickest = min(quickest, time.Since(start))
		cancel()
	}
	if limit := time.Second; quickest >= limit {
		t.Errorf("a call with a deadline of 50 ms took %v", quickest)
	}
}

// checkRecovered checks that every method works again and that the session still exists.
func checkRecovered(t *testing.T, s auth.Store, key string, e auth.Entry) {
	t.Helper()
	for name, call := range Calls(s) {
		if err := waitFor(name+" works", func() (bool, error) {
			err := call(t.Context())
			return err == nil, err
		}); err != nil {
			t.Error(err)
		}
	}
	if err := waitFor("the session is found", func() (bool, error) {
		err := wantEntry(t.Context(), s, key, e)
		return err == nil, err
	}); err != nil {
		t.Error(err)
	}
}

type callResults struct {
	calls   int
	errs    []error
	slowest time.Duration
}

// callConcurrently calls every method from several goroutines at once.
func callConcurrently(ctx context.Context, s auth.Store, callers int) callResults {
	var (
		results callResults
		mu      sync.Mutex
		done    sync.WaitGroup
	)
	for range callers {
		for name, call := range Calls(s) {
			results.calls++
			done.Go(func() {
				start := time.Now()
				err := call(ctx)
				took := time.Since(start)
				mu.Lock()
				defer mu.Unlock()
				results.slowest = max(results.slowest, took)
				if err != nil {
					results.errs = append(results.errs, fmt.Errorf("%s: %w", name, err))
				}
			})
		}
	}
	done.Wait()
	return results
}
