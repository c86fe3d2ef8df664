package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// TestDamagedFile flips bytes all over the file of a store. It may lose sessions, but no method may panic.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	whole := filepath.Join(t.TempDir(), "sessions.db")
	s, err := Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		key := fmt.Sprintf("session-%d", i)
		if err := s.Create(ctx, key, newEntry(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	refused, failed := 0, 0
	for at := 0; at+8 <= len(content); at += len(content) / 250 {
		damaged := filepath.Join(t.TempDir(), "damaged.db")
		flipped := append([]byte(nil), content...)
		for i := range 8 {
			flipped[at+i] ^= 0xff
		}
		if err := os.WriteFile(damaged, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(damaged)
		if err != nil {
			refused++
			continue
		}
		for i := 0; i < 200; i += 25 {
			key := fmt.Sprintf("session-%d", i)
			_, _, err := s.Find(ctx, key)
			_, listErr := s.List(ctx, key, 10)
			_, updateErr := s.Update(ctx, key, []byte("new"))
			err = errors.Join(err, listErr, updateErr, s.Create(ctx, key+"-new", newEntry(key)), s.Delete(ctx, key))
			if errors.Is(err, errDamaged) {
				failed++
				break
			}
		}
		s.sweep(ctx, time.Now().Add(time.Hour))
		func() {
			defer damage(&err)()
			s.Close()
		}()
	}
	if refused+failed == 0 {
		t.Error("the damage was never found")
	}
}

// TestStuckWrite checks that requests do not wait for ever behind a write that the disk does not answer, that Ping
// reports it, and that everything works afterwards.
func TestStuckWrite(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	stuck, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.write(context.Background(), func(*bbolt.Tx) (bool, error) {
			close(stuck)
			<-release
			return true, nil
		})
	}()
	<-stuck
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Create(ctx, "a", newEntry("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Create: got %v", err)
	}
	if err := s.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ctx.Err()) || err == nil {
		t.Errorf("Ping: got %v", err)
	}
	if _, _, err := s.Find(t.Context(), "a"); err != nil {
		t.Errorf("Find: got %v, want that reads go on", err)
	}
	close(release)
	if err := errors.Join(<-done, s.Create(t.Context(), "a", newEntry("a")), s.Ping(t.Context())); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSlowDisk lets the disk answer a commit late. The request gets its error in time, the next write waits, and
// nothing is lost in the end.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.timeout = 10 * time.Millisecond
	release := make(chan struct{})
	err = s.write(t.Context(), func(tx *bbolt.Tx) (bool, error) {
		tx.OnCommit(func() { <-release })
		return true, put(tx.Bucket(bucketValues), []byte("slow"), value{Data: []byte("kept")})
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	err = errors.Join(s.Create(t.Context(), "a", newEntry("a")), s.Ping(t.Context()))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the next write: got %v", err)
	}
	s.timeout = callTimeout
	close(release)
	if err := s.Create(t.Context(), "a", newEntry("a")); err != nil {
		t.Error(err)
	}
	kept, loaded, err := s.LoadOrStore(t.Context(), "slow", nil, time.Time{})
	if string(kept) != "kept" || !loaded || err != nil {
		t.Errorf("got %q, %v, %v; want the slow value", kept, loaded, err)
	}
}

// TestPingKnowsOfTheLastWrite checks that Ping reports a store that can be read and not written, and a file that has been
// deleted.
func TestPingKnowsOfTheLastWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	full := errors.New("no space left on device")
	fail := func(*bbolt.Tx) (bool, error) { return true, full }
	if err := s.write(t.Context(), fail); !errors.Is(err, full) || !s.failed.Load() {
		t.Errorf("got %v, want that the failure is remembered", err)
	}
	if err := s.Ping(t.Context()); err != nil || s.failed.Load() {
		t.Errorf("the disk has space again: got %v", err)
	}
	if runtime.GOOS == "windows" {
		return // an open file cannot be deleted there
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "a", newEntry("a")); err == nil {
		t.Error("a session was acknowledged that will be lost")
	}
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "restart the app") {
		t.Errorf("the file is deleted: got %v", err)
	}
}
