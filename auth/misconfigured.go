package auth

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMisconfigured means that the provider answers, but not in a way that can be used, or that the configuration is
// wrong. Waiting does not help. The error is a [*MisconfiguredError], which names the likely fields of [Config]. It may
// be ErrRefused or ErrBadToken as well, so test for ErrMisconfigured before these.
var ErrMisconfigured = errors.New("misconfigured")

// MisconfiguredError is a problem that does not pass by itself. [errors.Is] reports it as ErrMisconfigured.
type MisconfiguredError struct {
	Fields  []string // fields of Config that are the likely cause, most likely first; empty if it is the provider
	Problem string   // for the log and for developers; contains no secrets; may quote the provider, so escape it

	cause error // of a connection that cannot be trusted; nil for other problems
}

// Error returns the problem and the fields.
func (e *MisconfiguredError) Error() string {
	if len(e.Fields) == 0 {
		return "misconfigured: " + e.Problem
	}
	return "misconfigured (" + strings.Join(e.Fields, ", ") + "): " + e.Problem
}

// Unwrap returns the error of a connection that cannot be trusted, such as an x509.UnknownAuthorityError.
func (e *MisconfiguredError) Unwrap() error { return e.cause }

// Is reports whether target is ErrMisconfigured.
func (e *MisconfiguredError) Is(target error) bool { return target == ErrMisconfigured }

// misconfigured returns a MisconfiguredError.
func misconfigured(problem string, fields ...string) *MisconfiguredError {
	return &MisconfiguredError{Fields: fields, Problem: problem}
}

// misconfiguredToken returns an error that is both ErrBadToken and ErrMisconfigured.
func misconfiguredToken(problem string, fields ...string) error {
	return fmt.Errorf("%w: %w", ErrBadToken, misconfigured(problem, fields...))
}
