package auth

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
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

	// SignedIn is called when FinishLogin has begun a session, for example to write an audit log. It is not called for
	// another copy of a callback, which the same session answers.
	SignedIn func(User)
}

// Step is one step of a sign-in, a refresh or a sign-out.
type Step struct {
	// Name is login (BeginLogin was called), discovery, push (RFC 9126), authorize (the redirect to the provider),
	// callback, token, keys, userinfo, session (the commit in the store), logout (BeginLogout was called), end_session
	// (the redirect to the provider) or logged_out (the return from it). Tokens are revoked in the background, which is
	// not reported.
	Name string `json:"name"`

	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration,omitzero"`

	// Endpoint is the URL of a request or a redirect, without query and fragment. It is empty for a step of the app.
	Endpoint string `json:"endpoint,omitzero"`

	Status  int    `json:"status,omitzero"`  // HTTP status of the response; 0 if there was no request or no response
	Cached  bool   `json:"cached,omitzero"`  // discovery and keys: the copy in memory was used
	Session string `json:"session,omitzero"` // session: its SessionRef; see User
	Err     string `json:"err,omitzero"`     // what went wrong, without secrets; empty if the step succeeded
}

// Check is one check on what the provider or the browser sent.
type Check struct {
	Step     string `json:"step"`              // Name of the step that received the value
	Name     string `json:"name"`              // for example return_to, state, iss, aud, exp, iat, nonce or at_hash
	Expected string `json:"expected,omitzero"` // in words or as a value; a secret is shortened to "8KqV… (22)"
	Got      string `json:"got,omitzero"`
	OK       bool   `json:"ok,omitzero"`
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

// listens reports whether anybody hears of steps and checks. Text for them is made only then.
func (t *Trace) listens() bool { return t != nil && (t.Step != nil || t.Check != nil) }

func (t *Trace) step(s Step) {
	if t != nil && t.Step != nil {
		t.Step(s)
	}
}

func (t *Trace) check(c Check) {
	if t != nil && t.Check != nil {
		t.Check(c)
	}
}

// errorText returns the text of an error for a Step, or "".
func errorText(err error, secrets ...string) string {
	if err == nil {
		return ""
	}
	return clip(redactError(err, secrets...).Error(), 200)
}

// shortened returns a secret as it appears in a trace: its first four characters and its length. A short secret could
// be guessed from four characters, so only its length is shown.
func shortened(secret string) string {
	length := " (" + strconv.Itoa(len(secret)) + ")"
	switch {
	case secret == "":
		return "nothing"
	case len(secret) < 16:
		return "…" + length
	}
	return strings.ToValidUTF8(secret[:4], "?") + "…" + length
}

// withoutQuery returns a URL without query and fragment.
func withoutQuery(address string) string {
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		address = address[:i]
	}
	return clip(address, 200)
}

// traceMetadata returns the provider's metadata, as Client.metadata does, and reports the step.
func (c *Client) traceMetadata(ctx context.Context) (*metadata, error) {
	start := c.now()
	m, err := c.metadata(ctx)
	if t := traceOf(ctx); t.listens() {
		t.step(Step{
			Name: "discovery", Start: start, Duration: c.now().Sub(start), Err: errorText(err),
			Endpoint: withoutQuery(strings.TrimSuffix(c.cfg.Issuer, "/") + wellKnown),
			Cached:   c.discovery.fetchedBefore(start),
		})
	}
	return m, err
}

// reportCheck reports the check of err if it is a CheckError, and the check that has passed if it is nil.
func reportCheck(ctx context.Context, err error, passed func() Check) {
	t := traceOf(ctx)
	if !t.listens() {
		return
	}
	if err == nil {
		t.check(passed())
	} else if failed, ok := errors.AsType[*CheckError](err); ok {
		t.check(failed.Check)
	}
}

// traceSignature reports the keys that were used and the checks of a JWT's header and signature. jws is nil if the JWT
// cannot be parsed.
func (c *Client) traceSignature(
	t *Trace, m *metadata, jwt string, jws *jose.JSONWebSignature, start time.Time, err error,
) {
	keysErr := err
	if errors.Is(err, ErrBadToken) { // the keys were there
		keysErr = nil
	}
	t.step(Step{
		Name: "keys", Start: start, Duration: c.now().Sub(start), Endpoint: withoutQuery(m.JWKSURI),
		Cached: c.keys.keys.fetchedBefore(start), Err: errorText(keysErr),
	})
	if keysErr != nil {
		return
	}
	var alg, kid string
	if jws != nil {
		alg, kid = m.SigningAlg, jws.Signatures[0].Header.KeyID
	} else {
		header := headerOf(jwt)
		alg, kid = header.exact("alg"), header.exact("kid")
	}
	t.check(Check{
		Step: "token", Name: "alg", Expected: m.SigningAlg, Got: orNothing(clip(alg, 20)), OK: alg == m.SigningAlg,
	})
	if alg != m.SigningAlg {
		return
	}
	got := "signed with key " + clip(kid, redactedPart-1)
	if kid == "" {
		got = "signed, without a key ID"
	}
	if err != nil {
		got += ", which does not match"
	}
	t.check(Check{Step: "token", Name: "signature", Expected: "a key of the provider", Got: got, OK: err == nil})
}

// traceAttempt reports what BeginLogin has done. FinishLogin reports it again, so that its trace is complete even on
// another instance. m is nil if the provider cannot be reached now.
func (c *Client) traceAttempt(t *Trace, m *metadata, a *attempt) {
	began := time.UnixMicro(a.Began)
	t.step(Step{Name: "login", Start: began, Duration: time.Duration(a.Took) * time.Microsecond})
	t.check(Check{Step: "login", Name: "return_to", Expected: "a path of this app", Got: clip(a.ReturnTo, 200), OK: true})
	redirect := Step{Name: "authorize", Start: began.Add(time.Duration(a.Took) * time.Microsecond)}
	if m != nil {
		redirect.Endpoint = withoutQuery(m.AuthorizationEndpoint)
	}
	t.step(redirect)
	t.check(Check{Step: "authorize", Name: "PKCE", Expected: "S256", Got: "S256", OK: true})
}

// traceCallback reports a callback whose attempt is known.
func (c *Client) traceCallback(t *Trace, state string) {
	t.step(Step{Name: "callback", Start: c.now(), Endpoint: withoutQuery(c.cfg.RedirectURL)})
	t.check(Check{Step: "callback", Name: "state", Expected: shortened(state), Got: shortened(state), OK: true})
}

// traceSession reports the commit of a new session.
func (c *Client) traceSession(t *Trace, start time.Time, key string, replaces bool, err error) {
	step := Step{Name: "session", Start: start, Duration: c.now().Sub(start), Err: errorText(err)}
	if err == nil {
		step.Session = sessionRef(key)
	}
	t.step(step)
	if err != nil {
		return
	}
	got := "new"
	if replaces {
		got = "new, the old one deleted"
	}
	t.check(Check{Step: "session", Name: "session", Expected: "new", Got: got, OK: true})
}

// traceUnknownCallback reports a callback that belongs to no attempt of this browser.
func (c *Client) traceUnknownCallback(t *Trace, state string, err error) {
	t.step(Step{Name: "callback", Start: c.now(), Endpoint: withoutQuery(c.cfg.RedirectURL), Err: errorText(err, state)})
	t.check(Check{Step: "callback", Name: "state", Expected: "a sign-in of this browser", Got: shortened(state)})
}

// withoutSecrets returns a context whose Trace hears of failed checks without these secrets, which the provider may
// have sent back in the values that are checked. A check that has passed quotes nothing that the provider is free to
// choose, so it is not searched: that would cost more than the rest of the sign-in.
func withoutSecrets(ctx context.Context, secrets ...string) context.Context {
	t := traceOf(ctx)
	if !t.listens() {
		return ctx
	}
	clean := *t
	clean.Check = func(c Check) {
		if !c.OK {
			c.Expected, c.Got = redact(c.Expected, secrets...), redact(c.Got, secrets...)
		}
		t.check(c)
	}
	return WithTrace(ctx, &clean)
}
