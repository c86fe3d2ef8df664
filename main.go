// Command plusauth-go-starter is a web app that signs people in with OpenID Connect. It is a starting point for an app
// of your own: package auth signs people in, package views has the pages, package handlers the routes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

func main() {
	serves, err := parseArgs(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !serves {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // before the slow shutdown, so that a second Ctrl+C ends the program at once
		cancel()
	}()
	vars, err := environment(".env", os.Environ())
	if err == nil {
		err = run(ctx, vars, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run builds the parts and serves until ctx is cancelled or a part fails. It then stops the parts in reverse order:
// the server finishes the requests in flight first, and the store is closed last. Messages and the log are written to
// out.
func run(ctx context.Context, vars map[string]string, out io.Writer) error {
	cfg, err := readConfig(vars)
	if err != nil {
		return err
	}
	log := newLogger(cfg, out)
	sessions, err := store.Open(ctx, cfg.SessionStore)
	if err != nil {
		return fmt.Errorf("SESSION_STORE: %w", err)
	}
	defer sessions.Close()
	listener, err := listen(net.JoinHostPort(cfg.Host, cfg.Port), "PORT (and BASE_URL, if it is set)")
	if err != nil {
		return err
	}
	defer listener.Close()
	files, err := assets.New()
	if err != nil {
		return err
	}
	cfg.BaseURL = withPort(cfg.BaseURL, listener.Addr())
	app := handlers.Config{
		Assets: files, Logger: log, BaseURL: cfg.BaseURL, Variables: cfg.variables(),
		Inspect: cfg.Inspect == "true", AccountURL: cfg.AccountURL, HSTSMaxAge: cfg.HSTSMaxAge,
	}
	if cfg.AuthURL == "" {
		provider, err := cfg.startDevProvider(files.CSS(), log)
		if err != nil {
			return err
		}
		defer provider.Close()
		app.DevUsers, app.DevPassword = devUsers(), devidp.DemoPassword
	}
	c := cfg.auth()
	c.Store, c.Logger = sessions, log
	if app.Auth, err = auth.New(c); err != nil {
		return err
	}
	defer app.Auth.Wait()
	app.PublicClient = c.ClientSecret == "" && c.ClientKey == nil

	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if cfg.LogFormat == "json" { // every line must be JSON
		say = func(format string, args ...any) { log.Info(fmt.Sprintf(format, args...)) }
	}
	say("Open %s in your browser. Ctrl+C stops.", cfg.BaseURL)
	if app.DevPassword != "" {
		say("AUTH_URL is not set, so a development provider at %s lets anyone in. "+
			"Sign in as %s with the password %q, or register.",
			cfg.DevProviderURL, strings.Join(app.DevUsers, ", "), app.DevPassword)
	}
	return serve(ctx, listener, handlers.New(app), log)
}

// listen listens on address. If another program listens there already, the error names the variable to change.
func listen(address, variable string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program, perhaps another copy of this app; stop it, or change %s",
			address, variable)
	}
	if err != nil {
		return nil, fmt.Errorf("listen at HOST and PORT: %w", err)
	}
	return l, nil
}

// newLogger returns a logger that writes to out in LOG_FORMAT, from LOG_LEVEL on.
func newLogger(cfg config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
