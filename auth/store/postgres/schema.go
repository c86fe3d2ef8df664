package store

import (
	"context"
	"time"
)

// The tables are made in the first schema of the search path. Where the app may not make tables,
// run this once as somebody who may.
//
// Of several instances that start at once, the lock lets one go first: IF NOT EXISTS by itself
// fails when two do it at the same moment. (Its number is "plusauth" in ASCII.) The indexes of expiry are
// for the sweep. Replacing the data of a session touches no index at all.
//
// plusauth_labels has until when a session with a label may live. A search in the labels of the
// sessions would do without it, but the planner likes to answer that by reading the whole
// table when nobody has the label, and strangers may ask.
const sqlSchema = `
SELECT pg_advisory_xact_lock(8100978968149455976);
CREATE TABLE IF NOT EXISTS plusauth_sessions (
	key    bytea PRIMARY KEY,
	data   bytea NOT NULL,
	labels bytea[] NOT NULL,
	began  timestamptz NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_sessions_expiry ON plusauth_sessions (expiry);
CREATE TABLE IF NOT EXISTS plusauth_marks (
	label  bytea PRIMARY KEY,
	at     timestamptz NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_marks_expiry ON plusauth_marks (expiry);
CREATE TABLE IF NOT EXISTS plusauth_labels (
	label  bytea PRIMARY KEY,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_labels_expiry ON plusauth_labels (expiry);
CREATE TABLE IF NOT EXISTS plusauth_values (
	key    bytea PRIMARY KEY,
	value  bytea NOT NULL,
	expiry timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS plusauth_values_expiry ON plusauth_values (expiry);`

// undefinedTable is the SQLSTATE of a statement that misses its table.
const undefinedTable = "42P01"

// createTables runs the schema: several statements in one go are one transaction.
func (p *postgres) createTables(ctx context.Context) error {
	_, err := p.pool.Exec(ctx, sqlSchema)
	return err
}

const (
	// sqlLive is true of a session s that has neither expired nor been ended by a mark.
	sqlLive = `s.expiry > now() AND NOT EXISTS (
	SELECT FROM plusauth_marks m
	WHERE m.label = ANY (s.labels) AND m.at > s.began AND m.expiry > now())`

	sqlFind = `SELECT data, labels, began, expiry FROM plusauth_sessions s WHERE key = $1 AND ` + sqlLive

	// sqlKnow notes the labels of the session that was written, in their order: in another one, two
	// sign-ins of one person could wait for each other.
	sqlKnow = `, known AS (
	INSERT INTO plusauth_labels AS l (label, expiry)
	SELECT DISTINCT label, expiry FROM written, unnest(labels) label ORDER BY label
	ON CONFLICT (label) DO UPDATE SET expiry = excluded.expiry WHERE l.expiry < excluded.expiry
) SELECT FROM written`

	// A key that was used long ago has no session any more; one that is in use is left alone.
	sqlCreate = `WITH written AS (
	INSERT INTO plusauth_sessions AS s (key, data, labels, began, expiry) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (key) DO UPDATE SET
		data = excluded.data, labels = excluded.labels, began = excluded.began, expiry = excluded.expiry
	WHERE s.expiry <= now()
	RETURNING labels, expiry
)` + sqlKnow

	sqlUpdate = `UPDATE plusauth_sessions s SET data = $2 WHERE key = $1 AND ` + sqlLive
	sqlTouch  = `WITH written AS (
	UPDATE plusauth_sessions s SET expiry = $2 WHERE key = $1 AND ` + sqlLive + `
	RETURNING labels, expiry
)` + sqlKnow
	sqlDelete = `DELETE FROM plusauth_sessions WHERE key = $1`

	sqlMark = `INSERT INTO plusauth_marks AS m (label, at, expiry) VALUES ($1, $2, $3)
ON CONFLICT (label) DO UPDATE SET
	at = CASE WHEN m.expiry > now() THEN greatest(m.at, excluded.at) ELSE excluded.at END,
	expiry = greatest(m.expiry, excluded.expiry)`

	sqlKnown = `SELECT EXISTS (SELECT FROM plusauth_labels WHERE label = $1 AND expiry > now())`

	sqlStore = `INSERT INTO plusauth_values AS v (key, value, expiry)
VALUES ($1, $2, coalesce($3::timestamptz, 'infinity'))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, expiry = excluded.expiry
WHERE v.expiry <= now()`
	sqlLoad   = `SELECT value FROM plusauth_values WHERE key = $1 AND expiry > now()`
	sqlForget = `DELETE FROM plusauth_values WHERE key = $1 AND value = $2`

	sqlPing = `SELECT FROM plusauth_sessions LIMIT 1`
)

// sqlSweep removes a bounded number of expired rows, and leaves those to other instances that they
// are removing at the same time.
var sqlSweep = []string{
	`DELETE FROM plusauth_sessions WHERE key IN (
	SELECT key FROM plusauth_sessions WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM plusauth_marks WHERE label IN (
	SELECT label FROM plusauth_marks WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM plusauth_labels WHERE label IN (
	SELECT label FROM plusauth_labels WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM plusauth_values WHERE key IN (
	SELECT key FROM plusauth_values WHERE expiry <= now() ORDER BY expiry LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
}

// sweep removes what has expired, a thousand rows at a time. An error leaves the rest for the next time.
func (p *postgres) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, statement := range sqlSweep {
		for rows := int64(1); rows > 0; {
			tag, err := p.pool.Exec(ctx, statement)
			if err != nil {
				return
			}
			rows = tag.RowsAffected()
		}
	}
}
