package handlers

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// flowKind says what a flow was.
type flowKind string

const (
	flowSignIn  flowKind = "sign-in"
	flowRefresh flowKind = "refresh"
	flowSignOut flowKind = "sign-out"
)

// flow is the record of a sign-in, a refresh or a sign-out, for its picture.
type flow struct {
	Kind    flowKind
	Request string       // id of the last request
	Session string       // reference of the session that it belongs to; empty for a failed sign-in and a sign-out
	Failed  bool         // it ended with an error
	Path    string       // where the browser was sent in the end
	Steps   []auth.Step  // in their order
	Checks  []auth.Check // of all steps
}

// A flow is bounded, because the provider chooses a part of its content.
const (
	maxFlowSteps  = 20
	maxFlowChecks = 30

	usualFlowSteps, usualFlowChecks = 10, 20 // for which room is made at once
)

// flowRecorder records the flow of one request. A nil recorder records nothing.
type flowRecorder struct{ flow }

// step is a hook of auth.Trace.
func (f *flowRecorder) step(s auth.Step) {
	if len(f.Steps) < maxFlowSteps {
		f.Steps = append(f.Steps, s)
	}
	if s.Session != "" {
		f.Session = s.Session
	}
}

// check is a hook of auth.Trace.
func (f *flowRecorder) check(c auth.Check) {
	if len(f.Checks) < maxFlowChecks {
		f.Checks = append(f.Checks, c)
	}
}

// end says where the browser is sent at the end of a sign-in, and sets the Server-Timing header.
func (f *flowRecorder) end(w http.ResponseWriter, returnTo string) {
	if f == nil {
		return
	}
	f.Path = clipText(returnTo, 100)
	f.serverTiming(w.Header())
}

// clipText returns the first characters of s.
func clipText(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}

// flowError is an error with the flow that led to it.
type flowError struct {
	flow *flow
	err  error
}

func (e *flowError) Error() string { return e.err.Error() }
func (e *flowError) Unwrap() error { return e.err }

// withFlow adds the flow of a recorder, which may be nil, to an error.
func withFlow(err error, f *flowRecorder) error {
	if f == nil {
		return err
	}
	f.fail()
	return &flowError{&f.flow, err}
}

// stepNamed returns the index of the last step with a name, or -1.
func (f *flow) stepNamed(name string) int {
	for i := len(f.Steps) - 1; i >= 0; i-- {
		if f.Steps[i].Name == name {
			return i
		}
	}
	return -1
}

// failedStep returns the index of the step that failed, or -1 if none did. It is the step with a failed check, else the
// last one that reports an error.
func (f *flow) failedStep() int {
	if !f.Failed || len(f.Steps) == 0 {
		return -1
	}
	for _, c := range slices.Backward(f.Checks) {
		if failedCheck(c) && f.stepNamed(c.Step) >= 0 {
			return f.stepNamed(c.Step)
		}
	}
	for i := len(f.Steps) - 1; i >= 0; i-- {
		if f.Steps[i].Err != "" || f.Steps[i].Status >= 400 {
			return i
		}
	}
	return len(f.Steps) - 1
}

// failedCheck reports whether a check rejects something. The comparison of the clocks alone does not.
func failedCheck(c auth.Check) bool { return !c.OK && c.Name != "clock" }

// fail marks the flow as failed.
func (f *flow) fail() { f.Failed = true }

// ended returns the time of the end of the last step.
func (f *flow) ended() time.Time { return f.began().Add(f.duration()) }

// began returns the time of the first step.
func (f *flow) began() time.Time {
	if len(f.Steps) == 0 {
		return time.Time{}
	}
	return f.Steps[0].Start
}

// failedBegin returns the flow of a sign-in that could not begin, or nil if nothing is recorded. It is made from the
// error: the callback of a sign-in that has begun reports what happened here, so a recorder would be wasted on it.
func (a *app) failedBegin(r *http.Request, err error) *flowRecorder {
	if a.flows == nil {
		return nil
	}
	now := time.Now()
	f := &flowRecorder{flow{Kind: flowSignIn, Request: requestID(r.Context())}}
	f.Steps = []auth.Step{{Name: "login", Start: now}}
	if refused, ok := errors.AsType[*auth.ProviderError](err); ok {
		step := auth.Step{Name: "push", Start: now, Status: refused.Status, Err: refused.Code}
		f.Steps = append(f.Steps, step)
	} else if errors.Is(err, auth.ErrProviderUnavailable) || errors.Is(err, auth.ErrMisconfigured) {
		f.Steps = append(f.Steps, auth.Step{Name: "discovery", Start: now, Err: "failed"})
	}
	return f
}
