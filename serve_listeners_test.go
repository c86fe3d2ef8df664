package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestServeReturnsTheListenersError checks that serve ends with the listener's error if the listener fails.
func TestServeReturnsTheListenersError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		l.Close()
		err := serve(t.Context(), []net.Listener{l}, http.NotFoundHandler(), 10*time.Second, func() {}, slog.New(slog.DiscardHandler))
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	})
}

// TestServeEndsWithAnyListener checks that serve serves several listeners, and ends when one of them fails.
func TestServeEndsWithAnyListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := newPipeListener(), newPipeListener()
		done := make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "done") })
		go func() {
			done <- serve(t.Context(), []net.Listener{first, second}, h, time.Second, func() {}, slog.New(slog.DiscardHandler))
		}()
		for _, l := range []*pipeListener{first, second} {
			conn, err := l.dial()
			if err != nil {
				t.Fatal(err)
			}
			conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
			if text, _ := io.ReadAll(conn); !strings.HasSuffix(string(text), "done") {
				t.Errorf("got %q", text)
			}
		}
		second.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	})
}

// TestServeWaitsForASlowProvider checks that a response may take as long as four requests to the provider.
func TestServeWaitsForASlowProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(4 * maxProviderTimeout)
			io.WriteString(w, "done")
		})
		go func() {
			done <- serve(ctx, []net.Listener{l}, h, maxProviderTimeout, func() {}, slog.New(slog.DiscardHandler))
		}()
		conn, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		if text, err := io.ReadAll(conn); !strings.HasSuffix(string(text), "done") {
			t.Errorf("got %q, %v", text, err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// tiredListener fails once, as a process does that has too many files open, and then ends.
type tiredListener struct {
	net.Listener
	failed bool
}

func (l *tiredListener) Accept() (net.Conn, error) {
	if l.failed {
		return nil, net.ErrClosed
	}
	l.failed = true
	return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
}

// TestAcceptErrorsAreLogged checks that the log says why no connection is accepted.
func TestAcceptErrorsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, nil))
		l := &tiredListener{Listener: newPipeListener()}
		serve(t.Context(), []net.Listener{l}, http.NotFoundHandler(), time.Second, func() {}, log)
		if got := out.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "too many open files") {
			t.Errorf("got the log %q", got)
		}
	})
}
