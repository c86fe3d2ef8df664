package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// signInOnce waits for one sign-in at the registered redirect URI, without the app, and writes each step and check of
// it to out. It ends its own session at the end and no other. The error is errUnhealthy if the sign-in fails.
func signInOnce(
	ctx context.Context, baseURL string, listeners []net.Listener, client *auth.Client, out io.Writer,
) (err error) {
	ended := make(chan error, 1)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/login", http.StatusSeeOther))
	mux.Handle("GET /login", client.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authURL, err := client.BeginLogin(w, r, auth.LoginOptions{})
		if err != nil {
			endSignIn(w, ended, err)
			return
		}
		http.Redirect(w, r, authURL, http.StatusSeeOther)
	})))
	mux.Handle("GET "+handlers.CallbackPath, client.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(auth.WithTrace(r.Context(), printing(out)))
		_, err := client.FinishLogin(w, r)
		if err == nil {
			http.Redirect(w, r, "/signed-in", http.StatusSeeOther)
			return
		}
		endSignIn(w, ended, err)
	})))
	mux.Handle("GET /signed-in", client.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := client.User(r.Context())
		if err == nil {
			var claims []byte
			if claims, err = json.MarshalIndent(user.Claims, "", "  "); err == nil {
				fmt.Fprintf(out, "\nSigned in as %s. The claims:\n%s\n", user.Name, claims)
			}
			if _, logoutErr := client.BeginLogout(w, r); logoutErr != nil {
				err = logoutErr
			}
		}
		endSignIn(w, ended, err)
	})))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	for _, l := range listeners {
		go server.Serve(l)
	}
	fmt.Fprintf(out, "\nOpen %s/login in a browser and sign in. Ctrl+C stops.\n\n", baseURL)
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = errors.New("nobody signed in")
	}
	if shutdownErr := server.Shutdown(context.WithoutCancel(ctx)); err == nil {
		err = shutdownErr
	}
	if err != nil {
		return fmt.Errorf("the sign-in failed: %w", err)
	}
	return nil
}

// endSignIn answers the browser and reports the end of the sign-in.
func endSignIn(w http.ResponseWriter, ended chan<- error, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "The sign-in failed. The terminal says why. You can close this tab.\n")
	} else {
		io.WriteString(w, "Signed in. The terminal shows each check. You can close this tab.\n")
	}
	select {
	case ended <- err:
	default: // a second request
	}
}

// printing returns hooks that write each step and check.
func printing(out io.Writer) *auth.Trace {
	return &auth.Trace{
		Step: func(s auth.Step) {
			fmt.Fprintf(out, "%s  %s", s.Name, s.Endpoint)
			if s.Status != 0 {
				fmt.Fprintf(out, " → %d", s.Status)
			}
			if s.Duration > 0 {
				fmt.Fprintf(out, "  (%d ms)", s.Duration.Milliseconds())
			}
			if s.Err != "" {
				fmt.Fprintf(out, "  %s", s.Err)
			}
			fmt.Fprintln(out)
		},
		Check: func(c auth.Check) {
			mark := "ok     "
			if !c.OK {
				mark = "problem"
			}
			fmt.Fprintf(out, "  %s  %-10s  expected %s, got %s\n", mark, c.Name, c.Expected, c.Got)
		},
	}
}
