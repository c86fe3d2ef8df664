// Package postgres keeps the sessions of package auth in PostgreSQL, for any number of instances of an application.
//
// It needs PostgreSQL 12 or newer and creates its tables on first use. The clock of the server decides whether
// something has expired, so that all instances agree.
//
// A write that was acknowledged survives a crash of the server, unless synchronous_commit is off. After a failover,
// connections to the old primary are dropped at its first error that says it is read-only. With asynchronous
// replication, writes that had not reached the new primary are lost.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const (
	// callTimeout bounds the answer to one call, and the time to connect.
	callTimeout = time.Second

	// waitTimeouts is how many times callTimeout a call waits for a connection, if others use all of them.
	waitTimeouts = 2
)

// Store implements [auth.Store] in PostgreSQL. Create one with [Open]. Each method is one SQL statement, which
// PostgreSQL executes atomically.
type Store struct {
	pool       *pgxpool.Pool
	timeout    time.Duration // of one answer
	stopSweeps context.CancelFunc
}

// Open returns a store for the database at url, for example postgres://user:password@localhost:5432/app. The
// parameters of libpq and of pgx's pool may follow, for example ?sslmode=verify-full&pool_max_conns=20. Behind a
// pooler that switches connections between statements, use default_query_exec_mode=exec.
//
// Open does not connect. It returns an error only if url is invalid; the error does not contain url, which may
// hold a password. If the tables do not exist when a method needs them, the method creates them.
func Open(ctx context.Context, url string) (*Store, error) {
	return open(ctx, url, callTimeout)
}

// Check returns the error that [Open] would return for url.
func Check(url string) error {
	_, err := parse(url)
	return err
}

func open(ctx context.Context, url string, timeout time.Duration) (*Store, error) {
	cfg, err := parse(url)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.ConnectTimeout = timeout
	cfg.PingTimeout = timeout // of a connection that was idle
	onError := cfg.ConnConfig.OnPgError
	cfg.ConnConfig.OnPgError = func(c *pgconn.PgConn, e *pgconn.PgError) bool {
		if e.Code == readOnlyTransaction { // the server was the primary once; the address may lead to the new one
			return false
		}
		return onError == nil || onError(c, e)
	}
	cfg.BeforeClose = func(c *pgx.Conn) {
		if c.IsClosed() {
			// The connection broke. Without this, pgx waits up to 15 s for the server to close it, and meanwhile
			// the connection counts towards the limit of the pool.
			c.PgConn().Conn().Close()
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg) // connects on first use
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	sweepCtx, cancel := context.WithCancel(context.Background())
	s := &Store{pool: pool, timeout: timeout, stopSweeps: cancel}
	go s.sweepUntil(sweepCtx)
	return s, nil
}

// exec runs a statement and returns the number of rows that it wrote or found.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (rows int64, err error) {
	err = s.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		tag, err := conn.Exec(ctx, statement, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// Find implements [auth.Store].
func (s *Store) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	var (
		e      auth.Entry
		labels [][]byte
	)
	err := s.read(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sqlFind, []byte(key)).Scan(&e.Data, &labels, &e.Created, &e.Expiry)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Entry{}, false, nil
	}
	if err != nil {
		return auth.Entry{}, false, err
	}
	e.Labels = texts(labels)
	return e, true, nil
}

func texts(labels [][]byte) (texts []string) {
	for _, label := range labels {
		texts = append(texts, string(label))
	}
	return texts
}

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, key string, e auth.Entry) error {
	labels := make([][]byte, 0, len(e.Labels))
	for _, label := range e.Labels {
		labels = append(labels, []byte(label))
	}
	rows, err := s.exec(ctx, sqlCreate, []byte(key), notNull(e.Data), labels, e.Created, e.Expiry)
	if err == nil && rows == 0 {
		err = errors.New("a session with this key already exists")
	}
	return err
}

// notNull replaces a nil slice, which pgx would send as NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Update implements [auth.Store].
func (s *Store) Update(ctx context.Context, key string, data []byte) (bool, error) {
	rows, err := s.exec(ctx, sqlUpdate, []byte(key), notNull(data))
	return rows > 0, err
}

// Touch implements [auth.Store].
func (s *Store) Touch(ctx context.Context, key string, expiry time.Time) error {
	_, err := s.exec(ctx, sqlTouch, []byte(key), expiry)
	return err
}

// Delete implements [auth.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.exec(ctx, sqlDelete, []byte(key))
	return err
}

// EndAll implements [auth.Store].
func (s *Store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	_, err := s.exec(ctx, sqlEndAll, []byte(label), at, until)
	return err
}

// HasLabel implements [auth.Store].
func (s *Store) HasLabel(ctx context.Context, label string) (found bool, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, sqlHasLabel, []byte(label)).Scan(&found)
	})
	return found, err
}

// List implements [auth.Store].
func (s *Store) List(ctx context.Context, label string, limit int) (found []auth.KeyedEntry, err error) {
	err = s.read(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, sqlList, []byte(label), max(limit, 0))
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (auth.KeyedEntry, error) {
			var (
				e      auth.KeyedEntry
				key    []byte
				labels [][]byte
			)
			err := row.Scan(&key, &e.Data, &labels, &e.Created, &e.Expiry)
			e.Key, e.Labels = string(key), texts(labels)
			return e, err
		})
		return err
	})
	return found, err
}

// LoadOrStore implements [auth.Store].
func (s *Store) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	var expiry *time.Time // NULL means that the value does not expire
	if !until.IsZero() {
		expiry = &until
	}
	err = s.do(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		for { // repeats if the value is deleted or expires between the two statements
			tag, err := conn.Exec(ctx, sqlStore, []byte(key), notNull(value), expiry)
			if err != nil {
				return err
			}
			if tag.RowsAffected() > 0 {
				actual, loaded = bytes.Clone(value), false
				return nil
			}
			err = conn.QueryRow(ctx, sqlLoad, []byte(key)).Scan(&actual)
			if !errors.Is(err, pgx.ErrNoRows) {
				loaded = err == nil
				return err
			}
		}
	})
	if err != nil {
		return nil, false, err
	}
	return actual, loaded, nil
}

// CompareAndDelete implements [auth.Store].
func (s *Store) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	_, err := s.exec(ctx, sqlCompareAndDelete, []byte(key), notNull(value))
	return err
}

// Ping implements [auth.Store]. It writes to a table, and so also creates the tables in a new database.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.exec(ctx, sqlPing)
	return err
}

// Close closes the connections. It waits for one second at most, because pgx waits 15 s for a server that does not
// answer. The connections that are still open then close in the background.
func (s *Store) Close() error {
	s.stopSweeps()
	closed := make(chan struct{})
	go func() {
		s.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
		return nil
	case <-time.After(s.timeout):
		return errors.New("postgres: the server did not answer; its connections close in the background")
	}
}
