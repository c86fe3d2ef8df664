package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// errUnhealthy ends doctor with exit status 1. Its text follows the findings.
var errUnhealthy = errors.New("something is wrong; see above")

// doctor checks the configuration against the provider, the session store and this machine, and writes what it found to
// out. The error is errUnhealthy if people cannot sign in.
func doctor(ctx context.Context, cmd command, vars map[string]string, out io.Writer) error {
	cfg, err := readConfig(vars)
	if err != nil {
		return err
	}
	report := &report{variables: cfg.variables()}
	var listeners []net.Listener
	if cmd.signIn {
		if listeners, _, err = listen(cfg.Host, cfg.Port, "PORT"); err != nil {
			return fmt.Errorf("doctor -sign-in listens where the app does: %w", err)
		}
		defer closeAll(listeners)
		cfg.BaseURL = withPort(cfg.BaseURL, listeners[0].Addr())
	}
	if cfg.AuthURL == "" {
		report.add(auth.OK, "provider", "", "AUTH_URL is not set, so this checks the development provider.", "")
		if provider, err := cfg.startDevProvider(nil, slog.New(slog.DiscardHandler)); err == nil {
			defer provider.Close()
		} // otherwise the app is running, with its provider
	}
	sessions := report.openStore(ctx, &cfg)
	defer sessions.Close()
	c := cfg.auth()
	c.Store, c.Logger = sessions, slog.New(slog.DiscardHandler)
	client, err := auth.New(c)
	if err != nil {
		return err
	}
	defer client.Wait()
	report.addAll(client.Check(ctx))
	if !cmd.signIn {
		report.checkPort(&cfg)
	}
	if cfg.AuthURL != "" {
		report.URIs = registeredURIs(cfg.BaseURL)
	}
	if cmd.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.print(out, isTerminal(out))
	}
	if err != nil {
		return err
	}
	if cmd.signIn {
		return signInOnce(ctx, cfg.BaseURL, listeners, client, out)
	}
	if report.failed() {
		return errUnhealthy
	}
	return nil
}

// report is what doctor has found.
type report struct {
	Findings []auth.Finding `json:"findings"`
	URIs     []registered   `json:"register,omitempty"` // to register at the provider

	variables map[string]string // from fields of auth.Config to the environment variables that set them
}

// registered is a URI to register at the provider.
type registered struct {
	Name string `json:"name"`
	URI  string `json:"uri"`
}

// registeredURIs returns the URIs that the provider must know.
func registeredURIs(baseURL string) []registered {
	return []registered{
		{"redirect URI", baseURL + handlers.CallbackPath},
		{"post-logout redirect URI", baseURL + handlers.LogoutPath},
		{"back-channel logout URI", baseURL + handlers.BackChannelPath},
		{"front-channel logout URI", baseURL + handlers.FrontChannelPath},
		{"initiate login URI", baseURL + "/login"},
	}
}

func (r *report) add(severity auth.Severity, name, variable, text, cure string) {
	r.Findings = append(r.Findings, auth.Finding{Name: name, Severity: severity, Field: variable, Text: text, Cure: cure})
}

// addAll adds the findings of package auth. They name environment variables instead of fields of auth.Config.
func (r *report) addAll(findings []auth.Finding) {
	for _, f := range findings {
		if f.Err != nil && f.Field == "Issuer" {
			f.Field, f.Cure = explain(f.Err, r.variables)
			f.Cure = strings.ToUpper(f.Cure[:1]) + f.Cure[1:] + "."
		}
		if f.Field == "Store" {
			f.Field = "SESSION_STORE"
		}
		f.Field = cmp.Or(r.variables[f.Field], f.Field)
		r.Findings = append(r.Findings, f)
	}
}

// openStore opens the session store. If that fails, it reports why and returns a store in memory, so that the rest
// can be checked.
func (r *report) openStore(ctx context.Context, cfg *config) auth.Store {
	sessions, err := store.Open(ctx, cfg.SessionStore)
	if err == nil {
		return sessions
	}
	severity, cure := auth.Problem, "Start the store, or correct SESSION_STORE and the permissions."
	if strings.Contains(err.Error(), "use") { // by the app, which is running
		severity, cure = auth.Warning, "Stop the app to check the file, if it is the app that uses it."
	}
	r.add(severity, "session store", "SESSION_STORE", "The session store cannot be opened: "+err.Error()+".", cure)
	sessions, err = store.Open(ctx, "memory:")
	if err != nil {
		panic(err) // a store in memory cannot fail to open
	}
	return sessions
}

// checkPort reports whether the app could listen.
func (r *report) checkPort(cfg *config) {
	listeners, taken, err := listen(cfg.Host, cfg.Port, "PORT")
	closeAll(listeners)
	switch {
	case err != nil:
		r.add(auth.Warning, "port", "PORT", err.Error()+".", "Nothing, if it is the app that is running there.")
	case taken != "":
		r.add(auth.Warning, "port", "PORT", taken+" is taken by another program, and a browser may ask that one.",
			"Stop that program, or change PORT.")
	default:
		r.add(auth.OK, "port", "", "The app can listen on port "+cfg.Port+".", "")
	}
}

// failed reports whether people cannot sign in.
func (r *report) failed() bool {
	for _, f := range r.Findings {
		if f.Severity == auth.Problem {
			return true
		}
	}
	return false
}

// print writes a line for each finding, and its cure below it.
func (r *report) print(out io.Writer, colours bool) error {
	var b strings.Builder
	width := 0
	for _, f := range r.Findings {
		width = max(width, len(f.Name))
	}
	for _, f := range r.Findings {
		mark := fmt.Sprintf("%-7s", f.Severity)
		if colours {
			mark = "\x1b[" + map[auth.Severity]string{auth.OK: "32", auth.Warning: "33", auth.Problem: "31"}[f.Severity] + "m" +
				mark + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s  %-*s  %s\n", mark, width, f.Name, f.Text)
		cure := f.Cure
		if f.Field != "" && f.Severity != auth.OK {
			cure = strings.TrimSuffix(f.Field+": "+cure, ": ")
		}
		if cure != "" {
			fmt.Fprintf(&b, "%7s  %-*s  → %s\n", "", width, "", cure)
		}
	}
	if len(r.URIs) > 0 {
		b.WriteString("\nRegister these URIs at the provider (the last three if it supports them):\n")
		for _, uri := range r.URIs {
			fmt.Fprintf(&b, "  %-24s  %s\n", uri.Name, uri.URI)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// isTerminal reports whether colours may be written to out (https://no-color.org).
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
