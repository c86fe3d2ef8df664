package auth

import (
	"errors"
	"strings"
)

// ErrMisconfigured means that the provider answers, but not in a way that can be used, or that the configuration is
// wrong. Waiting does not help. The error is a [*MisconfiguredError].
var ErrMisconfigured = errors.New("misconfigured")

// MisconfiguredError names the cause of an ErrMisconfigured.
type MisconfiguredError struct {
	Fields  []string // fields of Config that are the likely cause, the most likely first
	Problem string   // what is wrong, for the log and for developers, without secrets
}

// Error returns the fields and the problem.
func (e *MisconfiguredError) Error() string {
	return "misconfigured: " + strings.Join(e.Fields, ", ") + ": " + e.Problem
}

// Is reports whether target is ErrMisconfigured.
func (e *MisconfiguredError) Is(target error) bool { return target == ErrMisconfigured }
