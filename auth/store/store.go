// Package store opens the session store that an address names: in memory, in a file, in Redis or in PostgreSQL.
//
//	sessions, err := store.Open(ctx, "file:data/sessions.db")
//	if err != nil {
//		return err
//	}
//	defer sessions.Close()
//	client, err := auth.New(auth.Config{Store: sessions, …})
//
// Each store is a package of its own, with the driver it needs: memory, file, redis and postgres. An application
// that needs one of them imports that package instead of this one, and gets no other driver. An application with a
// store of its own proves it with package storetest, as these four are.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store/file"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
	"github.com/plusauth/plusauth-go-starter/auth/store/postgres"
	"github.com/plusauth/plusauth-go-starter/auth/store/redis"
)

// Open opens the store that the address names:
//
//	memory:                               until the process ends; one instance
//	file:data/sessions.db                 one file, created if it does not exist; one instance
//	redis://:password@host:6379/0         Redis 6 or newer; many instances; rediss:// with TLS
//	postgres://user:password@host/db      PostgreSQL 12 or newer; many instances
//
// Open returns an error if the address is invalid or the file cannot be opened. The error says what to do, and does
// not contain the address, which may hold a password. Open does not connect to a server: the store works as soon as
// the server does, and Ping reports whether it does.
func Open(ctx context.Context, address string) (auth.Store, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	switch scheme, rest := split(address); scheme {
	case "memory":
		return memory.New(), nil
	case "file":
		path, err := filePath(rest)
		if err != nil {
			return nil, err
		}
		return orNil(file.Open(path))
	case "redis", "rediss":
		return orNil(redis.Open(address))
	default:
		return orNil(postgres.Open(ctx, address))
	}
}

// orNil returns a nil interface with an error, not one that holds a nil pointer.
func orNil[S auth.Store](s S, err error) (auth.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Warnings returns what in the settings of a server can lose sessions, in sentences for the log. It returns nil for a
// store that needs no settings, and if the server does not tell.
func Warnings(ctx context.Context, s auth.Store) []string {
	server, ok := s.(interface {
		Warnings(ctx context.Context) ([]string, error)
	})
	if !ok {
		return nil
	}
	warnings, _ := server.Warnings(ctx)
	return warnings
}

// Check returns an error if the address is invalid. It opens nothing.
func Check(address string) error {
	switch scheme, rest := split(address); scheme {
	case "memory":
		if rest != "" {
			return errors.New("the address of the session store in memory must be memory: and nothing more")
		}
		return nil
	case "file":
		_, err := filePath(rest)
		return err
	case "redis", "rediss":
		return redis.Check(address)
	case "postgres", "postgresql":
		return postgres.Check(address)
	case "":
		return errors.New("the address of the session store is empty. " +
			"Write file:data/sessions.db, memory:, redis://… or postgres://…")
	default:
		return errors.New("the address of the session store must begin with " +
			"file:, memory:, redis://, rediss:// or postgres://")
	}
}

func split(address string) (scheme, rest string) {
	scheme, rest, _ = strings.Cut(address, ":")
	return strings.ToLower(scheme), rest
}

// filePath returns the path in file:data/x.db, file:/data/x.db or file:///data/x.db. The path is not
// percent-decoded.
func filePath(rest string) (string, error) {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		if !strings.HasPrefix(after, "/") {
			return "", fmt.Errorf("file://%s names a host. "+
				"Write file:%[1]s for a relative path, or file:/%[1]s for an absolute one", after)
		}
		rest = after
	}
	if rest == "" || strings.HasSuffix(rest, "/") {
		return "", errors.New("the address file: must name a file, for example file:data/sessions.db")
	}
	return rest, nil
}
