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
	// URL is its address, with user and password, as the variable of an application has it.
	URL string

	dir       string
	command   func() (*exec.Cmd, error)       // for the same data and the same port, each time
	ping      func(ctx context.Context) error // reports whether it answers
	database  func(ctx context.Context, n int64) (url string, err error)
	databases atomic.Int64
	output    bytes.Buffer
	cmd       *exec.Cmd
	ended     chan struct{}
}

func excused() bool { return os.Getenv("CI") != "true" }

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

// startServer makes a folder and starts what prepare says. prepare chooses the port; one that was free
// may be taken before the server has it.
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

// Start starts a server that was killed again, on the same port with the same data, and waits until
// it answers.
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
	ended, started := make(chan struct{}), make(chan error)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	dieWithParent(cmd.SysProcAttr)
	go func() {
		// The kernel takes the end of the thread that started a child for the end of its parent.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.cmd, s.ended = cmd, ended
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := s.ping(ctx)
		cancel()
		select {
		case <-ended:
			return fmt.Errorf("%s ended: %s", filepath.Base(cmd.Path), &s.output)
		default:
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("%s does not answer after a minute: %w", filepath.Base(cmd.Path), err)
		}
	}
}

// Kill ends the server without a chance to finish anything, and waits for its end. Its data stays.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT) // PostgreSQL then takes its children along
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// Pause stops the server, and what works for its present clients, in the middle of whatever it does: its
// connections stay open, and nothing answers. resume lets it go on; the end of the test does so too.
func (s *Server) Pause(t testing.TB) (resume func()) {
	t.Helper()
	if _, err := exec.LookPath("pgrep"); err != nil {
		leaveOut(t, errNotInstalled("pgrep is not in PATH (apt-get install procps)"))
	}
	stopped := []int{s.cmd.Process.Pid}
	resume = sync.OnceFunc(func() { signal(t, syscall.SIGCONT, stopped) })
	t.Cleanup(resume)
	signal(t, syscall.SIGSTOP, stopped) // first, or it would have more children in a moment
	children := childrenOf(t, s.cmd.Process.Pid)
	stopped = append(stopped, children...)
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

// childrenOf are the processes that a process has started: PostgreSQL has one for each connection, from
// before it can be asked for.
func childrenOf(t testing.TB, pid int) (children []int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pgrep", "-P", strconv.Itoa(pid)).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1: none
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

// Database is the address of an empty database on the server, which no other test has.
func (s *Server) Database(t testing.TB) (url string) {
	t.Helper()
	url, err := s.database(t.Context(), s.databases.Add(1))
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// remove ends the server and takes its files away.
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
