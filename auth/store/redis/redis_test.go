package store

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// TestRedisKeysExpire: Redis has no other way to get rid of them.
func TestRedisKeysExpire(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := mustOpen(t, dbtest.Redis(t).Database(t)).(*redisStore)
	e, key, until := newEntry("one", "two"), newKey(), time.Now().Add(time.Hour)
	e.Expiry = until
	for _, err := range []error{
		s.Create(ctx, key, e), wantUpdated(ctx, s, key, []byte("new"), true), s.Touch(ctx, key, until.Add(-time.Minute)), wantUpdated(ctx, s, key, nil, true),
		s.EndAll(ctx, "marked", farFuture, until), s.EndAll(ctx, "marked", time.Now(), until.Add(time.Minute)), s.EndAll(ctx, "marked", farFuture, until.Add(-time.Minute)),
		s.Touch(ctx, newKey(), until), wantUpdated(ctx, s, newKey(), nil, false), s.Delete(ctx, newKey()), s.CompareAndDelete(ctx, newKey(), nil), // leave nothing
		wantStored(ctx, s, "value", "x", until), wantLoaded(ctx, s, "value", "y", "x"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]time.Time{
		keySession + key: until.Add(-time.Minute), keyLabel + "one": until, keyLabel + "two": until,
		keyMark + "marked": until.Add(time.Minute), keyValue + "value": until,
	}
	keys, err := redis.Strings(s.do(ctx, nil, "KEYS", "*"))
	if err != nil || len(keys) != len(want) {
		t.Fatalf("keys: %q, %v; want %d", keys, err, len(want))
	}
	for _, key := range keys {
		ttl, err := redis.Int64(s.do(ctx, nil, "PTTL", key))
		if off := time.Until(want[key]) - time.Duration(ttl)*time.Millisecond; err != nil || off.Abs() > 10*time.Second {
			t.Errorf("%s expires in %d ms, %v off: %v", key, ttl, off, err)
		}
	}
}

// TestRedisForgetsScripts: a server that was restarted has no scripts.
func TestRedisForgetsScripts(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, dbtest.Redis(t).URL).(*redisStore)
	for name, call := range methods(s, newKey(), newEntry(newKey())) {
		if _, err := s.do(t.Context(), nil, "SCRIPT", "FLUSH"); err != nil {
			t.Fatal(err)
		}
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRedisTLS: rediss:// speaks TLS, and with nobody whose certificate does not stand up.
func TestRedisTLS(t *testing.T) {
	t.Parallel()
	cert, certFile, keyFile := certificate(t)
	cfg, err := parseRedis(dbtest.NewRedisTLS(t, certFile, keyFile).URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.roots = x509.NewCertPool()
	cfg.roots.AppendCertsFromPEM(cert)
	trusting := openRedis(cfg, 30*time.Second)
	defer trusting.Close()
	key, e := newKey(), newEntry("one")
	if err := errors.Join(trusting.Create(t.Context(), key, e), wantEntry(t.Context(), trusting, key, e)); err != nil {
		t.Error(err)
	}
	cfg.roots = x509.NewCertPool()
	strict := openRedis(cfg, 30*time.Second)
	defer strict.Close()
	if err, unknown := strict.Ping(t.Context()), new(x509.UnknownAuthorityError); !errors.As(err, unknown) {
		t.Errorf("a certificate that nobody vouches for: got %v", err)
	}
	if err := mustOpen(t, "rediss"+strings.TrimPrefix(dbtest.Redis(t).URL, "redis")).Ping(t.Context()); err == nil {
		t.Error("rediss:// talks to a server without TLS")
	}
}

// TestRedisTLSHandshakeIsBounded: a server that accepts and says nothing.
func TestRedisTLSHandshakeIsBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	allFail(t, openWith(t, "rediss://"+l.Addr().String(), answerTimeout))
}

// TestRedisRepeatsNothing: a server repeats what follows a command that it does not know. That may be a password, or a session.
func TestRedisRepeatsNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 1024))
			io.WriteString(conn, "-ERR unknown command 'AUTH', with args beginning with: 'user' 'hunter2' \r\n")
			conn.Close()
		}
	}()
	err = mustOpen(t, "redis://user:hunter2@"+l.Addr().String()).Ping(t.Context())
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "unknown command 'AUTH'") {
		t.Errorf("got %v", err)
	}
}

// certificate writes a self-signed certificate for localhost and its key.
func certificate(t *testing.T) (cert []byte, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, certFile, keyFile = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := errors.Join(os.WriteFile(certFile, cert, 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600)); err != nil {
		t.Fatal(err)
	}
	return cert, certFile, keyFile
}
