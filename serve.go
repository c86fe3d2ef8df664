package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// stopTime is how long requests in flight get to finish when the program is stopped.
const stopTime = 15 * time.Second

// Server serves one handler on one listener. Its limits cut off who sends slowly, or much, to hold a
// connection; the time to write leaves room for a sign-in that waits for a slow provider.
type Server struct {
	server *http.Server
	log    *slog.Logger
	failed chan error
}

// Serve starts to serve.
func Serve(l net.Listener, h http.Handler, log *slog.Logger) *Server {
	s := &Server{log: log, failed: make(chan error, 1), server: &http.Server{
		Handler:           http.MaxBytesHandler(h, 64<<10),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	go func() { s.failed <- s.server.Serve(l) }()
	return s
}

// Wait returns when ctx ends, or with the error that ended serving before.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// Stop takes no more requests and lets those in flight finish, for a while.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.log.Warn("requests were cut off", "err", err)
		s.server.Close()
	}
}
