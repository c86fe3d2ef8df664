package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// postgres keeps everything in four tables (postgresschema.go). Every step is one statement, which
// PostgreSQL does whole or not at all; whether something has expired is decided by the server's
// clock, which all instances share.
//
// The driver is pgx, because it keeps to deadlines: on a server that is stopped, lib/pq waits for
// ever, whatever the context says. It costs some 9 s of CPU time in a first build, lib/pq 1 s.
type postgres struct {
	pool    *pgxpool.Pool
	timeout time.Duration // of one call
	stop    func()
}

func openPostgres(ctx context.Context, cfg *pgxpool.Config, timeout time.Duration) (*postgres, error) {
	cfg.ConnConfig.ConnectTimeout = timeout
	cfg.BeforeClose = func(c *pgx.Conn) {
		if c.IsClosed() { // it broke: pgx would hold its place for 15 s, for a goodbye that may never come
			c.PgConn().Conn().Close()
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg) // connects when it is first asked to
	if err != nil {
		return nil, fmt.Errorf("session store: PostgreSQL: %w", err)
	}
	p := &postgres{pool: pool, timeout: timeout}
	p.stop = every(sweepInterval, sweepInterval, p.sweep)
	return p, nil
}

// do runs one call. The tables are made when a statement misses them, so that the app can start
// before its database, and so that looking for them costs nothing once they are there.
func (p *postgres) do(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel, err := bounded(ctx, p.timeout)
	if err != nil {
		return err
	}
	defer cancel()
	err = call(ctx)
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == undefinedTable {
		if err = p.createTables(ctx); err == nil {
			err = call(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("session store: PostgreSQL: %w", err)
	}
	return nil
}

// exec runs one statement and tells how many rows it changed or found.
func (p *postgres) exec(ctx context.Context, statement string, args ...any) (rows int64, err error) {
	err = p.do(ctx, func(ctx context.Context) error {
		tag, err := p.pool.Exec(ctx, statement, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

func (p *postgres) Find(ctx context.Context, key string) (e auth.Entry, found bool, err error) {
	err = p.do(ctx, func(ctx context.Context) error {
		var list [][]byte
		err := p.pool.QueryRow(ctx, sqlFind, []byte(key)).Scan(&e.Data, &list, &e.Created, &e.Expiry)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, label := range list {
			e.Labels = append(e.Labels, string(label))
		}
		found = true
		return nil
	})
	if !found {
		e = auth.Entry{}
	}
	return e, found, err
}

func (p *postgres) Create(ctx context.Context, key string, e auth.Entry) error {
	list := make([][]byte, 0, len(e.Labels))
	for _, label := range e.Labels {
		list = append(list, []byte(label))
	}
	rows, err := p.exec(ctx, sqlCreate, []byte(key), notNull(e.Data), list, e.Created, e.Expiry)
	if err == nil && rows == 0 {
		err = errUsed
	}
	return err
}

// notNull: pgx takes a nil slice for NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (p *postgres) Update(ctx context.Context, key string, data []byte) (bool, error) {
	rows, err := p.exec(ctx, sqlUpdate, []byte(key), notNull(data))
	return rows > 0, err
}

func (p *postgres) Touch(ctx context.Context, key string, expiry time.Time) error {
	_, err := p.exec(ctx, sqlTouch, []byte(key), expiry)
	return err
}

func (p *postgres) Delete(ctx context.Context, key string) error {
	_, err := p.exec(ctx, sqlDelete, []byte(key))
	return err
}

func (p *postgres) EndAll(ctx context.Context, label string, at, until time.Time) error {
	_, err := p.exec(ctx, sqlMark, []byte(label), at, until)
	return err
}

func (p *postgres) HasLabel(ctx context.Context, label string) (known bool, err error) {
	err = p.do(ctx, func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, sqlKnown, []byte(label)).Scan(&known)
	})
	return known, err
}

func (p *postgres) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	var over *time.Time // NULL: for ever
	if !until.IsZero() {
		over = &until
	}
	err = p.do(ctx, func(ctx context.Context) error {
		for { // again when the value went away between the two statements
			tag, err := p.pool.Exec(ctx, sqlStore, []byte(key), notNull(value), over)
			if err != nil {
				return err
			}
			if tag.RowsAffected() > 0 {
				actual, loaded = append([]byte(nil), value...), false
				return nil
			}
			err = p.pool.QueryRow(ctx, sqlLoad, []byte(key)).Scan(&actual)
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

func (p *postgres) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	_, err := p.exec(ctx, sqlForget, []byte(key), notNull(value))
	return err
}

// Ping reads a table, and so makes them all on a server that is new: when it succeeds, sessions can
// be kept.
func (p *postgres) Ping(ctx context.Context) error {
	_, err := p.exec(ctx, sqlPing)
	return err
}

// Close waits for the connections to end, but not for a server that does not answer: pgx takes 15 s
// to give up saying goodbye.
func (p *postgres) Close() error {
	p.stop()
	closed := make(chan struct{})
	go func() {
		p.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
		return nil
	case <-time.After(p.timeout):
		return errors.New("session store: PostgreSQL does not answer: its connections were left to end by themselves")
	}
}
