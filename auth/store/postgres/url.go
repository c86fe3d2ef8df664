package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// errURL does not contain the URL, because a part of a wrong URL may be a part of its password.
var errURL = errors.New("the PostgreSQL address is invalid. Write postgres://user:password@host:port/database. " +
	"In user and password write % as %25, @ as %40, : as %3A, / as %2F, ? as %3F and # as %23")

// parse rejects a URL with an unescaped character in its password. Otherwise a part of the password would be taken
// for the host or the database, and would appear in a log.
func parse(address string) (*pgxpool.Config, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Opaque != "" || u.Fragment != "" ||
		strings.Contains(u.EscapedPath()+u.RawQuery, "@") {
		return nil, errURL
	}
	_, rest, _ := strings.Cut(address, ":")
	cfg, err := pgxpool.ParseConfig("postgres:" + rest) // pgx knows the scheme in lower case only
	if err != nil {
		// pgx's error begins with the address in backquotes.
		message, end := err.Error(), strings.LastIndex(err.Error(), "`: ")
		if end < 0 {
			return nil, errURL
		}
		return nil, fmt.Errorf("the PostgreSQL address is invalid: %s", message[end+len("`: "):])
	}
	if !u.Query().Has("pool_max_conns") {
		cfg.MaxConns = max(cfg.MaxConns, defaultConnections)
	}
	return cfg, nil
}

// defaultConnections is how many connections one instance opens at most, unless the address says pool_max_conns. The
// default of pgx is 4 on small machines, and calls wait for a connection.
const defaultConnections = 16
