// Command plusauth-go-starter is a web app that signs people in with OpenID Connect. It is a starting point for an app
// of your own: package auth signs people in, package views has the pages, package handlers the routes.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

// heapFloor lets a small heap grow by itself before garbage is collected: by 16 MB instead of 4 MB, which takes a third
// off the processor time of a page. The memory is never written to, so it is not resident; and unlike GOGC=400, it does
// not multiply the memory of 100,000 sessions.
const heapFloor = 16 << 20

func main() {
	ballast := make([]byte, heapFloor)
	defer runtime.KeepAlive(ballast)
	cmd, err := parseArgs(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if cmd.name == "" {
		return
	}
	if cmd.name == "copy" { // needs no configuration
		if err := copyComponent(cmd, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // nobody reads the log any longer: serve on, without it
	go func() {
		<-signals
		signal.Stop(signals) // before the slow shutdown, so that a second Ctrl+C ends the program at once
		cancel()
	}()
	vars, err := environment(".env", os.Environ())
	switch {
	case err != nil:
	case cmd.name == "health":
		err = health(ctx, vars)
	case cmd.name == "doctor":
		err = doctor(ctx, cmd, vars, os.Stdout)
	default:
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
	queue := newLogQueue(out, func(dropped int64) {
		newLogger(cfg, out).Warn("log lines dropped, because the log was not read", "lines", dropped)
	})
	defer queue.close(time.Second)
	log := newLogger(cfg, queue)
	sessions, err := store.Open(ctx, cfg.SessionStore)
	if err != nil {
		return fmt.Errorf("SESSION_STORE: %w", err)
	}
	defer sessions.Close()
	listeners, taken, err := listen(cfg.Host, cfg.Port, "PORT (and BASE_URL, if it is set)")
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	files, err := assets.New()
	if err != nil {
		return err
	}
	cfg.BaseURL = withPort(cfg.BaseURL, listeners[0].Addr())
	app := handlers.Config{
		Assets: files, Logger: log, BaseURL: cfg.BaseURL, Variables: cfg.variables(),
		Inspect: cfg.Inspect == "true", AccountURL: cfg.AccountURL, HSTSMaxAge: cfg.HSTSMaxAge, IdleTimeout: cfg.IdleTimeout,
	}
	if cfg.AuthURL == "" {
		provider, err := cfg.startDevProvider(files.CSS(), log)
		if err != nil {
			return err
		}
		defer provider.Close()
		app.DevUsers = devUsers()
	}
	if cfg.MetricsAddr != "" {
		app.Metrics = telemetry.New()
		stop, err := serveMetrics(cfg.MetricsAddr, app.Metrics, log)
		if err != nil {
			return err
		}
		defer stop()
	}
	c := cfg.auth()
	c.Store, c.Logger, c.WrapTransport = app.Metrics.Store(sessions), log, app.Metrics.Transport
	if app.Auth, err = auth.New(c); err != nil {
		return err
	}
	defer waitBriefly(app.Auth.Wait, log)
	app.PublicClient = c.ClientSecret == "" && c.ClientKey == nil

	messages := []string{
		fmt.Sprintf("Open %s in your browser. Ctrl+C stops.", cfg.BaseURL),
		"Listening on " + describe(listeners) + ".",
	}
	if cfg.AuthURL == "" {
		messages = append(messages, fmt.Sprintf("AUTH_URL is not set, so a development provider at %s lets anyone in. "+
			"Sign in as %s with the password %q, or register.",
			cfg.DevProviderURL, strings.Join(devUsernames(), ", "), devidp.DemoPassword))
	} else {
		messages = append(messages, cfg.registration()...)
	}
	for _, message := range messages {
		if cfg.LogFormat == "json" { // every line must be JSON
			log.Info(strings.TrimSpace(message))
		} else {
			fmt.Fprintln(queue, message)
		}
	}
	if taken != "" {
		log.Warn("port taken by another program on one address of localhost", "address", taken,
			"cure", "stop that program or change PORT; a browser may show it at "+cfg.BaseURL)
	}
	checkCtx, cancel := context.WithCancel(ctx)
	var check sync.WaitGroup
	check.Go(func() { checkProvider(checkCtx, app.Auth, sessions, app.Variables, log) })
	defer func() {
		cancel()
		check.Wait() // before the store is closed
	}()
	var stopping atomic.Bool
	app.Stopping = stopping.Load
	drain := func() {
		stopping.Store(true)
		if u, err := url.Parse(cfg.BaseURL); err == nil && !auth.IsLoopback(u.Hostname()) {
			time.Sleep(drainTime)
		}
	}
	return serve(ctx, listeners, handlers.New(app), cfg.ProviderTimeout, drain, log)
}

// newLogger returns a logger that writes to out in LOG_FORMAT, from LOG_LEVEL on.
func newLogger(cfg config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
