// Command plusauth-go-starter is a web application that signs people in with OpenID Connect: a
// starting point for your own. Package auth has the sign-in, views the pages, handlers the routes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
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
	flag.Usage = func() { usage(flag.CommandLine.Output()) }
	flag.CommandLine.SetOutput(os.Stdout)
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // first: a second Ctrl+C does not wait
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

// run builds the parts, serves until ctx ends or something fails, and takes the parts down in the
// reverse order: requests in flight finish first, the store closes last.
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
	cfg.BaseURL = atPort(cfg.BaseURL, listener.Addr())
	app := handlers.Config{Assets: files, Logger: log, BaseURL: cfg.BaseURL}
	if cfg.AuthURL == "" {
		provider, err := startProvider(&cfg, files.CSS(), log)
		if err != nil {
			return err
		}
		defer provider.Close()
		app.DevUsers, app.DevPassword = devUsers(), devidp.DemoPassword
	}
	c, err := cfg.auth()
	if err != nil {
		return err
	}
	c.Store, c.Logger = sessions, log
	if app.Auth, err = auth.New(c); err != nil {
		return err
	}
	defer app.Auth.Wait()
	app.PublicClient = c.ClientSecret == "" && c.ClientKey == nil

	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if cfg.LogFormat == "json" { // then a program reads out
		say = func(format string, args ...any) { log.Info(fmt.Sprintf(format, args...)) }
	}
	say("Open %s in your browser. Ctrl+C stops.", cfg.BaseURL)
	if app.DevPassword != "" {
		say("AUTH_URL is not set: a development provider at %s lets anyone in. Sign in as %s with the password %q, or register.",
			cfg.DevProviderURL, strings.Join(app.DevUsers, ", "), app.DevPassword)
	}
	return serve(ctx, listener, handlers.New(app), log)
}

// startProvider starts the development provider, with this app as its one client, and points cfg at
// it. It has an origin of its own: another site than the app, as in production, so that cookies and
// policies fail here where they would fail there.
func startProvider(cfg *config, css []byte, log *slog.Logger) (*devidp.Server, error) {
	provider, err := devidp.Start(devidp.Config{
		Issuer: cfg.DevProviderURL, File: cfg.devFile(), CSS: css, SigningAlg: cfg.SigningAlg, Logger: log,
		Clients: []devidp.Client{{
			ID: cfg.ClientID, Secret: cfg.ClientSecret, Name: "PlusAuth Go Starter",
			RedirectURIs:           []string{cfg.BaseURL + handlers.CallbackPath},
			PostLogoutRedirectURIs: []string{cfg.BaseURL + handlers.LogoutPath},
			BackChannelLogoutURI:   cfg.BaseURL + handlers.BackChannelPath,
			FrontChannelLogoutURI:  cfg.BaseURL + handlers.FrontChannelPath,
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("the development provider at DEV_PROVIDER_URL: %w", err)
	}
	cfg.DevProviderURL = provider.Issuer()
	return provider, nil
}

// devUsers are the usernames of who can sign in there from the start.
func devUsers() (names []string) {
	for _, p := range devidp.DemoUsers() {
		names = append(names, p.Username)
	}
	return names
}

// listen listens on an address, or says what to do about one that is taken.
func listen(address, variable string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program, perhaps another copy of this one: stop it, or change %s", address, variable)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen where HOST and PORT say: %w", err)
	}
	return l, nil
}

// atPort puts the port that was given out into a URL that asked for any, port 0.
func atPort(raw string, addr net.Addr) string {
	u, err := url.Parse(raw)
	if err != nil || u.Port() != "0" {
		return raw
	}
	_, port, _ := net.SplitHostPort(addr.String())
	return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port)
}

func newLogger(cfg config, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
