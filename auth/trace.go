package auth

import (
	"context"
	"time"
)

// Trace is a set of hooks that report what happens inside a sign-in, a refresh and a sign-out, as
// net/http/httptrace does for HTTP requests. Any hook may be nil. Hooks are called on the goroutine that does the work,
// in the order of the events, so they must return quickly. Hooks of one request are never called concurrently.
//
// A Trace never receives a secret. A code, state, nonce, token or verifier appears as its first four characters and
// its length; see [Check].
type Trace struct {
	// Step is called when a step has ended.
	Step func(Step)

	// Check is called for every check on what the provider or the browser sent.
	Check func(Check)
}

// Step is one step of a sign-in, a refresh or a sign-out.
type Step struct {
	// Name is login (BeginLogin was called), discovery, push (RFC 9126), authorize (the redirect to the provider),
	// callback, token, keys, userinfo, revoke, session (the commit in the store), done (the person is signed in),
	// logout (BeginLogout was called), end_session (the redirect to the provider) or logged_out (the return from it).
	Name string

	Start    time.Time
	Duration time.Duration

	Endpoint string // URL of a request or a redirect, without query and fragment; empty for a step of the app itself
	Status   int    // HTTP status of the response; 0 if there was no request or no response
	Cached   bool   // discovery and keys: the copy in memory was used
	Err      string // what went wrong, without secrets; empty if the step succeeded
}

// Check is one check on what the provider or the browser sent.
type Check struct {
	Step     string // the Name of the step that received the value
	Name     string // return_to, PKCE, state, iss, alg, kid, signature, aud, azp, exp, iat, skew, nonce, at_hash, sub …
	Expected string // in words or as a value; a secret is shortened to "8KqV… (22)"
	Got      string
	OK       bool
}

type traceKey struct{}

// WithTrace returns a context whose sign-ins, refreshes and sign-outs report to t. Pass it on with
// http.Request.WithContext.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traceOf returns the Trace of a context, or nil.
func traceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}
