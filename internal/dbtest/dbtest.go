// Package dbtest starts real Redis and PostgreSQL servers for tests, as child processes.
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }
//
//	func TestStore(t *testing.T) {
//		sessions, err := store.Open(t.Context(), dbtest.Redis(t).Database(t))
//		…
//	}
//
// Each listens on a free port of the loopback, asks for a password, and keeps its files in a folder of
// its own, which goes when it does. Nothing that runs on the machine already is touched.
//
// Where a server is not installed the test is left out, and says so; with CI=true in the environment
// it fails instead. That needs Unix: elsewhere these tests are always left out.
package dbtest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

var (
	sharedRedis    = sync.OnceValues(func() (*Server, error) { return startRedis() })
	sharedPostgres = sync.OnceValues(startPostgres)
)

// Redis is a Redis that all tests of the binary share, started when the first of them needs it. [Run] stops it.
func Redis(t testing.TB) *Server {
	t.Helper()
	return need(t, sharedRedis)
}

// Postgres is a PostgreSQL that all tests of the binary share, started when the first of them needs it.
// [Run] stops it.
func Postgres(t testing.TB) *Server {
	t.Helper()
	return need(t, sharedPostgres)
}

// NewRedis starts a Redis for one test alone, to pause and to kill. It writes an append-only file, so that
// what it holds outlives its end.
func NewRedis(t testing.TB) *Server {
	t.Helper()
	return own(t, func() (*Server, error) { return startRedis() })
}

// NewRedisTLS starts a Redis for one test alone that speaks TLS only, with a certificate and its key, as
// files in PEM.
func NewRedisTLS(t testing.TB, certFile, keyFile string) *Server {
	t.Helper()
	return own(t, func() (*Server, error) {
		return startRedis("--tls-auth-clients", "no", "--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile)
	})
}

// NewPostgres starts a PostgreSQL for one test alone, to pause and to kill.
func NewPostgres(t testing.TB) *Server {
	t.Helper()
	return own(t, startPostgres)
}

// Run runs the tests and then stops the servers that they shared. It returns what to exit with.
func Run(m *testing.M) int {
	defer stopShared()
	return m.Run()
}

func own(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s := need(t, start)
	t.Cleanup(s.remove)
	return s
}

// errNotInstalled says what to install.
type errNotInstalled string

// Error says it.
func (e errNotInstalled) Error() string { return string(e) }

// say reaches the person at the terminal too: go test keeps what a passing package prints to itself.
func say(text string) {
	fmt.Fprint(os.Stderr, text)
	if terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		defer terminal.Close()
		fmt.Fprint(terminal, text)
	}
}

// need starts a server, or leaves the test out where it is not installed. CI has no such excuse.
func need(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		leaveOut(t, err)
	}
	return s
}

// leaveOut ends the test because of what is not installed, or fails it.
func leaveOut(t testing.TB, err error) {
	t.Helper()
	if missing := errNotInstalled(""); errors.As(err, &missing) && excused() {
		say(fmt.Sprintf("\n*** %s WAS LEFT OUT: %s\n\n", t.Name(), missing))
		t.Skip(missing)
	}
	t.Fatal(err)
}
