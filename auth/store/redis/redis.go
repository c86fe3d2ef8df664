// Package redis keeps the sessions of package auth in Redis, for any number of instances of an application.
//
// It needs one server of Redis 6 or newer, or a compatible one. Redis Cluster is not supported. Set the server's
// maxmemory-policy to noeviction: if the server evicts keys, people are signed out early, and a session that was
// ended by EndAll can come back.
//
// A write is as durable as the server makes it: with appendonly and appendfsync always, a crash loses nothing that was
// acknowledged; with everysec it may lose the last second; with snapshots alone it may lose minutes, so that a session
// that was ended comes back. After a failover, connections to the old primary are dropped at its first READONLY reply.
// Writes that had not reached the new primary are lost.
package redis

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const (
	// callTimeout bounds the answer to one call, and the time to connect.
	callTimeout = time.Second

	// maxConnections bounds the connections of one instance. Further calls wait for one.
	maxConnections = 64

	// waitTimeouts is how many times callTimeout a call waits for a connection, if others use all of them.
	waitTimeouts = 2
)

// Store implements [auth.Store] in Redis. Create one with [Open]. A method that needs several commands runs them as a
// script, which Redis executes atomically.
type Store struct {
	pool    *redis.Pool
	addr    string
	timeout time.Duration // of one answer
}

// Open returns a store for the server at url, for example redis://:password@localhost:6379/0, where 0 is the
// number of the database. The port defaults to 6379 and the database to 0. With the scheme rediss the connection
// uses TLS, and the certificate of the server is verified.
//
// Open does not connect. It returns an error only if url is invalid; the error does not contain url, which may
// hold a password.
func Open(url string) (*Store, error) {
	cfg, err := parse(url)
	if err != nil {
		return nil, err
	}
	return open(cfg, callTimeout), nil
}

// Check returns the error that [Open] would return for url.
func Check(url string) error {
	_, err := parse(url)
	return err
}

func open(cfg config, timeout time.Duration) *Store {
	options := []redis.DialOption{
		redis.DialContextFunc(cfg.dialFunc()),
		redis.DialUsername(cfg.username),
		redis.DialPassword(cfg.password),
		redis.DialDatabase(cfg.database),
		redis.DialReadTimeout(timeout),
		redis.DialWriteTimeout(timeout),
	}
	return &Store{addr: cfg.addr, timeout: timeout, pool: &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			c, err := redis.DialContext(ctx, "tcp", cfg.addr, options...)
			if err != nil {
				return nil, err
			}
			return &conn{ConnWithContext: c.(redis.ConnWithContext)}, nil
		},
		// An idle connection may have been dropped without notice.
		TestOnBorrowContext: func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
			if time.Since(lastUsed) < time.Second {
				return nil
			}
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			_, err := redis.DoContext(c, ctx, "PING")
			return err
		},
		MaxActive:       maxConnections,
		MaxIdle:         maxConnections,
		Wait:            true,
		IdleTimeout:     5 * time.Minute,
		MaxConnLifetime: 30 * time.Minute, // so that a changed DNS record takes effect
	}}
}

// dialFunc returns a function that connects. It performs the TLS handshake itself, because redigo does not apply
// the deadline of the context to the handshake.
func (cfg config) dialFunc() func(ctx context.Context, network, addr string) (net.Conn, error) {
	if !cfg.tls {
		return new(net.Dialer).DialContext
	}
	return (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.roots}}).DialContext
}

// Find implements [auth.Store].
func (s *Store) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	reply, err := s.read(ctx, scriptFind, keySession+key)
	if err != nil || reply == nil {
		return auth.Entry{}, false, err
	}
	fields, err := redis.Values(reply, nil)
	if err != nil || len(fields) < 3 {
		return auth.Entry{}, false, nil
	}
	e, ok := scanEntry(fields[:3], fields[3:])
	return e, ok, nil
}

// scanEntry returns the session in a reply of a script. It reports false if the session cannot be read. Such a session
// counts as absent: an error would lock its owner out until the cookie expires.
func scanEntry(fields []any, labels any) (auth.Entry, bool) {
	var (
		e               auth.Entry
		created, expiry int64
	)
	_, err := redis.Scan(fields, &e.Data, &created, &expiry)
	if err == nil {
		e.Labels, err = redis.Strings(labels, nil)
	}
	if err != nil {
		return auth.Entry{}, false
	}
	e.Created, e.Expiry = time.UnixMicro(created).UTC(), time.UnixMicro(expiry).UTC()
	return e, true
}

// The methods below clone the data that they send, because redigo may still read it when a call has timed out.

// Create implements [auth.Store].
func (s *Store) Create(ctx context.Context, key string, e auth.Entry) error {
	args := []any{keySession + key, key, bytes.Clone(e.Data), micros(e.Created), micros(e.Expiry), millis(e.Expiry)}
	for _, label := range e.Labels {
		args = append(args, label)
	}
	created, err := redis.Bool(s.run(ctx, scriptCreate, args...))
	if err == nil && !created {
		err = errors.New("a session with this key already exists")
	}
	return err
}

// Update implements [auth.Store].
func (s *Store) Update(ctx context.Context, key string, data []byte) (bool, error) {
	return redis.Bool(s.run(ctx, scriptUpdate, keySession+key, bytes.Clone(data)))
}

// Touch implements [auth.Store].
func (s *Store) Touch(ctx context.Context, key string, expiry time.Time) error {
	_, err := s.run(ctx, scriptTouch, keySession+key, micros(expiry), millis(expiry))
	return err
}

// Delete implements [auth.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.run(ctx, scriptDelete, keySession+key, key)
	return err
}

// EndAll implements [auth.Store].
func (s *Store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	_, err := s.run(ctx, scriptEndAll, keyCutoff+label, micros(at), micros(until), millis(until))
	return err
}

// HasLabel implements [auth.Store].
func (s *Store) HasLabel(ctx context.Context, label string) (bool, error) {
	return redis.Bool(s.read(ctx, scriptHasLabel, keyIndex+label))
}

// List implements [auth.Store].
func (s *Store) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	sessions, err := redis.Values(s.read(ctx, scriptList, keyIndex+label, limit))
	if err != nil {
		return nil, err
	}
	var found []auth.KeyedEntry
	for _, session := range sessions {
		fields, err := redis.Values(session, nil)
		if err != nil || len(fields) != 5 {
			continue
		}
		key, err := redis.String(fields[0], nil)
		if e, ok := scanEntry(fields[1:4], fields[4]); ok && err == nil {
			found = append(found, auth.KeyedEntry{Key: key, Entry: e})
		}
	}
	return found, nil
}

// LoadOrStore implements [auth.Store].
func (s *Store) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	var expiry any = "" // none
	if !until.IsZero() {
		expiry = millis(until)
	}
	reply, err := s.run(ctx, scriptLoadOrStore, keyValue+key, bytes.Clone(value), expiry)
	if err != nil {
		return nil, false, err
	}
	if reply == nil {
		return bytes.Clone(value), false, nil
	}
	actual, err = redis.Bytes(reply, nil)
	return actual, err == nil, err
}

// CompareAndDelete implements [auth.Store].
func (s *Store) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	_, err := s.run(ctx, scriptCompareAndDelete, keyValue+key, bytes.Clone(value))
	return err
}

// Ping implements [auth.Store]. It writes a key that expires at once.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.do(ctx, "SET", keyValue+"ping", "", "PX", 1)
	return err
}

// Close closes the connections.
func (s *Store) Close() error { return s.pool.Close() }
