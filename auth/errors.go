package auth

import (
	"errors"
	"fmt"
	"strings"
)

// Errors that a caller can act on; test for them with [errors.Is]. The text of an error is meant for the log and not
// for people. It contains no code, token or secret.
var (
	// ErrSignedOut means that nobody is signed in, or that the session has ended. Offer to sign in.
	ErrSignedOut = errors.New("nobody is signed in")

	// ErrUnknownLogin means that a callback belongs to no login attempt of this browser: it was used before, has
	// expired, was started in another browser, or is forged. Offer to sign in again.
	ErrUnknownLogin = errors.New("unknown login attempt")

	// ErrRefused means that the provider has rejected a request. The error is a [*ProviderError], which contains the
	// reason.
	ErrRefused = errors.New("rejected by the provider")

	// ErrBadToken means that a token, or a response that should contain one, is not valid. Log the error: it is an
	// attack, a misconfiguration or a bug of the provider.
	ErrBadToken = errors.New("invalid token")

	// ErrNeedsSignIn means that the provider no longer accepts the access token and that it cannot be renewed. The
	// session continues. Start a new sign-in to get a new access token.
	ErrNeedsSignIn = errors.New("a new sign-in is needed")

	// ErrUnavailable means that the provider or the store does not answer now. Answer with status 503; a later request
	// may succeed.
	ErrUnavailable = errors.New("unavailable")

	// ErrProviderUnavailable is the ErrUnavailable of a provider that does not answer. Any other ErrUnavailable comes from
	// the store, or from waiting for another request.
	ErrProviderUnavailable = fmt.Errorf("provider %w", ErrUnavailable)
)

// ProviderError is an error response of the provider: to the authorization request (RFC 6749 section 4.1.2.1 and OpenID
// Connect Core section 3.1.2.6), or to a request of the application (RFC 6749 section 5.2). [errors.Is] reports it as
// ErrRefused.
type ProviderError struct {
	Code        string // for example access_denied; input from outside, to be escaped
	Description string // for developers; may be empty; input from outside, to be escaped
	Endpoint    string // "authorization", "token", "userinfo", "revocation" or "pushed authorization request"
	Status      int    // HTTP status; 0 for the authorization endpoint, which responds through the browser
}

// Error returns the endpoint, the status, the code and the description.
func (e *ProviderError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rejected by the %s endpoint", e.Endpoint)
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

// Is reports whether target is ErrRefused.
func (e *ProviderError) Is(target error) bool { return target == ErrRefused }

// LoginError is an error of [Client.FinishLogin] for a login attempt that this browser started. It wraps the reason,
// which [errors.Is] and [errors.As] find.
type LoginError struct {
	ReturnTo  string // the page for which the sign-in began, for a link that tries again
	Retryable bool   // the attempt is still valid: the same callback can be requested again
	Err       error
}

// Error returns the text of the reason.
func (e *LoginError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *LoginError) Unwrap() error { return e.Err }

// CheckError is an error of one check on a token, or on a response that should contain one. [errors.Is] reports it as
// ErrBadToken.
type CheckError struct {
	Check Check  // the check that failed
	Where string // for example "id token"
}

// Error returns where the check failed, its name, and what was expected and received.
func (e *CheckError) Error() string {
	c := e.Check
	return fmt.Sprintf("%v: %s: %s: expected %s, got %s", ErrBadToken, e.Where, c.Name, c.Expected, c.Got)
}

// Is reports whether target is ErrBadToken.
func (e *CheckError) Is(target error) bool { return target == ErrBadToken }

// newProviderError returns a ProviderError with a code and a description of bounded length, without the secrets.
func newProviderError(endpoint string, status int, code, description string, secrets ...string) *ProviderError {
	if !errorCodes[code] {
		code = redact(code, secrets...)
	}
	description = redact(description, secrets...)
	return &ProviderError{Endpoint: endpoint, Status: status, Code: clip(code, 64), Description: clip(description, 300)}
}

// badToken returns an ErrBadToken with a reason.
func badToken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadToken, fmt.Sprintf(format, args...))
}

// clip returns s as valid UTF-8 of at most maxBytes bytes, followed by "…" if it was longer.
func clip(s string, maxBytes int) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= maxBytes {
		return s
	}
	return strings.ToValidUTF8(s[:maxBytes], "") + "…"
}

// clipError shortens an error of a library, because it may quote the whole response of the provider.
func clipError(err error) error {
	if s := err.Error(); len(s) > 400 {
		return errors.New(clip(s, 400))
	}
	return err
}
