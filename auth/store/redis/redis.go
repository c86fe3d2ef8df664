package store

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// redisStore keeps everything in Redis, as redisscripts.go tells. What takes several commands is a
// script, which Redis runs in one step.
type redisStore struct {
	pool    *redis.Pool
	addr    string
	timeout time.Duration // of one call
}

// redisConnections bounds the connections of one instance. A call takes a fraction of a
// millisecond, so a few carry thousands a second; the others wait.
const redisConnections = 16

func openRedis(cfg redisConfig, timeout time.Duration) *redisStore {
	options := []redis.DialOption{
		redis.DialContextFunc(dialer(cfg)),
		redis.DialUsername(cfg.username),
		redis.DialPassword(cfg.password),
		redis.DialDatabase(cfg.database),
		redis.DialReadTimeout(timeout),
		redis.DialWriteTimeout(timeout),
	}
	return &redisStore{addr: cfg.addr, timeout: timeout, pool: &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", cfg.addr, options...)
		},
		// What has lain about for a while may have died without a word.
		TestOnBorrowContext: func(ctx context.Context, c redis.Conn, lastUsed time.Time) error {
			if time.Since(lastUsed) < time.Second {
				return nil
			}
			_, err := redis.DoContext(c, ctx, "PING")
			return err
		},
		MaxActive:       redisConnections,
		MaxIdle:         redisConnections,
		Wait:            true,
		IdleTimeout:     5 * time.Minute,
		MaxConnLifetime: 30 * time.Minute, // follows a name that has come to mean another server
	}}
}

// dialer connects, with the TLS handshake where there is one, within the context's time, which redigo by
// itself does not extend to the handshake.
func dialer(cfg redisConfig) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if !cfg.tls {
		return new(net.Dialer).DialContext
	}
	return (&tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.roots}}).DialContext
}

// do runs a command or, when script is not nil, a script.
func (s *redisStore) do(ctx context.Context, script *redis.Script, command string, args ...any) (any, error) {
	ctx, cancel, err := bounded(ctx, s.timeout)
	if err != nil {
		return nil, err
	}
	defer cancel()
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	defer conn.Close()
	var reply any
	if script != nil {
		reply, err = script.DoContext(ctx, conn, args...)
	} else {
		reply, err = redis.DoContext(conn, ctx, command, args...)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	return reply, nil
}

func (s *redisStore) run(ctx context.Context, script *redis.Script, args ...any) (any, error) {
	return s.do(ctx, script, "", args...)
}

func (s *redisStore) explain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = context.DeadlineExceeded // the connection noticed before the context did
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("session store: Redis at %s does not answer: %w", s.addr, err)
	}
	if said := redis.Error(""); errors.As(err, &said) { // of a command that it does not know it repeats what followed
		what, _, _ := strings.Cut(string(said), ", with args")
		err = redis.Error(what)
	}
	return fmt.Errorf("session store: Redis at %s: %w", s.addr, err)
}

func (s *redisStore) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	reply, err := s.run(ctx, scriptFind, keySession+key)
	if err != nil || reply == nil {
		return auth.Entry{}, false, err
	}
	var data, packed []byte
	var began, expiry int64
	fields, err := redis.Values(reply, nil)
	if err == nil {
		_, err = redis.Scan(fields, &data, &began, &expiry, &packed)
	}
	list := labels(packed)
	if err != nil || !list.valid() {
		return auth.Entry{}, false, nil // not written by this version: no session, as in the file store
	}
	return auth.Entry{
		Data:    data,
		Labels:  list.strings(),
		Created: time.UnixMicro(began).UTC(),
		Expiry:  time.UnixMicro(expiry).UTC(),
	}, true, nil
}

// Data is copied on its way in: redigo may still be reading it when a call has run out of time.

func (s *redisStore) Create(ctx context.Context, key string, e auth.Entry) error {
	packed, err := packLabels(e.Labels)
	if err != nil {
		return err
	}
	created, err := redis.Bool(s.run(ctx, scriptCreate, keySession+key,
		bytes.Clone(e.Data), redisMicros(e.Created), redisMicros(e.Expiry), redisMillis(e.Expiry), []byte(packed)))
	if err == nil && !created {
		err = errUsed
	}
	return err
}

func (s *redisStore) Update(ctx context.Context, key string, data []byte) (bool, error) {
	return redis.Bool(s.run(ctx, scriptUpdate, keySession+key, bytes.Clone(data)))
}

func (s *redisStore) Touch(ctx context.Context, key string, expiry time.Time) error {
	_, err := s.run(ctx, scriptTouch, keySession+key, redisMicros(expiry), redisMillis(expiry))
	return err
}

func (s *redisStore) Delete(ctx context.Context, key string) error {
	_, err := s.do(ctx, nil, "DEL", keySession+key)
	return err
}

func (s *redisStore) EndAll(ctx context.Context, label string, at, until time.Time) error {
	_, err := s.run(ctx, scriptMark, keyMark+label, redisMicros(at), redisMicros(until), redisMillis(until))
	return err
}

func (s *redisStore) HasLabel(ctx context.Context, label string) (bool, error) {
	return redis.Bool(s.do(ctx, nil, "EXISTS", keyLabel+label))
}

func (s *redisStore) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	var millis any = ""
	if !until.IsZero() {
		millis = redisMillis(until)
	}
	reply, err := s.run(ctx, scriptLoadOrStore, keyValue+key, bytes.Clone(value), millis)
	if err != nil {
		return nil, false, err
	}
	if reply == nil {
		return bytes.Clone(value), false, nil
	}
	actual, err = redis.Bytes(reply, nil)
	return actual, err == nil, err
}

func (s *redisStore) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	_, err := s.run(ctx, scriptForget, keyValue+key, bytes.Clone(value))
	return err
}

func (s *redisStore) Ping(ctx context.Context) error {
	_, err := s.do(ctx, nil, "PING")
	return err
}

func (s *redisStore) Close() error { return s.pool.Close() }
