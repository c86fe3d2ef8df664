package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Open opens the store that the address names:
//
//	memory:                               until the process ends; one instance
//	file:data/sessions.db                 one file, made when it is missing; one instance
//	redis://:password@host:6379/0         Redis 6 or newer; many instances; rediss:// with TLS
//	postgres://user:password@host/db      PostgreSQL 12 or newer; many instances
//
// What is wrong with the address, or with the file, is an error that says what to do about it. It
// never repeats the address, which may hold a password. A server that does not answer is not an
// error here: the store works as soon as the server does, and Ping tells.
//
// Redis is one server, not a Redis Cluster; it should not throw keys away when memory is short
// (maxmemory-policy noeviction), and with rediss:// its certificate is checked. PostgreSQL makes its
// tables at the first call. The parameters of libpq and of pgx's pool may follow its address, as in
// ?sslmode=verify-full&pool_max_conns=20, and &default_query_exec_mode=exec behind a pooler that
// changes connections between statements.
func Open(ctx context.Context, address string) (auth.Store, error) {
	return open(ctx, address, answerTimeout)
}

// Check returns what Open would say of the address alone. It opens nothing.
func Check(address string) error {
	_, err := parse(address)
	return err
}

func open(ctx context.Context, address string, timeout time.Duration) (auth.Store, error) {
	opener, err := parse(address)
	if err != nil {
		return nil, err
	}
	return opener(ctx, timeout)
}

// parse reads the address and returns what opens the store that it names.
func parse(address string) (func(context.Context, time.Duration) (auth.Store, error), error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch strings.ToLower(scheme) {
	case "memory":
		if rest != "" {
			return nil, errors.New("the session store in memory is written memory: and nothing more")
		}
		return func(context.Context, time.Duration) (auth.Store, error) { return newMemory(), nil }, nil
	case "file":
		path, err := filePath(rest)
		return func(context.Context, time.Duration) (auth.Store, error) { return opened(openFile(path)) }, err
	case "redis", "rediss":
		cfg, err := parseRedis(address)
		return func(_ context.Context, timeout time.Duration) (auth.Store, error) {
			return openRedis(cfg, timeout), nil
		}, err
	case "postgres", "postgresql":
		cfg, err := parsePostgres("postgres:" + rest) // pgx knows the scheme in small letters alone
		return func(ctx context.Context, timeout time.Duration) (auth.Store, error) {
			return opened(openPostgres(ctx, cfg, timeout))
		}, err
	case "":
		return nil, errors.New("no session store is named: " +
			"write file:data/sessions.db, memory:, redis://… or postgres://…")
	default:
		return nil, errors.New("the address of the session store begins with none of " +
			"file:, memory:, redis://, rediss:// and postgres://")
	}
}

// opened keeps a nil pointer from becoming a Store that is not nil.
func opened[S auth.Store](s S, err error) (auth.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
