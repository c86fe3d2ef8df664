package devidp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const closeTimeout = 5 * time.Second

// Server is a [Provider] with the HTTP server that serves it.
type Server struct {
	*Provider
	server *http.Server
	done   chan error
}

// Start creates a provider and serves it at its issuer's address over plain http. If the port of the issuer is 0, Start
// takes a free port. If the issuer is empty, it takes a free port on 127.0.0.1, which is meant for tests.
// It returns an error if the port is taken, and the errors of [New].
func Start(cfg Config) (*Server, error) {
	if strings.HasPrefix(cfg.Issuer, "https:") {
		return nil, fmt.Errorf("devidp: issuer %s: Start serves plain http only", cfg.Issuer)
	}
	l, err := listen(cfg.Issuer)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(cfg.Issuer); cfg.Issuer == "" {
		cfg.Issuer = "http://" + l.Addr().String()
	} else if err == nil && u.Port() == "0" {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		cfg.Issuer = "http://" + net.JoinHostPort(u.Hostname(), port)
	}
	p, err := New(cfg)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	r := &Server{Provider: p, done: make(chan error, 1)}
	r.server = &http.Server{
		Handler:           p,
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(p.config.Logger.Handler(), slog.LevelWarn),
	}
	go func() { r.done <- r.server.Serve(l) }()
	return r, nil
}

// Close stops the server and closes the provider. It waits up to five seconds for running requests.
func (r *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := r.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, r.server.Close())
	}
	if served := <-r.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, r.Provider.Close())
}

// listen listens at the address of an issuer. If the issuer is empty, it takes a free port on 127.0.0.1. If the port is
// taken, it returns an error and tries no other port, because apps have the issuer in their configuration.
func listen(issuer string) (net.Listener, error) {
	if issuer == "" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	u, err := checkIssuer(issuer)
	if err != nil {
		return nil, fmt.Errorf("devidp: %w", err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "http")))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("devidp: %s is taken by another program, perhaps another copy of this one: "+
			"stop it, or choose another port", u.Host)
	}
	if err != nil {
		return nil, fmt.Errorf("devidp: serve %s: %w", issuer, err)
	}
	return l, nil
}
