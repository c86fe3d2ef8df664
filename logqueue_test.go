package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stuckReader does not read the log until it is released.
type stuckReader struct {
	released chan struct{}
	mu       sync.Mutex
	text     strings.Builder
}

func (r *stuckReader) Write(line []byte) (int, error) {
	<-r.released
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(line)
}

func (r *stuckReader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// TestLogReaderIsStuck writes more lines than there is room for while nobody reads. No write waits, and the log says
// how many are missing.
func TestLogReaderIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := &stuckReader{released: make(chan struct{})}
		q := newLogQueue(reader, func(dropped int64) { fmt.Fprintf(reader, "%d dropped\n", dropped) })
		fmt.Fprintln(q, "first")
		synctest.Wait() // the queue is about to write it
		for range maxLogLines + 7 {
			fmt.Fprintln(q, "line")
		}
		close(reader.released)
		synctest.Wait()
		fmt.Fprintln(q, "last")
		q.close(time.Second)
		got := reader.String()
		if !strings.HasPrefix(got, "first\n7 dropped\nline\n") || !strings.HasSuffix(got, "line\nlast\n") {
			t.Errorf("got %.60q … %q", got, got[len(got)-20:])
		}
		if n := strings.Count(got, "line\n"); n != maxLogLines {
			t.Errorf("got %d lines, want %d", n, maxLogLines)
		}
	})
}

// TestLogReaderStaysStuck ends the program while nobody reads: that takes no longer than the time limit.
func TestLogReaderStaysStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := &stuckReader{released: make(chan struct{})}
		q := newLogQueue(reader, func(int64) {})
		fmt.Fprintln(q, "first")
		start := time.Now()
		q.close(time.Second)
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %s, want 1s", took)
		}
		close(reader.released)
	})
}
