package store

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// filePath takes file:data/x.db, file:/data/x.db and file:///data/x.db. A path is taken as it is
// written, without percent-encoding.
func filePath(rest string) (string, error) {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		if !strings.HasPrefix(after, "/") {
			return "", fmt.Errorf("file://%s names a host: write file:%[1]s for a path from here, file:/%[1]s for one from the root", after)
		}
		rest = after
	}
	if rest == "" || strings.HasSuffix(rest, "/") {
		return "", errors.New("the session store file: needs the name of a file, as in file:data/sessions.db")
	}
	return rest, nil
}

// parseURL reads the address of a server. Its error tells nothing of the address, and an address
// with an unescaped character in its password is refused here: read as far as it goes, a part of
// the password would be taken for the host or the database, and show in a log.
func parseURL(scheme, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Fragment != "" || strings.Contains(u.EscapedPath()+u.RawQuery, "@") {
		return nil, fmt.Errorf("the address of the session store cannot be read. It is written "+
			"%s://user:password@host:port/database, and in user and password these characters are written as numbers: "+
			"%% as %%25, @ as %%40, : as %%3A, / as %%2F, ? as %%3F, # as %%23", scheme)
	}
	return u, nil
}

type redisConfig struct {
	addr               string
	username, password string
	database           int
	tls                bool
	roots              *x509.CertPool // who is trusted with TLS; nil: whom the system trusts
}

func parseRedis(address string) (redisConfig, error) {
	u, err := parseURL("redis", address)
	if err != nil {
		return redisConfig{}, err
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return redisConfig{}, errors.New("the port of a Redis address is a number from 1 to 65535; without one it is 6379")
		}
	}
	if u.RawQuery != "" {
		return redisConfig{}, errors.New("the address of Redis takes no parameters after a question mark")
	}
	cfg := redisConfig{
		addr: net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), cmp.Or(u.Port(), "6379")),
		tls:  u.Scheme == "rediss",
	}
	if u.User != nil {
		cfg.username = u.User.Username()
		password, set := u.User.Password()
		if !set { // redis-cli reads a lone name as the password
			cfg.username, password = "", cfg.username
		}
		cfg.password = password
	}
	if database := strings.Trim(u.Path, "/"); database != "" {
		if cfg.database, err = strconv.Atoi(database); err != nil || cfg.database < 0 {
			return redisConfig{}, errors.New("the path of a Redis address is the number of a database, " +
				"as in redis://localhost:6379/0")
		}
	}
	return cfg, nil
}

func parsePostgres(address string) (*pgxpool.Config, error) {
	if _, err := parseURL("postgres", address); err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The error begins with the address, in backquotes.
		what, at := err.Error(), strings.LastIndex(err.Error(), "`: ")
		if at < 0 {
			return nil, errors.New("the address of PostgreSQL cannot be used")
		}
		return nil, fmt.Errorf("the address of PostgreSQL cannot be used: %s", what[at+len("`: "):])
	}
	return cfg, nil
}
