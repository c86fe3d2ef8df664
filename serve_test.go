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

// pipes is a listener in memory, so that minutes of waiting take no time (see package synctest).
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close(); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// dial connects, or reports that nobody is let in any more.
func (p *pipes) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// inMemory serves h as the app is served and gives a connection to it.
func inMemory(t *testing.T, h http.HandlerFunc, story func(conn net.Conn, p *pipes, s *Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s := Serve(p, h, slog.New(slog.DiscardHandler))
		conn, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		story(conn, p, s)
		conn.Close()
		s.Stop()
	})
}

// slowly sends a byte a second until the server has had enough, and returns how long that took.
func slowly(conn net.Conn) time.Duration {
	began := time.Now()
	for time.Since(began) < time.Hour {
		if _, err := conn.Write([]byte("x")); err != nil {
			break
		}
		time.Sleep(time.Second)
	}
	return time.Since(began)
}

// TestSlowClients: who sends or reads slowly, to hold a connection, is cut off.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	t.Run("headers, byte by byte", func(t *testing.T) {
		inMemory(t, nil, func(conn net.Conn, _ *pipes, _ *Server) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "))
			if took := slowly(conn); took > 6*time.Second {
				t.Errorf("cut off after %v", took)
			}
		})
	})
	t.Run("a body, byte by byte", func(t *testing.T) {
		var failed error
		inMemory(t, func(w http.ResponseWriter, r *http.Request) { _, failed = io.Copy(io.Discard, r.Body) }, func(conn net.Conn, _ *pipes, _ *Server) {
			conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"))
			go io.Copy(io.Discard, conn)
			took := slowly(conn)
			if synctest.Wait(); took > 16*time.Second || failed == nil {
				t.Errorf("cut off after %v, with %v", took, failed)
			}
		})
	})
	t.Run("an answer that is not read", func(t *testing.T) {
		var took time.Duration
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			for err := error(nil); err == nil && time.Since(began) < time.Hour; {
				_, err = w.Write(make([]byte, 1<<20))
			}
			took = time.Since(began)
		}, func(conn net.Conn, _ *pipes, _ *Server) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if took == 0 || took > time.Minute {
				t.Errorf("cut off after %v", took)
			}
		})
	})
	t.Run("nothing at all", func(t *testing.T) {
		inMemory(t, nil, func(conn net.Conn, _ *pipes, _ *Server) {
			began := time.Now()
			conn.Read(make([]byte, 1))
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("cut off after %v", took)
			}
		})
	})
	t.Run("nothing more", func(t *testing.T) {
		inMemory(t, func(http.ResponseWriter, *http.Request) {}, func(conn net.Conn, _ *pipes, _ *Server) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			began := time.Now()
			io.Copy(io.Discard, conn)
			if took := time.Since(began); took < 30*time.Second || took > 3*time.Minute {
				t.Errorf("kept for %v", took)
			}
		})
	})
}

// TestLimits: what is too long is refused.
func TestLimits(t *testing.T) {
	t.Parallel()
	send := func(t *testing.T, header, body int) (status int, read int, failed error) {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			read, failed = len(text), err
		}, func(conn net.Conn, _ *pipes, _ *Server) {
			go fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\nContent-Length: %d\r\n\r\n%s", strings.Repeat("x", header), body, strings.Repeat("x", body))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Error(err)
				return
			}
			status = resp.StatusCode
		})
		return status, read, failed
	}
	if status, read, err := send(t, 20<<10, 64<<10); status != 200 || read != 64<<10 || err != nil {
		t.Errorf("within the limits: got status %d, %d bytes, %v", status, read, err)
	}
	if status, _, _ := send(t, 40<<10, 0); status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("long headers: got status %d", status)
	}
	var tooLong *http.MaxBytesError
	if _, read, err := send(t, 0, 64<<10+1); read > 64<<10 || !errors.As(err, &tooLong) {
		t.Errorf("a long body: read %d bytes, %v", read, err)
	}
}

// TestServeStop: requests in flight are answered, new ones are not taken, and who never ends is not waited for.
func TestServeStop(t *testing.T) {
	t.Parallel()
	t.Run("in flight", func(t *testing.T) {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			io.WriteString(w, "done")
		}, func(conn net.Conn, p *pipes, s *Server) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			synctest.Wait()
			stopped := make(chan time.Time)
			began := time.Now()
			go func() { s.Stop(); stopped <- time.Now() }()
			synctest.Wait()
			if _, err := p.dial(); err == nil {
				t.Error("somebody is still let in")
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != "done" || err != nil {
				t.Errorf("got %q and %v", body, err)
			}
			if took := (<-stopped).Sub(began); took < 10*time.Second || took > 11*time.Second {
				t.Errorf("stopped after %v", took)
			}
		})
	})
	t.Run("for ever", func(t *testing.T) {
		inMemory(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(conn net.Conn, p *pipes, s *Server) {
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			synctest.Wait()
			began := time.Now()
			s.Stop()
			if took := time.Since(began); took > 16*time.Second {
				t.Errorf("stopped after %v", took)
			}
			conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("the connection is still there: %v", err)
			}
		})
	})
}

// TestWait: it ends with the context, or when there is nothing to serve on any more.
func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		s := Serve(p, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Wait(ctx); err != nil {
			t.Errorf("stopped: %v", err)
		}
		p.Close()
		if err := s.Wait(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is gone: %v", err)
		}
		s.Stop()
	})
}
