//go:build unix

package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	server := needServer(t, sharedRedis)
	conformance(t, func(t *testing.T) auth.Store { return mustOpen(t, server.url) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := needServer(t, sharedPostgres)
	conformance(t, func(t *testing.T) auth.Store { return mustOpen(t, server.url) })
}

// The servers that the suite runs against: real ones, started when a test first needs them.
var (
	sharedRedis    = sync.OnceValues(func() (*server, error) { return newRedis() })
	sharedPostgres = sync.OnceValues(func() (*server, error) { return newPostgres() })
)

// errNotInstalled says what to install.
type errNotInstalled string

func (e errNotInstalled) Error() string { return string(e) }

// needServer returns a running server. Where its program is not installed the test is left out, and
// says so; CI has no such excuse.
func needServer(t *testing.T, start func() (*server, error)) *server {
	t.Helper()
	s, err := start()
	if missing := errNotInstalled(""); errors.As(err, &missing) && os.Getenv("CI") != "true" {
		fmt.Fprintf(os.Stderr, "\n*** %s WAS LEFT OUT: %s\n\n", t.Name(), missing)
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// server is a database server of this test run, on a free port of the loopback, with its files in a
// folder of its own.
type server struct {
	url    string
	dir    string
	start  func() (*exec.Cmd, error) // makes a new command for the same data and the same port
	output bytes.Buffer
	cmd    *exec.Cmd
	ended  chan struct{}
}

var (
	serversMu sync.Mutex
	servers   []*server
)

func newServer(start func(s *server) error) (*server, error) {
	dir, err := os.MkdirTemp("", "store-test-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	serversMu.Lock()
	servers = append(servers, s)
	serversMu.Unlock()
	for range 5 { // the port that was free may be taken before the server has it
		if err = start(s); err != nil {
			return nil, err
		}
		if err = s.run(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func stopServers() {
	for _, s := range servers {
		s.kill()
		os.RemoveAll(s.dir)
	}
}

// run starts the server and waits until it answers.
func (s *server) run() error {
	cmd, err := s.start()
	if err != nil {
		return err
	}
	s.output.Reset()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &s.output, &s.output
	s.cmd, s.ended = cmd, make(chan struct{})
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error)
	go func() {
		// The kernel takes the end of the thread that started a child for the end of its parent.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(s.ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	client, err := Open(context.Background(), s.url)
	if err != nil {
		return err
	}
	defer client.Close()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		err := client.Ping(context.Background())
		select {
		case <-s.ended:
			return fmt.Errorf("%s ended: %s", filepath.Base(cmd.Path), &s.output)
		default:
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			s.kill()
			return fmt.Errorf("%s does not answer after a minute: %w", filepath.Base(cmd.Path), err)
		}
	}
}

// kill ends the server without a chance to finish anything, and waits for its end.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
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

func newRedis() (*server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNotInstalled("redis-server is not in PATH (apt-get install redis-server, brew install redis)")
	}
	return newServer(func(s *server) error {
		port, err := freePort()
		s.url = fmt.Sprintf("redis://:secret%%2Fof%%40test@127.0.0.1:%d/1", port)
		s.start = func() (*exec.Cmd, error) {
			return exec.Command(program, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--requirepass", "secret/of@test",
				"--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", s.dir), nil
		}
		return err
	})
}

func newPostgres() (*server, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	return newServer(func(s *server) error {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.url = fmt.Sprintf("postgres://app:secret%%2Fof%%40test@127.0.0.1:%d/postgres?sslmode=disable&pool_max_conns=4", port)
		as, err := s.unprivileged()
		if err != nil {
			return err
		}
		data := filepath.Join(s.dir, "data")
		s.start = func() (*exec.Cmd, error) {
			cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200")
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
			return cmd, nil
		}
		if _, err := os.Stat(data); err == nil {
			return nil // only the port is another one
		}
		password := filepath.Join(s.dir, "password")
		if err := os.WriteFile(password, []byte("secret/of@test"), 0o644); err != nil {
			return err
		}
		initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "app", "--pwfile", password,
			"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
		initdb.Dir = s.dir
		initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		if out, err := initdb.CombinedOutput(); err != nil {
			return fmt.Errorf("initdb: %w: %s", err, out)
		}
		return nil
	})
}

// unprivileged gives the folder to a user who is not root, as whom PostgreSQL refuses to run. It is
// nil when this is not root anyway.
func (s *server) unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(s.dir, uid, gid)
}

// postgresPrograms is the folder of PostgreSQL's programs. Debian keeps them out of PATH.
func postgresPrograms() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { // the newest first
		return cmp.Compare(version(b), version(a))
	})
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), folders...) {
		_, err := exec.LookPath(filepath.Join(folder, "initdb"))
		if _, err2 := exec.LookPath(filepath.Join(folder, "postgres")); err == nil && err2 == nil {
			return folder, nil
		}
	}
	return "", errNotInstalled("initdb and postgres are neither in PATH nor in /usr/lib/postgresql " +
		"(apt-get install postgresql, brew install postgresql)")
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
