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
