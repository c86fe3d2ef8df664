package auth

import (
	"errors"
	"strings"
)

// ErrMisconfigured means that the provider answers, but not in a way that can be used, or that the configuration is
// wrong. Waiting does not help. The error is a [*MisconfiguredError].
var ErrMisconfigured = errors.New("misconfigured")

// MisconfiguredError says which part of the configuration is probably wrong. [errors.Is] reports it as
// ErrMisconfigured.
type MisconfiguredError struct {
	Fields  []string // names of the [Config] fields that are the likely cause, the most likely first
	Problem string   // what is wrong, for the log and for developers; contains no secret
}

// Error returns the problem and the names of the fields.
func (e *MisconfiguredError) Error() string {
	if len(e.Fields) == 0 {
		return e.Problem
	}
	return e.Problem + " (check " + strings.Join(e.Fields, ", ") + ")"
}

// Is reports whether target is ErrMisconfigured.
func (e *MisconfiguredError) Is(target error) bool { return target == ErrMisconfigured }
