package handlers

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
)

type requestIDKey struct{}

// requestID names a request in the log and on the page that reports an error.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// observe gives each request an id and logs how it went: never the query, which holds codes and
// states, nor any header.
func (h *app) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, id := time.Now(), rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		o := &observed{ResponseWriter: w}
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler {
				h.Logger.Error("panic", "request", id, "panic", p, "stack", string(debug.Stack()))
				if o.status == 0 {
					h.refuse(o, r, statusError(http.StatusInternalServerError))
					p = nil
				}
			}
			level := slog.LevelInfo
			switch {
			case o.status >= 500:
				level = slog.LevelError
			case strings.HasPrefix(r.URL.Path, assets.Prefix), r.URL.Path == "/healthz":
				level = slog.LevelDebug // many, and nothing to learn from
			}
			h.Logger.Log(r.Context(), level, "request", "request", id, "method", r.Method, "path", r.URL.Path,
				"status", o.status, "duration", time.Since(began).Round(time.Microsecond))
			if p != nil {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
		}()
		next.ServeHTTP(o, r)
	})
}

// observed remembers the status of an answer.
type observed struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write is a 200 when nothing else was said.
func (o *observed) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	return o.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// guard refuses requests that another site makes a browser send (cross-site request forgery), and puts
// the headers around that hold for every answer.
func (h *app) guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(h.BaseURL); err != nil { // the public origin, whatever Host a proxy sends
		panic(err) // main has checked BASE_URL
	}
	// A sign-in may begin with a form of the provider's (OpenID Connect Core section 4). It changes
	// no more than the same request by GET, which any site can send a browser to.
	protection.AddInsecureBypassPattern("POST /login")
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.refuse(w, r, statusError(http.StatusForbidden))
	}))
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if h.httpsOnly {
			w.Header().Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		protected.ServeHTTP(w, r)
	})
}

// secure sets what browsers enforce for a page. Nothing is loaded from elsewhere; a form may lead to the
// provider, since browsers apply form-action to the redirects of a form post too.
func (h *app) secure(header http.Header) {
	var provider []string
	for _, origin := range h.Auth.Origins() {
		provider = append(provider, source(origin))
	}
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self' "+strings.Join(provider, " ")+"; base-uri 'none'; frame-ancestors 'none'; "+
		"require-trusted-types-for 'script'; trusted-types htmx")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
}

// source is an origin as a policy names it: by its scheme alone when the host is an IPv6 address, for which a policy has no
// words (Content Security Policy Level 3 section 2.3.1).
func source(origin string) string {
	if scheme, _, ok := strings.Cut(origin, "://["); ok {
		return scheme + ":"
	}
	return origin
}

// fromElsewhere reports whether another site made the browser send this request. A browser too old to tell, or a
// program, is taken at its word.
func fromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}

// speculative reports whether nobody has asked for this yet: a browser that prefetches, or a program
// that looks whether a link is good. Nothing may begin or end by such a request.
func speculative(r *http.Request) bool {
	return r.Method == http.MethodHead || strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch")
}
