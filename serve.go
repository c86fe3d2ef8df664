package main

import (
	"bytes"
	"context"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// shutdownTimeout is how long requests in flight may take to finish when the program stops.
	shutdownTimeout = 7 * time.Second

	// drainTime is how long the program serves on, and says that it is not ready, so that a load balancer stops sending
	// requests. An app that only this machine uses does not wait.
	drainTime = 2 * time.Second

	// waitTime is how long the program waits, when it stops, for the provider to revoke tokens.
	waitTime = 2 * time.Second
)

// maxRequestBody is the number of bytes that are read of a request's body. The largest that the app expects is a logout
// token of a few kilobytes.
const maxRequestBody = 64 << 10

// maxProviderTimeout is the longest time limit of one request to the provider.
const maxProviderTimeout = time.Minute

// serve serves handler on listeners until ctx ends or one of them fails, and returns the listener's error. When ctx
// ends, it calls drain, which returns when the server may stop, and closes connections after their next response
// meanwhile. Before it returns it shuts the server down: no new request is accepted, requests in flight may finish
// within shutdownTimeout, and connections that are left then are closed.
//
// The limits close the connections of clients that send or read slowly to hold them open. The write timeout leaves room
// for a sign-in that waits for a slow provider: it makes four requests to it, each within providerTimeout.
func serve(ctx context.Context, listeners []net.Listener, handler http.Handler, providerTimeout time.Duration,
	drain func(), log *slog.Logger) error {
	server := &http.Server{
		Handler:           http.MaxBytesHandler(handler, maxRequestBody),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      max(time.Minute, 5*providerTimeout),
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          stdlog.New(serverLog{log}, "", 0),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		server.SetKeepAlivesEnabled(false)
		drain()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if shutdownErr := server.Shutdown(ctx); shutdownErr != nil {
		log.Warn("requests cut off by the shutdown", "err", shutdownErr)
		server.Close()
	}
	return err
}

// waitBriefly calls wait, which returns when all tokens have been revoked. It returns after waitTime at the latest.
func waitBriefly(wait func(), log *slog.Logger) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait()
	}()
	select {
	case <-done:
	case <-time.After(waitTime):
		log.Warn("stopped before all tokens of ended sessions were revoked; the provider does not answer")
	}
}

// serverLog logs what net/http reports. Most of it is about clients that hang up, and of little interest. A connection
// that cannot be accepted is a warning: the process may have too many files open.
type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: Accept error")) {
		level = slog.LevelWarn
	}
	s.log.Log(context.Background(), level, string(bytes.TrimSpace(line)))
	return len(line), nil
}
