//go:build unix

package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Server is a running database server.
type Server struct {
	// URL is the address of the server with user and password, in the form that store.Open takes.
	URL string

	dir            string
	command        func() (*exec.Cmd, error)       // returns the same port and data each time
	ping           func(ctx context.Context) error // fails if the server does not answer
	createDatabase func(ctx context.Context, n int64) (url string, err error)
	databases      atomic.Int64 // created so far
	output         bytes.Buffer
	cmd            *exec.Cmd
	exited         chan struct{}
}

// maySkip reports whether a test may be skipped because a server is not installed.
func maySkip() bool { return os.Getenv("CI") != "true" }

var shared struct {
	sync.Mutex
	servers []*Server
}

func stopShared() {
	shared.Lock()
	defer shared.Unlock()
	for _, s := range shared.servers {
		s.remove()
	}
}

// startServer creates a directory and starts the server that prepare describes. prepare chooses a free port. Because
// another process may take the port before the server listens, startServer tries five times.
func startServer(prepare func(s *Server) error) (*Server, error) {
	dir, err := os.MkdirTemp("", "dbtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	shared.Lock()
	shared.servers = append(shared.servers, s)
	shared.Unlock()
	for range 5 {
		if err = prepare(s); err != nil {
			break
		}
		if err = s.run(); err == nil {
			return s, nil
		}
	}
	s.remove()
	return nil, err
}

// Start starts a server that was killed, on the same port with the same data, and waits until it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) run() error {
	cmd, err := s.command()
	if err != nil {
		return err
	}
	s.output.Reset()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &s.output, &s.output
	exited, started := make(chan struct{}), make(chan error)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	dieWithParent(cmd.SysProcAttr)
	go func() {
		// The kernel kills the server when the thread that started it ends, and not only when the process does.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.cmd, s.exited = cmd, exited
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := s.ping(ctx)
		cancel()
		select {
		case <-exited:
			return fmt.Errorf("%s exited: %s", filepath.Base(cmd.Path), &s.output)
		default:
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("%s did not answer within a minute: %w", filepath.Base(cmd.Path), err)
		}
	}
}

// Kill ends the server without a clean shutdown, and waits until it has exited. Its data stays.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT) // on which PostgreSQL also ends its child processes
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

// Pause stops the processes of the server, so that its connections stay open and nothing answers. resume continues
// them. The end of the test does so too.
func (s *Server) Pause(t testing.TB) (resume func()) {
	t.Helper()
	if _, err := exec.LookPath("pgrep"); err != nil {
		skipOrFail(t, errNotInstalled("pgrep is not in PATH (apt-get install procps)"))
	}
	pids := []int{s.cmd.Process.Pid}
	resume = sync.OnceFunc(func() { signal(t, syscall.SIGCONT, pids) })
	t.Cleanup(resume)
	signal(t, syscall.SIGSTOP, pids) // before its children, so that it starts no more of them
	children := childrenOf(t, s.cmd.Process.Pid)
	pids = append(pids, children...)
	signal(t, syscall.SIGSTOP, children)
	return resume
}

func signal(t testing.TB, sig syscall.Signal, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Error(err)
		}
	}
}

// childrenOf returns the child processes of a process. PostgreSQL has one for each connection.
func childrenOf(t testing.TB, pid int) (children []int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pgrep", "-P", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if noMatch := errors.As(err, &exit) && exit.ExitCode() == 1; err != nil && !noMatch {
		t.Fatalf("pgrep: %v", err)
	}
	for _, field := range strings.Fields(string(out)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	return children
}

// Database creates an empty database for the test and returns its address.
func (s *Server) Database(t testing.TB) (url string) {
	t.Helper()
	url, err := s.createDatabase(t.Context(), s.databases.Add(1))
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// remove kills the server and removes its files.
func (s *Server) remove() {
	s.Kill()
	os.RemoveAll(s.dir)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
