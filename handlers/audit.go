package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

// The log has one line with the message "audit" for each sign-in and each sign-out. It names the person and the session
// by references, which stay the same and reveal nothing.

// auditSignIn records a sign-in that has succeeded.
func (a *app) auditSignIn(r *http.Request, user auth.User) {
	a.Metrics.SignIn("")
	a.audit(r.Context(), "signed in", user)
}

// auditFailure records a sign-in that has failed.
func (a *app) auditFailure(r *http.Request, err error) {
	cause := a.failureOf(err).code
	a.Metrics.SignIn(cause)
	a.audit(r.Context(), "sign-in failed", auth.User{}, "cause", cause)
}

// auditEnd records the end of a session, or of several, before they expired. reason is one of those that
// telemetry.Metrics.SessionEnded lists. user is the zero value if the app does not know whose session it was.
func (a *app) auditEnd(r *http.Request, user auth.User, reason string) {
	a.Metrics.SessionEnded(reason)
	a.audit(r.Context(), "signed out", user, "reason", reason)
}

func (a *app) audit(ctx context.Context, event string, user auth.User, more ...any) {
	args := []any{"event", event, "request", requestID(ctx)}
	if user.Subject != "" {
		args = append(args, "person", a.personRef(user), "session", user.SessionRef)
	}
	if trace := telemetry.TraceOf(ctx); trace != "" {
		args = append(args, "trace", trace)
	}
	a.Logger.InfoContext(ctx, "audit", append(args, more...)...)
}

// personRef returns a reference of a person, which is the same in all sessions.
func (a *app) personRef(user auth.User) string {
	sum := sha256.Sum256([]byte(a.Auth.Issuer() + "\n" + user.Subject))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
