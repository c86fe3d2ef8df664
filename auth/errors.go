package auth

import (
	"errors"
	"fmt"
	"strings"
)

// What can go wrong, as far as a caller can act on it. Test with [errors.Is]; the text of an error
// is for logs, not for people, and holds no code, token or secret.
var (
	// ErrSignedOut: nobody is signed in, or not any more.
	ErrSignedOut = errors.New("nobody is signed in")

	// ErrUnknownLogin: no sign-in under way in this browser matches the answer. The tab is
	// stale, the answer was used already, or somebody forged it.
	ErrUnknownLogin = errors.New("no sign-in under way matches this answer")

	// ErrRefused: the provider said no; [errors.As] with a [*ProviderError] tells why.
	ErrRefused = errors.New("the provider refused")

	// ErrBadToken: a token, or an answer that should hold one, failed verification.
	ErrBadToken = errors.New("token failed verification")

	// ErrNeedsSignIn: the session goes on, but what was asked for needs the person to sign in
	// again: the provider grants no more access without it.
	ErrNeedsSignIn = errors.New("a new sign-in is needed")

	// ErrUnavailable: the provider or the store cannot be reached, or answers nonsense. Worth
	// trying again.
	ErrUnavailable = errors.New("unavailable")
)

// ProviderError is a refusal in the provider's own words: in the answer to the authorization
// request (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6) or at an endpoint that
// the application itself calls (RFC 6749 section 5.2). It is an [ErrRefused].
type ProviderError struct {
	Code        string // such as access_denied; from outside, so escape it
	Description string // for developers, may be empty; from outside, so escape it
	Endpoint    string // what refused: "authorization", "token", "pushed authorization request", …
	Status      int    // of the HTTP response; 0 for the authorization endpoint, which answers through the browser
}

// Error names the endpoint, the code and the description.
func (e *ProviderError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s endpoint refused", e.Endpoint)
	if e.Status != 0 {
		fmt.Fprintf(&b, " with status %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ": %q", e.Code)
	}
	if e.Description != "" {
		fmt.Fprintf(&b, " (%q)", e.Description)
	}
	return b.String()
}

// Is makes every ProviderError an ErrRefused.
func (e *ProviderError) Is(target error) bool { return target == ErrRefused }

// newProviderError keeps what a person or a log can use of a refusal, at a bounded length.
func newProviderError(endpoint string, status int, code, description string) *ProviderError {
	return &ProviderError{Endpoint: endpoint, Status: status, Code: clip(code, 64), Description: clip(description, 300)}
}

// clip bounds what comes from outside before it is kept or logged.
func clip(s string, max int) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max], "") + "…"
}

// clipError bounds an error of a library that may quote a whole answer of the provider.
func clipError(err error) error {
	if s := err.Error(); len(s) > 400 {
		return errors.New(clip(s, 400))
	}
	return err
}
