package memory

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	s := New()
	defer s.Close()
	t.Run("conformance", func(t *testing.T) {
		storetest.Run(t, func(*testing.T) auth.Store { return s })
	})
}

// TestSweep waits for a sweep that the store starts itself. In the bubble ten minutes take no time.
func TestSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New()
		defer s.Close()
		storetest.CheckSweep(t, s, func() { time.Sleep(sweepInterval + time.Second) })
		s.mu.Lock()
		defer s.mu.Unlock()
		got := [4]int{len(s.sessions), len(s.cutoffs), len(s.labels), len(s.values)}
		if want := [4]int{2, 1, 2, 2}; got != want {
			t.Errorf("sessions, cutoffs, labels, values: got %v, want %v", got, want)
		}
	})
}

// TestCloseEndsSweeps hangs if Close leaves a goroutine behind, because a bubble waits for its goroutines.
func TestCloseEndsSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := New().Close(); err != nil {
			t.Error(err)
		}
	})
}
