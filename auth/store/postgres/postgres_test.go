package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).URL
	storetest.Run(t, func(t *testing.T) auth.Store { return openPatient(t, url) })
}

func TestOutage(t *testing.T) {
	t.Parallel()
	server := dbtest.NewPostgres(t)
	storetest.RunOutage(t, func(t *testing.T) auth.Store { return openURL(t, server.URL, callTimeout) }, server)
}

// TestCancelKeepsConnection cancels calls while they run, and checks that they all use the same connection.
func TestCancelKeepsConnection(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.Postgres(t).URL)
	for n := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(n)*5*time.Microsecond, cancel)
		if _, _, err := s.Find(ctx, "key"); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if n := s.pool.Stat().NewConnsCount(); n != 1 {
		t.Errorf("sequential calls opened %d connections, want 1", n)
	}
}

// TestSilentServer connects to a server that accepts connections and sends nothing. The URL asks the driver for a
// longer timeout. Attempts to connect must end, or they would fill the pool.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := openURL(t, "postgres://u@"+l.Addr().String()+"/x?connect_timeout=60", callTimeout)
	storetest.CheckUnavailable(t, s)
	waitFor(t, "no connection is being made", func() bool { return s.pool.Stat().ConstructingConns() == 0 })
}

// TestLostConnectionsAreReplaced loses all connections without notice, as after a failover. The server answers on new
// connections, and the lost ones must not fill the pool.
func TestLostConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	proxyURL, lose := startProxy(t, dbtest.Postgres(t).URL)
	s := openURL(t, proxyURL, callTimeout)
	pings := func() error {
		errs := make([]error, 20)
		var done sync.WaitGroup
		for i := range errs {
			done.Go(func() { errs[i] = s.Ping(t.Context()) })
		}
		done.Wait()
		return errors.Join(errs...)
	}
	waitFor(t, "the pool is full", func() bool {
		pings()
		return s.pool.Stat().TotalConns() == s.pool.Stat().MaxConns()
	})
	lose()
	if pings() == nil {
		t.Fatal("the connections are not lost")
	}
	waitFor(t, "the store works", func() bool { return s.Ping(t.Context()) == nil })
}

// startProxy starts a proxy for the server at the address and returns its address. lose makes the proxy drop the data
// of all connections that exist, without closing them.
func startProxy(t *testing.T, address string) (proxyURL string, lose func()) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	server := u.Host
	u.Host = l.Addr().String()
	var generation atomic.Int64 // a connection of an earlier generation is lost
	forward := func(to, from net.Conn, connGeneration int64) {
		defer to.Close()
		defer io.Copy(io.Discard, from)
		for b := make([]byte, 4096); ; {
			n, err := from.Read(b)
			if err != nil || generation.Load() != connGeneration {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			conn, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			connGeneration := generation.Load()
			go forward(conn, client, connGeneration)
			go forward(client, conn, connGeneration)
		}
	}()
	return u.String(), func() { generation.Add(1) }
}

// openPatient opens a store with a long timeout, for tests of results on a slow machine.
func openPatient(t testing.TB, url string) *Store {
	t.Helper()
	return openURL(t, url, 30*time.Second)
}

func openURL(t testing.TB, url string, timeout time.Duration) *Store {
	t.Helper()
	s, err := open(context.Background(), url, timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("Close:", err)
		}
	})
	return s
}

func waitFor(t *testing.T, description string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", description)
		}
	}
}

// TestFailover makes the open connections read-only, as those to an old primary are after a failover. The next write must
// not fail because of them.
func TestFailover(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.Postgres(t).Database(t))
	ctx := t.Context()
	if err := s.Create(ctx, "before", auth.Entry{Data: []byte("x"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	var open []*pgxpool.Conn
	for range s.pool.Config().MaxConns {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"); err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	for _, conn := range open {
		conn.Release()
	}
	if err := s.Create(ctx, "after", auth.Entry{Data: []byte("x"), Created: time.Now(), Expiry: time.Now().Add(time.Hour)}); err != nil {
		t.Errorf("the first write after the failover: %v", err)
	}
	if _, found, err := s.Find(ctx, "after"); err != nil || !found {
		t.Errorf("got %v, %v", found, err)
	}
}

// TestBusyPool uses all connections for longer than an answer may take. A call waits for them, and then has its own time.
func TestBusyPool(t *testing.T) {
	t.Parallel()
	s := openURL(t, dbtest.Postgres(t).Database(t)+"&pool_max_conns=1", callTimeout)
	if err := s.Ping(t.Context()); err != nil { // creates the tables
		t.Fatal(err)
	}
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(callTimeout+callTimeout/4, conn.Release)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.pool.Stat().EmptyAcquireCount(); n < 2 {
		t.Errorf("the call did not wait: %d calls had to", n)
	}
}

// TestRestartBreaksNoRead restarts the server while connections are open and idle. The next read finds a new one.
func TestRestartBreaksNoRead(t *testing.T) {
	t.Parallel()
	server := dbtest.NewPostgres(t)
	s := openPatient(t, server.URL)
	if err := s.Ping(t.Context()); err != nil { // creates the tables
		t.Fatal(err)
	}
	for range 3 {
		var open sync.WaitGroup
		for range defaultConnections {
			open.Go(func() {
				if _, err := s.exec(t.Context(), "SELECT pg_sleep(0.2)"); err != nil {
					t.Error(err)
				}
			})
		}
		open.Wait()
		if n := s.pool.Stat().IdleConns(); n < 2 {
			t.Fatalf("got %d idle connections", n)
		}
		server.Kill()
		server.Start(t)
		if _, _, err := s.Find(t.Context(), "key"); err != nil {
			t.Fatalf("the first read after the restart: %v", err)
		}
	}
}

// withParameter returns the address with one more parameter.
func withParameter(address, parameter string) string {
	if strings.Contains(address, "?") {
		return address + "&" + parameter
	}
	return address + "?" + parameter
}

// TestPingKnowsThatNothingCanBeWritten opens a database with tables as read-only.
func TestPingKnowsThatNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t).Database(t)
	if err := openPatient(t, database).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	s := openPatient(t, withParameter(database, "default_transaction_read_only=on"))
	if err := s.Ping(t.Context()); !isReadOnly(err) {
		t.Errorf("got %v, want an error that says read-only", err)
	}
}

// TestSerializable lets many calls change the same rows in a database whose transactions are serializable.
func TestSerializable(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t).Database(t)
	s := openPatient(t, withParameter(database, "default_transaction_isolation=serializable"))
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var calls sync.WaitGroup
	for i := range 8 {
		calls.Go(func() {
			for n := range 40 {
				key := strconv.Itoa(i) + "-" + strconv.Itoa(n)
				entry := auth.Entry{Labels: []string{"label"}, Created: now, Expiry: now.Add(time.Hour)}
				err := errors.Join(
					s.Create(t.Context(), key, entry), s.EndAll(t.Context(), "other", now, now.Add(time.Hour)),
					s.Delete(t.Context(), key),
				)
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	calls.Wait()
}
