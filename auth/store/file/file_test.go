package store

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func TestFileSurvivesARestart(t *testing.T) {
	t.Parallel()
	address := "file:" + filepath.Join(t.TempDir(), "data", "sessions.db")
	ctx, key, label, e := t.Context(), newKey(), newKey(), newEntry("one", "two")
	s, err := Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	ended := newEntry(label)
	for _, err := range []error{
		s.Create(ctx, key, e), s.Create(ctx, label, ended), s.EndAll(ctx, label, farFuture, farFuture),
		wantStored(ctx, s, key, "value", time.Time{}), s.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s = mustOpen(t, address)
	for _, err := range []error{
		wantEntry(ctx, s, key, e), wantGone(ctx, s, label), wantKnown(ctx, s, "one", true), wantLoaded(ctx, s, key, "x", "value"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestFileWaitsForTheDisk: only a power cut would show the difference.
func TestFileWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "file:"+filepath.Join(t.TempDir(), "sessions.db")).(*file)
	if s.db.NoSync || s.db.NoGrowSync {
		t.Error("writes are acknowledged that are not on the disk")
	}
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // has no such bits
	}
	path := filepath.Join(t.TempDir(), "data", "sessions.db")
	mustOpen(t, "file:"+path)
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s is %v, want %v", name, info.Mode(), want)
		}
	}
}

// otherProcess runs this program once more, with the file open, and returns what it says and a way to tell it keys.
func otherProcess(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner, io.Writer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the other process says %q", lines.Text())
	}
	return cmd, lines, in
}

// TestFileLosesNothingWhenKilled kills the process the moment it has acknowledged a session.
func TestFileLosesNothingWhenKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	var acknowledged []string
	for round := range 5 {
		cmd, lines, in := otherProcess(t, path)
		go func() { // more than will be acknowledged, so that it is killed in the middle of a write
			for range 1000 {
				if _, err := io.WriteString(in, newKey()+"\n"); err != nil {
					return
				}
			}
		}()
		for range 1 + 7*round {
			if !lines.Scan() {
				t.Fatal("the other process ended by itself")
			}
			acknowledged = append(acknowledged, lines.Text())
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		s, err := Open(t.Context(), "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range acknowledged {
			if e, ok, err := s.Find(t.Context(), key); !ok || err != nil || string(e.Data) != key {
				t.Errorf("round %d: session %s was acknowledged and is lost: %v", round, key, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileInUseIsExplained(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	otherProcess(t, path)
	start := time.Now()
	s, err := Open(t.Context(), "file:"+path)
	if err == nil {
		t.Fatal("opened by two processes", s.Close())
	}
	for _, want := range []string{path, "another copy", "SESSION_STORE"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to speak of %q", err, want)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestFileReadsPastDamage: a record of another version, or a damaged one, is no session, and the sweep takes it away.
func TestFileReadsPastDamage(t *testing.T) {
	t.Parallel()
	f, err := openFile(filepath.Join(t.TempDir(), "sessions.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx := t.Context()
	damaged := [][]byte{{}, {0}, {sessionVersion}, {sessionVersion + 1, 1, 2, 3}, make([]byte, 100)}
	err = f.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketSessions, bucketMarks, bucketLabels, bucketValues} {
			for i, b := range damaged {
				if err := tx.Bucket(name).Put([]byte{'k', byte(i)}, b); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range damaged {
		key := string([]byte{'k', byte(i)})
		for _, err := range []error{
			wantGone(ctx, f, key), wantUpdated(ctx, f, key, nil, false), f.Touch(ctx, key, farFuture), wantGone(ctx, f, key),
			wantKnown(ctx, f, key, false), wantStored(ctx, f, key, "value", time.Time{}), f.EndAll(ctx, key, farFuture, farFuture),
		} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	f.sweep(ctx, time.Now())
	if n := count(t, f, bucketSessions); n != 0 {
		t.Errorf("%d damaged sessions are left", n)
	}
}

// TestFileCutShort: a copy that was broken off is refused when it is opened, not met by a panic later.
func TestFileCutShort(t *testing.T) {
	t.Parallel()
	for _, kept := range []int64{1, 30, 60} { // percent; bbolt has some to spare at the end
		path := filepath.Join(t.TempDir(), "sessions.db")
		f, err := openFile(path)
		if err != nil {
			t.Fatal(err)
		}
		e := newEntry()
		e.Data = make([]byte, 500_000)
		err = errors.Join(f.Create(t.Context(), newKey(), e), f.Create(t.Context(), newKey(), e), f.Close())
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()*kept/100); err != nil {
			t.Fatal(err)
		}
		f, err = openFile(path)
		if err == nil {
			t.Errorf("%d%% of a file are opened: %v", kept, f.Close())
		} else if !strings.Contains(err.Error(), path+" is no session store, or a damaged one") {
			t.Errorf("%d%% of a file: %v", kept, err)
		}
	}
}
