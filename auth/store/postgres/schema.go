package postgres

import (
	"context"
	"time"
)

// sqlSchema creates the tables in the first schema of the search path. If the app may not create tables, run it once
// as a role that may.
//
// The advisory lock serves instances that start at the same time, because concurrent CREATE TABLE IF NOT EXISTS
// statements can fail. Its number is "plusauth" in ASCII. The indexes on expiry are for the sweep; an update of a
// session's data changes no index.
//
// plusauth_session_label is the index of the sessions by label, newest last. An index on the array of labels would not
// do: for a label that no session has, the planner tends to read the whole table, and HasLabel answers unauthenticated
// requests.
const sqlSchema = `
SELECT pg_advisory_xact_lock(8100978968149455976);
CREATE TABLE IF NOT EXISTS plusauth_session (
	key     bytea PRIMARY KEY,
	data    bytea NOT NULL,
	labels  bytea[] NOT NULL,
	created timestamptz NOT NULL,
	expiry  timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_session_expiry ON plusauth_session (expiry);
CREATE TABLE IF NOT EXISTS plusauth_cutoff (
	label  bytea PRIMARY KEY,
	at     timestamptz NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_cutoff_expiry ON plusauth_cutoff (expiry);
CREATE TABLE IF NOT EXISTS plusauth_session_label (
	label   bytea,
	created timestamptz,
	key     bytea REFERENCES plusauth_session ON DELETE CASCADE,
	PRIMARY KEY (label, created, key)
);
CREATE INDEX IF NOT EXISTS plusauth_session_label_key ON plusauth_session_label (key);
CREATE TABLE IF NOT EXISTS plusauth_value (
	key    bytea PRIMARY KEY,
	value  bytea NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_value_expiry ON plusauth_value (expiry);`

// undefinedTable is the SQLSTATE of a statement that names a table that does not exist.
const undefinedTable = "42P01"

// createTables runs the schema. PostgreSQL executes several statements in one message as one transaction.
func (s *Store) createTables(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, sqlSchema)
	return err
}

const (
	// sqlLive is the condition that session s has neither expired nor been ended by EndAll.
	sqlLive = `s.expiry > now() AND NOT EXISTS (
	SELECT FROM plusauth_cutoff c
	WHERE c.label = ANY (s.labels) AND c.at > s.created AND c.expiry > now())`

	sqlFind = `SELECT data, labels, created, expiry FROM plusauth_session s WHERE key = $1 AND ` + sqlLive

	// sqlCreate replaces an expired session with the same key, and leaves a live one alone.
	sqlCreate = `WITH written AS (
	INSERT INTO plusauth_session AS s (key, data, labels, created, expiry) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (key) DO UPDATE SET
		data = excluded.data, labels = excluded.labels, created = excluded.created, expiry = excluded.expiry
	WHERE s.expiry <= now()
	RETURNING key, labels, created
), indexed AS (
	INSERT INTO plusauth_session_label (label, created, key)
	SELECT DISTINCT label, created, key FROM written, unnest(labels) label
	ON CONFLICT DO NOTHING
) SELECT FROM written`

	sqlUpdate = `UPDATE plusauth_session s SET data = $2 WHERE key = $1 AND ` + sqlLive

	sqlTouch = `UPDATE plusauth_session s SET expiry = $2 WHERE key = $1 AND ` + sqlLive

	sqlDelete = `DELETE FROM plusauth_session WHERE key = $1`

	sqlEndAll = `INSERT INTO plusauth_cutoff AS c (label, at, expiry) VALUES ($1, $2, $3)
ON CONFLICT (label) DO UPDATE SET
	at = CASE WHEN c.expiry > now() THEN greatest(c.at, excluded.at) ELSE excluded.at END,
	expiry = greatest(c.expiry, excluded.expiry)`

	// sqlIndexed is the sessions with a label. The condition on the time leaves out the entries of an expired session
	// that Create has replaced.
	sqlIndexed = `plusauth_session_label l JOIN plusauth_session s ON s.key = l.key AND s.created = l.created
	WHERE l.label = $1`

	sqlHasLabel = `SELECT EXISTS (SELECT FROM ` + sqlIndexed + ` AND s.expiry > now())`

	sqlList = `SELECT s.key, s.data, s.labels, s.created, s.expiry FROM ` + sqlIndexed + ` AND ` + sqlLive + `
ORDER BY l.created DESC, l.key DESC LIMIT $2`

	sqlStore = `INSERT INTO plusauth_value AS v (key, value, expiry)
VALUES ($1, $2, coalesce($3::timestamptz, 'infinity'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expiry = excluded.expiry
WHERE v.expiry <= now()`

	sqlLoad = `SELECT value FROM plusauth_value WHERE key = $1 AND expiry > now()`

	sqlCompareAndDelete = `DELETE FROM plusauth_value WHERE key = $1 AND value = $2`

	// sqlPing writes a value that has expired already.
	sqlPing = `INSERT INTO plusauth_value (key, value, expiry) VALUES ('ping', '', now())
ON CONFLICT (key) DO UPDATE SET expiry = excluded.expiry`
)

// sqlSweep removes up to a thousand expired rows per statement. It skips the rows that another instance is removing.
var sqlSweep = []string{
	`DELETE FROM plusauth_session WHERE key IN (
	SELECT key FROM plusauth_session WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM plusauth_cutoff WHERE label IN (
	SELECT label FROM plusauth_cutoff WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM plusauth_value WHERE key IN (
	SELECT key FROM plusauth_value WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
}

// sweepInterval is the time between two sweeps. An expired entry is never returned; a sweep only frees its space.
const sweepInterval = 10 * time.Minute

func (s *Store) sweepUntil(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.sweep(ctx)
		}
	}
}

// sweep removes the rows that have expired. After an error the rest is left for the next sweep.
func (s *Store) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, statement := range sqlSweep {
		for rows := int64(1); rows > 0; {
			tag, err := s.pool.Exec(ctx, statement)
			if err != nil {
				return
			}
			rows = tag.RowsAffected()
		}
	}
}
