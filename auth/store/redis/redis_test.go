package redis

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/storetest"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	url := dbtest.Redis(t).URL
	storetest.Run(t, func(t *testing.T) auth.Store { return openPatient(t, url) })
}

func TestOutage(t *testing.T) {
	t.Parallel()
	server := dbtest.NewRedis(t)
	storetest.RunOutage(t, func(t *testing.T) auth.Store { return openURL(t, server.URL, callTimeout) }, server)
}

// TestCancelKeepsConnection cancels calls while they run, and checks that they all use the same connection.
func TestCancelKeepsConnection(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.Redis(t).URL)
	var dials atomic.Int64
	dial := s.pool.DialContext
	s.pool.DialContext = func(ctx context.Context) (redis.Conn, error) {
		dials.Add(1)
		return dial(ctx)
	}
	for n := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(n)*5*time.Microsecond, cancel)
		if _, _, err := s.Find(ctx, "key"); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("sequential calls opened %d connections, want 1", n)
	}
}

// TestKeysExpire checks the time to live of each key, because Redis removes a key in no other way.
func TestKeysExpire(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openPatient(t, dbtest.Redis(t).Database(t))
	now := time.Now()
	hour, less, more := now.Add(time.Hour), now.Add(59*time.Minute), now.Add(61*time.Minute)
	session := auth.Entry{Labels: []string{"one", "two"}, Created: now, Expiry: hour}
	_, updateErr := s.Update(ctx, "session", []byte("new"))
	_, missingErr := s.Update(ctx, "missing", nil)
	_, _, storeErr := s.LoadOrStore(ctx, "value", []byte("first"), hour)
	_, _, loadErr := s.LoadOrStore(ctx, "value", []byte("second"), more)
	if err := errors.Join(updateErr, missingErr, storeErr, loadErr,
		s.Create(ctx, "session", session), s.Touch(ctx, "session", less),
		s.EndAll(ctx, "ended", now, hour), s.EndAll(ctx, "ended", now, more), s.EndAll(ctx, "ended", now, less),
		// These calls create no keys.
		s.Touch(ctx, "missing", hour), s.Delete(ctx, "missing"), s.CompareAndDelete(ctx, "missing", nil),
	); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Update(ctx, "session", nil); !ok || err != nil {
		t.Errorf("Update: got %v, error %v", ok, err)
	}
	want := map[string]time.Time{
		keySession + "session": less, keyIndex + "one": hour, keyIndex + "two": hour,
		keyCutoff + "ended": more, keyValue + "value": hour,
	}
	keys, err := redis.Strings(s.do(ctx, "KEYS", "*"))
	if err != nil || len(keys) != len(want) {
		t.Fatalf("got keys %q, want %d: %v", keys, len(want), err)
	}
	for _, key := range keys {
		ttl, err := redis.Int64(s.do(ctx, "PTTL", key))
		difference := time.Until(want[key]) - time.Duration(ttl)*time.Millisecond
		if err != nil || difference.Abs() > 10*time.Second {
			t.Errorf("%s expires in %d ms, want %v: %v", key, ttl, time.Until(want[key]), err)
		}
	}
}

// TestUnreadableSessions checks that a session that is damaged, or was written by an older version, counts as absent.
func TestUnreadableSessions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openPatient(t, dbtest.Redis(t).Database(t))
	micros := micros(time.Now())
	for name, fields := range map[string][]any{
		"former layout": {"data", "x", "began", micros, "expiry", micros, "labels", "\x00\x03one"},
		"labels":        {"data", "x", "created", micros, "expiry", micros, "labels", "\x00\x03one"},
		"times":         {"data", "x", "created", "x", "expiry", micros, "labels", `["one"]`},
		"fields":        {"data", "x"},
	} {
		if _, err := s.do(ctx, "HSET", append([]any{keySession + name}, fields...)...); err != nil {
			t.Fatal(err)
		}
		_, found, findErr := s.Find(ctx, name)
		_, updateErr := s.Update(ctx, name, nil)
		touchErr := s.Touch(ctx, name, time.Now().Add(time.Hour))
		if err := errors.Join(findErr, updateErr, touchErr); found || err != nil {
			t.Errorf("%s: got found %v, error %v", name, found, err)
		}
	}
}

// TestScriptsAreLoadedAgain checks that every method works after the server has lost the scripts, as after a restart.
func TestScriptsAreLoadedAgain(t *testing.T) {
	t.Parallel()
	s := openPatient(t, dbtest.Redis(t).URL)
	for name, call := range storetest.Calls(s) {
		if _, err := s.do(t.Context(), "SCRIPT", "FLUSH"); err != nil {
			t.Fatal(err)
		}
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErrorsOmitArguments checks an error of a server that does not know a command. The server repeats the arguments,
// which may be a password or a session.
func TestErrorsOmitArguments(t *testing.T) {
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
	err = openPatient(t, "redis://user:hunter2@"+l.Addr().String()).Ping(t.Context())
	if err == nil || strings.Contains(err.Error(), "hunter2") ||
		!strings.Contains(err.Error(), "unknown command 'AUTH'") {
		t.Errorf("got error %v, want the command without its arguments", err)
	}
}

// TestBusyPool uses all connections for longer than an answer may take. A call waits for them, and then has its own time.
func TestBusyPool(t *testing.T) {
	t.Parallel()
	s := openURL(t, dbtest.Redis(t).URL, callTimeout)
	var used []redis.Conn
	for range maxConnections {
		conn, err := s.pool.GetContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		used = append(used, conn)
	}
	time.AfterFunc(callTimeout+callTimeout/4, func() {
		for _, conn := range used {
			conn.Close()
		}
	})
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.pool.Stats().WaitCount; n == 0 {
		t.Error("the call did not wait")
	}
}

// openPatient opens a store with a long timeout, for tests of results on a slow machine.
func openPatient(t testing.TB, url string) *Store {
	t.Helper()
	return openURL(t, url, 30*time.Second)
}

func openURL(t testing.TB, url string, timeout time.Duration) *Store {
	t.Helper()
	cfg, err := parse(url)
	if err != nil {
		t.Fatal(err)
	}
	return openConfig(t, cfg, timeout)
}

func openConfig(t testing.TB, cfg config, timeout time.Duration) *Store {
	t.Helper()
	s := open(cfg, timeout)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("Close:", err)
		}
	})
	return s
}
