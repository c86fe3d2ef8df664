package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener is a listener in memory. In package synctest's bubbles its connections wait for minutes without taking
// any time.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipeListener() *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error { l.close(); return nil }

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// dial returns the client's end of a new connection. The error is net.ErrClosed if the listener is closed.
func (l *pipeListener) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// inMemory serves h with serve in a synctest bubble and calls test with one connection to it. shutdown ends serve's
// context and returns when serve has returned.
func inMemory(t *testing.T, h http.HandlerFunc, test func(conn net.Conn, l *pipeListener, shutdown func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- serve(ctx, []net.Listener{l}, h, 10*time.Second, func() {}, slog.New(slog.DiscardHandler))
		}()
		shutdown := sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("serve returned %v after its context ended, want nil", err)
			}
		})
		conn, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		test(conn, l, shutdown)
		conn.Close()
		shutdown()
	})
}

// writeSlowly sends one byte per second until the server closes the connection, and returns how long that took.
func writeSlowly(conn net.Conn) time.Duration {
	start := time.Now()
	for time.Since(start) < time.Hour {
		if _, err := conn.Write([]byte("x")); err != nil {
			break
		}
		time.Sleep(time.Second)
	}
	return time.Since(start)
}

// TestServeTimeouts checks that clients that send or read slowly, or not at all, are disconnected.
func TestServeTimeouts(t *testing.T) {
	t.Parallel()
	t.Run("headers sent byte by byte", func(t *testing.T) {
		inMemory(t, nil, func(conn net.Conn, _ *pipeListener, _ func()) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "))
			if took := writeSlowly(conn); took > 6*time.Second {
				t.Errorf("disconnected after %v", took)
			}
		})
	})
	t.Run("body sent byte by byte", func(t *testing.T) {
		var readErr error
		h := func(w http.ResponseWriter, r *http.Request) { _, readErr = io.Copy(io.Discard, r.Body) }
		inMemory(t, h, func(conn net.Conn, _ *pipeListener, _ func()) {
			conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"))
			go io.Copy(io.Discard, conn)
			took := writeSlowly(conn)
			if synctest.Wait(); took > 16*time.Second || readErr == nil {
				t.Errorf("disconnected after %v, the handler read %v", took, readErr)
			}
		})
	})
	t.Run("response not read", func(t *testing.T) {
		var took time.Duration
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			for err := error(nil); err == nil && time.Since(start) < time.Hour; {
				_, err = w.Write(make([]byte, 1<<20))
			}
			took = time.Since(start)
		}, func(conn net.Conn, _ *pipeListener, _ func()) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if took == 0 || took > time.Minute {
				t.Errorf("disconnected after %v", took)
			}
		})
	})
	t.Run("nothing sent", func(t *testing.T) {
		inMemory(t, nil, func(conn net.Conn, _ *pipeListener, _ func()) {
			start := time.Now()
			conn.Read(make([]byte, 1))
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("disconnected after %v", took)
			}
		})
	})
	t.Run("no second request", func(t *testing.T) {
		h := func(http.ResponseWriter, *http.Request) {}
		inMemory(t, h, func(conn net.Conn, _ *pipeListener, _ func()) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			start := time.Now()
			io.Copy(io.Discard, conn)
			if took := time.Since(start); took < 30*time.Second || took > 3*time.Minute {
				t.Errorf("disconnected after %v", took)
			}
		})
	})
}

// TestServeLimits checks that requests with long headers are rejected and that long bodies are cut off.
func TestServeLimits(t *testing.T) {
	t.Parallel()
	send := func(t *testing.T, header, body int) (status, read int, readErr error) {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			read, readErr = len(text), err
		}, func(conn net.Conn, _ *pipeListener, _ func()) {
			go fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\nContent-Length: %d\r\n\r\n%s",
				strings.Repeat("x", header), body, strings.Repeat("x", body))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Error(err)
				return
			}
			status = resp.StatusCode
		})
		return status, read, readErr
	}
	if status, read, err := send(t, 20<<10, 64<<10); status != 200 || read != 64<<10 || err != nil {
		t.Errorf("within the limits: got status %d, %d bytes, %v", status, read, err)
	}
	if status, _, _ := send(t, 40<<10, 0); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long headers: got status %d", status)
	}
	var tooLarge *http.MaxBytesError
	if _, read, err := send(t, 0, 64<<10+1); read > 64<<10 || !errors.As(err, &tooLarge) {
		t.Errorf("long body: read %d bytes, %v", read, err)
	}
}

// TestServeShutdown checks that a shutdown accepts no more connections, completes requests in flight, and does not wait
// for ever.
func TestServeShutdown(t *testing.T) {
	t.Parallel()
	t.Run("request in flight completes", func(t *testing.T) {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			io.WriteString(w, "done")
		}, func(conn net.Conn, l *pipeListener, shutdown func()) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			synctest.Wait()
			stopped := make(chan time.Time)
			start := time.Now()
			go func() { shutdown(); stopped <- time.Now() }()
			synctest.Wait()
			if _, err := l.dial(); err == nil {
				t.Error("a new connection was accepted")
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != "done" || err != nil {
				t.Errorf("got %q and %v", body, err)
			}
			if took := (<-stopped).Sub(start); took < 5*time.Second || took > 6*time.Second {
				t.Errorf("shut down after %v", took)
			}
		})
	})
	t.Run("endless request is cut off", func(t *testing.T) {
		h := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		inMemory(t, h, func(conn net.Conn, _ *pipeListener, shutdown func()) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			synctest.Wait()
			start := time.Now()
			shutdown()
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("shut down after %v", took)
			}
			conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("the connection is still open: %v", err)
			}
		})
	})
}

// TestServeDrains checks that requests are answered while the program drains, on connections that end then, and that the
// program stops within 10 s although a request hangs.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		h := func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hangs" {
				<-r.Context().Done()
			}
			io.WriteString(w, "ok")
		}
		drain := func() { time.Sleep(drainTime) }
		done := make(chan error, 1)
		go func() {
			done <- serve(ctx, []net.Listener{l}, http.HandlerFunc(h), time.Second, drain, slog.New(slog.DiscardHandler))
		}()
		hanging, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		hanging.Write([]byte("GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n"))
		synctest.Wait()
		start := time.Now()
		cancel()
		synctest.Wait()
		conn, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		go conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 200 || !resp.Close {
			t.Errorf("while draining: got %+v and %v, want status 200 and Connection: close", resp, err)
		}
		conn.Close()
		<-done
		if took := time.Since(start); took < drainTime || took > 10*time.Second {
			t.Errorf("stopped after %v", took)
		}
		hanging.Close()
	})
}
