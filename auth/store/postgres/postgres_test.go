package store

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

func execSQL(t *testing.T, url, statement string) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestPostgresTablesAreMadeOnce: many instances start at once on an empty database.
func TestPostgresTablesAreMadeOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).Database(t)
	const instances = 12
	var all sync.WaitGroup
	start := make(chan struct{})
	for n := range instances {
		s := mustOpen(t, url)
		all.Go(func() {
			<-start
			var err error
			switch key, e := newKey(), newEntry("two", "one"); n % 3 { // whatever is called first
			case 0:
				err = s.Create(t.Context(), key, e)
			case 1:
				_, _, err = s.Find(t.Context(), key)
			case 2:
				err = s.Ping(t.Context())
			}
			if err != nil {
				t.Errorf("instance %d: %v", n, err)
			}
		})
	}
	close(start)
	all.Wait()
}

// TestPostgresTablesComeBack: the database was replaced under a running app.
func TestPostgresTablesComeBack(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).Database(t)
	s := mustOpen(t, url)
	for name, call := range methods(s, newKey(), newEntry(newKey())) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		execSQL(t, url, "DROP TABLE IF EXISTS plusauth_sessions, plusauth_marks, plusauth_labels, plusauth_values")
		if err := call(t.Context()); err != nil {
			t.Errorf("%s, after the tables were dropped: %v", name, err)
		}
	}
}

// TestPostgresWithoutRights: the app may use tables that somebody else made, and says what it misses where it may not.
func TestPostgresWithoutRights(t *testing.T) {
	t.Parallel()
	admin := dbtest.Postgres(t).Database(t)
	role := "guest_" + strings.ToLower(newKey())
	execSQL(t, admin, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC", role))
	s := mustOpen(t, "postgres://"+role+":guest"+admin[strings.Index(admin, "@"):])
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got %v, want a missing permission", err)
	}
	execSQL(t, admin, sqlSchema+fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %s", role))
	for name, call := range methods(s, newKey(), newEntry(newKey())) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPostgresHandshakeIsBounded: a server that accepts and says nothing, with the driver's own timeout asked to be long. The
// attempts to connect are given up too, or they would fill the pool.
func TestPostgresHandshakeIsBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := openWith(t, "postgres://u@"+l.Addr().String()+"/x?connect_timeout=60", answerTimeout).(*postgres)
	allFail(t, s)
	if err := eventually("nothing is connecting", func() (bool, error) {
		return s.pool.Stat().ConstructingConns() == 0, nil
	}); err != nil {
		t.Error(err)
	}
}

// TestPostgresLeavesSilentConnections: a firewall or a failover takes the connections away without a word, and the server
// answers on new ones. The dead ones do not fill the pool.
func TestPostgresLeavesSilentConnections(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(dbtest.Postgres(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := address.Host
	address.Host = l.Addr().String()
	var epoch atomic.Int64
	carry := func(to, from net.Conn, of int64) {
		defer to.Close()
		defer io.Copy(io.Discard, from)
		for b := make([]byte, 4096); ; {
			n, err := from.Read(b)
			if err != nil || epoch.Load() != of {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			app, err := l.Accept()
			if err != nil {
				return
			}
			db, err := net.Dial("tcp", server)
			if err != nil {
				app.Close()
				continue
			}
			of := epoch.Load()
			go carry(db, app, of)
			go carry(app, db, of)
		}
	}()
	s := openWith(t, address.String(), answerTimeout)
	if err := eventually("every connection of the pool is open", func() (bool, error) {
		callAll(t.Context(), s, 5)
		return s.(*postgres).pool.Stat().TotalConns() == 4, nil
	}); err != nil {
		t.Fatal(err)
	}
	epoch.Add(1)
	if got := callAll(t.Context(), s, 5); len(got.errs) == 0 {
		t.Fatal("the connections are not dead")
	}
	if err := eventually("it works again", func() (bool, error) { err := s.Ping(t.Context()); return err == nil, err }); err != nil {
		t.Error(err)
	}
}

func TestPostgresSweep(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).Database(t)
	s := mustOpen(t, url).(*postgres)
	fillForSweep(t, s, 1)
	past := time.Now().Add(-time.Hour)
	for _, insert := range []string{
		`INSERT INTO plusauth_sessions SELECT convert_to(n::text, 'UTF8'), '', '{}', $1, $1 FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_marks SELECT convert_to(n::text, 'UTF8'), $1, $1 FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_labels SELECT convert_to(n::text, 'UTF8'), $1 FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_values SELECT convert_to(n::text, 'UTF8'), '', $1 FROM generate_series(1, 2500) n`,
	} {
		if _, err := s.pool.Exec(t.Context(), insert, past); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 3 { // instances sweep at the same time
		all.Go(func() { s.sweep(t.Context()) })
	}
	all.Wait()
	for table, want := range map[string]int{"sessions": 1, "marks": 1, "labels": 1, "values": 2} {
		var got int
		if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM plusauth_"+table).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d are left, want %d: %v", table, got, want, err)
		}
	}
	wantSwept(t, s)
}
