package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

type requestIDKey struct{}

// maxLoggedPath is the number of characters of a path in the log. No page of the app has a longer one.
const maxLoggedPath = 200

// requestID returns the id that logRequests gave the request. Log lines and error pages show it.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// logRequests gives each request an id and logs it with status and duration. It never logs the query, which may hold
// codes and states, nor any header. A panic is logged with its stack and answered with an error page. If a part of
// the response has been sent already, the connection is closed, so that the browser does not take it for the whole.
func (a *app) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), rand.Text()[:12]
		if !strings.HasPrefix(r.URL.Path, assets.Prefix) { // nobody reports one of these, and each first visit loads two
			w.Header().Set("X-Request-Id", id)
		}
		ctx := telemetry.WithTrace(r.Context(), r.Header.Get("Traceparent"))
		r = r.WithContext(context.WithValue(ctx, requestIDKey{}, id))
		sw := &statusWriter{ResponseWriter: w}
		defer func() {
			p := recover()
			if err, _ := p.(error); p != nil && !errors.Is(err, http.ErrAbortHandler) {
				a.Logger.Error("panic", "request", id, "panic", p, "stack", string(debug.Stack()))
				if sw.status == 0 {
					a.reject(errPanic).ServeHTTP(sw, r)
					p = nil
				}
			}
			level := slog.LevelInfo
			switch {
			case sw.status >= 500:
				level = slog.LevelError
			case strings.HasPrefix(r.URL.Path, assets.Prefix), r.URL.Path == "/healthz":
				level = slog.LevelDebug // frequent and of little interest
			}
			took := time.Since(start)
			a.Metrics.Request(cmp.Or(r.Pattern, "none"), sw.status, took)
			args := []any{"request", id, "method", r.Method, "path", clipText(r.URL.Path, maxLoggedPath),
				"status", sw.status, "duration", took.Round(time.Microsecond)}
			if trace := telemetry.TraceOf(ctx); trace != "" {
				args = append(args, "trace", trace)
			}
			a.Logger.Log(ctx, level, "request", args...)
			if p != nil {
				panic(http.ErrAbortHandler) // closes the connection
			}
		}()
		next.ServeHTTP(sw, r)
	})
}

// statusWriter records the status of a response. It is 0 as long as nothing has been written.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// protect rejects requests that another site makes a browser send (cross-site request forgery), and sets the headers of
// every response.
func (a *app) protect(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	// The public origin is trusted whatever Host a proxy sends.
	if err := protection.AddTrustedOrigin(a.BaseURL); err != nil {
		panic(err) // the caller has checked BaseURL
	}
	// A form at the provider may start a sign-in (OpenID Connect Core section 4). It changes nothing that a link on
	// another site, which is a GET request, could not change. A form for the callback gets an error that explains it.
	protection.AddInsecureBypassPattern("POST /login")
	protection.AddInsecureBypassPattern("POST " + CallbackPath)
	protection.SetDenyHandler(a.reject(errCrossSite))
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if a.hsts != "" {
			w.Header().Set("Strict-Transport-Security", a.hsts)
		}
		protected.ServeHTTP(w, r)
	})
}

// setPageHeaders sets the headers with which browsers protect a page. Nothing is loaded from other sites. Browsers
// apply form-action to the redirects that follow a form too, and the provider may redirect on to an identity provider
// that the app does not know. So a form may lead to any host, with the provider's scheme or https.
func (a *app) setPageHeaders(header http.Header) {
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self' "+a.formSchemes+"; base-uri 'none'; frame-ancestors 'none'; "+
		"require-trusted-types-for 'script'; trusted-types htmx")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// cspSource returns an origin as a Content-Security-Policy names it. A policy cannot name an IPv6 address (Content
// Security Policy Level 3 section 2.3.1), so for such a host it is the scheme alone.
func cspSource(origin string) string {
	if scheme, _, ok := strings.Cut(origin, "://["); ok {
		return scheme + ":"
	}
	return origin
}

// isCrossSite reports whether another site made the browser send this request. It is false for clients that do not send
// Sec-Fetch-Site.
func isCrossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}

// isPrefetch reports whether the request comes before the person follows the link: from a browser that prefetches or
// prerenders, or, with HEAD, from a program that checks or previews links.
func isPrefetch(r *http.Request) bool {
	return r.Method == http.MethodHead || strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch")
}
