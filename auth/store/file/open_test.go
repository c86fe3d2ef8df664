package file

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the tests start this program as another process that has the file open.
func TestMain(m *testing.M) {
	if path := os.Getenv("TEST_OPEN_FILE"); path != "" {
		if err := createSessions(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

// createSessions opens the file and prints "open". It then creates a session for each key that it reads, one per
// line, and prints the key when Create has returned.
func createSessions(path string) error {
	s, err := Open(path)
	if err != nil {
		return err
	}
	fmt.Println("open")
	for keys := bufio.NewScanner(os.Stdin); keys.Scan(); {
		if err := s.Create(context.Background(), keys.Text(), newEntry(keys.Text())); err != nil {
			return err
		}
		fmt.Println(keys.Text())
	}
	return nil
}

// startProcess starts this program with the file open. It returns the process, its output and its input.
func startProcess(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner, io.Writer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TEST_OPEN_FILE="+path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
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
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "open" {
		t.Fatalf("the process printed %q, want %q", lines.Text(), "open")
	}
	return cmd, lines, stdin
}

// TestKilledProcessLosesNothing kills a process while it creates sessions. Every session that it acknowledged must
// exist.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	var acknowledged []string
	for round := range 5 {
		cmd, lines, stdin := startProcess(t, path)
		go func() { // sends more keys than will be acknowledged, so that the process is killed during a write
			for range 1000 {
				if _, err := io.WriteString(stdin, rand.Text()+"\n"); err != nil {
					return
				}
			}
		}()
		for range 1 + 7*round {
			if !lines.Scan() {
				t.Fatal("the process ended before it was killed")
			}
			acknowledged = append(acknowledged, lines.Text())
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()

		s, err := Open(path)
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

func TestFileInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.db")
	startProcess(t, path)
	start := time.Now()
	s, err := Open(path)
	if err == nil {
		t.Fatal("two processes opened the file", s.Close())
	}
	for _, want := range []string{path, "another copy", "SESSION_STORE"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want it to contain %q", err, want)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Open took %v, want about 1 s", took)
	}
}

// TestTruncatedFile checks that Open rejects the start of a file, and that no later read panics instead.
func TestTruncatedFile(t *testing.T) {
	t.Parallel()
	for _, percent := range []int64{1, 30, 60} { // not more, because the end of a bbolt file can be unused
		path := filepath.Join(t.TempDir(), "sessions.db")
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		data := strings.Repeat("x", 500_000)
		if err := errors.Join(s.Create(t.Context(), "key 1", newEntry(data)),
			s.Create(t.Context(), "key 2", newEntry(data)), s.Close()); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()*percent/100); err != nil {
			t.Fatal(err)
		}
		s, err = Open(path)
		if err == nil {
			t.Errorf("Open accepted %d%% of a file: %v", percent, s.Close())
		} else if !strings.Contains(err.Error(), path+" is damaged") || !strings.Contains(err.Error(), "SESSION_STORE") {
			t.Errorf("%d%% of a file: got error %q", percent, err)
		}
	}
}
