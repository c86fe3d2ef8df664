// Package dbtest starts Redis and PostgreSQL servers for tests, as child processes.
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }
//
//	func TestStore(t *testing.T) {
//		sessions, err := store.Open(t.Context(), dbtest.Redis(t).Database(t))
//		…
//	}
//
// Each server listens on a free loopback port, requires a password, and stores its files in a temporary directory,
// which is removed with the server. Servers that run on the machine already are not used.
//
// If a server is not installed, the test is skipped and a message on standard error says so. With CI=true in the
// environment, the test fails instead. Servers are started on Unix only; elsewhere these tests are always skipped.
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

// Redis returns the Redis server that all tests of the binary share. The first call starts it, and [Run] stops it.
func Redis(t testing.TB) *Server {
	t.Helper()
	return startOrSkip(t, sharedRedis)
}

// Postgres returns the PostgreSQL server that all tests of the binary share. The first call starts it, and [Run] stops
// it.
func Postgres(t testing.TB) *Server {
	t.Helper()
	return startOrSkip(t, sharedPostgres)
}

// NewRedis starts a Redis server for one test, which may pause and kill it. The server writes an append-only file, so
// that its data survives [Server.Kill].
func NewRedis(t testing.TB) *Server {
	t.Helper()
	return startForTest(t, func() (*Server, error) { return startRedis() })
}

// NewRedisTLS starts a Redis server for one test that accepts TLS connections only. The certificate and its key are
// PEM files.
func NewRedisTLS(t testing.TB, certFile, keyFile string) *Server {
	t.Helper()
	return startForTest(t, func() (*Server, error) {
		return startRedis("--tls-auth-clients", "no",
			"--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile)
	})
}

// NewPostgres starts a PostgreSQL server for one test, which may pause and kill it.
func NewPostgres(t testing.TB) *Server {
	t.Helper()
	return startForTest(t, startPostgres)
}

// Run runs the tests, stops the shared servers, and returns the exit code.
func Run(m *testing.M) int {
	defer stopShared()
	return m.Run()
}

func startForTest(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s := startOrSkip(t, start)
	t.Cleanup(s.remove)
	return s
}

// startOrSkip starts a server. If the server is not installed, it skips the test.
func startOrSkip(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		skipOrFail(t, err)
	}
	return s
}

// errNotInstalled is the error of a program that is not installed. Its text says what to install.
type errNotInstalled string

// Error returns the text.
func (e errNotInstalled) Error() string { return string(e) }

// skipOrFail skips the test if err means that a program is not installed and a test may be skipped for it. Otherwise
// it fails the test.
func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if missing := errNotInstalled(""); errors.As(err, &missing) && maySkip() {
		printNotice(fmt.Sprintf("\n*** %s WAS SKIPPED: %s\n\n", t.Name(), missing))
		t.Skip(missing)
	}
	t.Fatal(err)
}

// printNotice also prints to the terminal, because go test hides the output of a package that passes.
func printNotice(text string) {
	fmt.Fprint(os.Stderr, text)
	if terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		defer terminal.Close()
		fmt.Fprint(terminal, text)
	}
}
