package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemorySweep waits for the sweep by itself, in a bubble where ten minutes take no time.
func TestMemorySweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		defer m.Close()
		fillForSweep(t, m, 100)
		time.Sleep(sweepInterval + time.Second)
		m.mu.Lock()
		left := []int{len(m.sessions), len(m.marks), len(m.labels), len(m.values)}
		m.mu.Unlock()
		for i, want := range []int{1, 1, 1, 2} {
			if left[i] != want {
				t.Errorf("left of sessions, marks, labels, values: %v", left)
				break
			}
		}
		wantSwept(t, m)
	})
}

// TestCloseEndsTheSweep: a bubble does not end before its goroutines have, so this test hangs
// where Close leaves one.
func TestCloseEndsTheSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := newMemory().Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestStopWaitsForTheSweep: a file is not closed under one that is being done.
func TestStopWaitsForTheSweep(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}), false
	stop := every(0, time.Hour, func(ctx context.Context) {
		close(begun)
		<-ctx.Done()
		time.Sleep(10 * time.Millisecond)
		ended = true
	})
	<-begun
	stop()
	if !ended {
		t.Error("it does not")
	}
}
