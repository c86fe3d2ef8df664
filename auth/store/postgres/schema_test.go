package postgres

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// TestConcurrentFirstCalls makes the first calls of many instances at the same time, in an empty database.
func TestConcurrentFirstCalls(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).Database(t)
	const instances = 12
	var done sync.WaitGroup
	start := make(chan struct{})
	for n := range instances {
		s := openPatient(t, url)
		done.Go(func() {
			<-start
			var err error
			switch now := time.Now(); n % 3 {
			case 0:
				e := auth.Entry{Labels: []string{"two", "one"}, Created: now, Expiry: now.Add(time.Hour)}
				err = s.Create(t.Context(), fmt.Sprint("key ", n), e)
			case 1:
				_, _, err = s.Find(t.Context(), "key")
			case 2:
				err = s.Ping(t.Context())
			}
			if err != nil {
				t.Errorf("instance %d: %v", n, err)
			}
		})
	}
	close(start)
	done.Wait()
}

// TestDroppedTablesAreCreated drops the tables before each call, as if the database was replaced under a running app.
func TestDroppedTablesAreCreated(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t).Database(t)
	s := openPatient(t, url)
	for name, call := range storetest.Calls(s) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		execSQL(t, url, "DROP TABLE IF EXISTS plusauth_session_label, plusauth_session, plusauth_cutoff, plusauth_value")
		if err := call(t.Context()); err != nil {
			t.Errorf("%s, after the tables were dropped: %v", name, err)
		}
	}
}

// TestRoleWithoutCreate checks that a role that may not create tables gets an error that says so, and can use tables
// that another role has created.
func TestRoleWithoutCreate(t *testing.T) {
	t.Parallel()
	admin := dbtest.Postgres(t).Database(t)
	role := "guest_" + strings.ToLower(rand.Text())
	execSQL(t, admin, fmt.Sprintf(
		"CREATE ROLE %s LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC", role))
	s := openPatient(t, "postgres://"+role+":guest"+admin[strings.Index(admin, "@"):])
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got error %v, want a missing permission", err)
	}
	execSQL(t, admin, sqlSchema+fmt.Sprintf(
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %s", role))
	for name, call := range storetest.Calls(s) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSweep removes several batches of expired rows of each table, on several instances at the same time.
func TestSweep(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.Postgres(t).Database(t))
	if err := s.Ping(t.Context()); err != nil { // creates the tables
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	for _, insert := range []string{
		`INSERT INTO plusauth_session SELECT convert_to(n::text, 'UTF8'), '', '{}', $1, $1 FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_cutoff SELECT convert_to(n::text, 'UTF8'), $1, $1 FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_session_label SELECT 'label', $1, convert_to(n::text, 'UTF8') FROM generate_series(1, 2500) n`,
		`INSERT INTO plusauth_value SELECT convert_to(n::text, 'UTF8'), '', $1 FROM generate_series(1, 2500) n`,
	} {
		if _, err := s.pool.Exec(t.Context(), insert, past); err != nil {
			t.Fatal(err)
		}
	}
	storetest.CheckSweep(t, s, func() {
		var done sync.WaitGroup
		for range 3 {
			done.Go(func() { s.sweep(t.Context()) })
		}
		done.Wait()
	})
	for table, want := range map[string]int{"session": 2, "cutoff": 1, "session_label": 2, "value": 2} {
		var got int
		err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM plusauth_"+table).Scan(&got)
		if err != nil || got != want {
			t.Errorf("plusauth_%s: got %d rows, want %d: %v", table, got, want, err)
		}
	}
}

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
