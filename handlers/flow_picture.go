package handlers

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/views"
)

// flowArrow says how a step of a flow is drawn.
type flowArrow struct {
	step     string // name of the step
	from, to views.FlowLane
	label    string
	detail   string // a request of the browser; otherwise the detail is the endpoint
	method   string // of a request to the endpoint
	via      bool
	optional bool // not drawn if it did not happen
}

// flowArrows are the arrows of each kind of flow. The step done ends a flow that succeeded.
var flowArrows = map[flowKind][]flowArrow{
	flowSignIn: {
		{step: "login", from: views.FlowYou, to: views.FlowApp, label: "Login", detail: "GET /login"},
		{step: "discovery", from: views.FlowApp, to: views.FlowProvider, label: "discovery", method: "GET", optional: true},
		{step: "push", from: views.FlowApp, to: views.FlowProvider, label: "pushed request", method: "POST", optional: true},
		{step: "authorize", from: views.FlowApp, to: views.FlowProvider, label: "state + nonce + PKCE", via: true},
		{
			step: "callback", from: views.FlowProvider, to: views.FlowApp, label: "code", detail: "GET " + CallbackPath,
			via: true,
		},
		{step: "token", from: views.FlowApp, to: views.FlowProvider, label: "code + verifier", method: "POST"},
		{step: "keys", from: views.FlowApp, to: views.FlowProvider, label: "keys", method: "GET", optional: true},
		{step: "userinfo", from: views.FlowApp, to: views.FlowProvider, label: "access token", method: "GET", optional: true},
		{step: "session", from: views.FlowApp, to: views.FlowYou, label: "signed in"},
	},
	flowRefresh: {
		{step: "refresh", from: views.FlowYou, to: views.FlowApp, label: "Refresh", detail: "POST /profile"},
		{step: "discovery", from: views.FlowApp, to: views.FlowProvider, label: "discovery", method: "GET", optional: true},
		{step: "token", from: views.FlowApp, to: views.FlowProvider, label: "refresh token", method: "POST", optional: true},
		{step: "keys", from: views.FlowApp, to: views.FlowProvider, label: "keys", method: "GET", optional: true},
		{step: "userinfo", from: views.FlowApp, to: views.FlowProvider, label: "access token", method: "GET"},
		{step: "session", from: views.FlowApp, to: views.FlowYou, label: "profile updated"},
	},
	flowSignOut: {
		{step: "logout", from: views.FlowYou, to: views.FlowApp, label: "Logout", detail: "POST " + LogoutPath},
		{
			step: "end_session", from: views.FlowApp, to: views.FlowProvider, label: "sign out there too",
			via: true, optional: true,
		},
		{
			step: "logged_out", from: views.FlowProvider, to: views.FlowApp, label: "signed out there",
			detail: "GET " + LogoutPath, via: true, optional: true,
		},
		{step: "done", from: views.FlowApp, to: views.FlowYou, label: "signed out"},
	},
}

// picture returns the picture of a flow. The caller sets its ID, and Wide and Timed if there is room.
func (a *app) picture(f *flow) *views.FlowPictureProps {
	p := &views.FlowPictureProps{Provider: a.providerName(), Failed: f.Failed, Label: flowLabels[f.Kind]}
	if f.Failed {
		p.Label += ", which failed"
	}
	failed := f.failedStep()
	stopped := false
	for _, arrow := range flowArrows[f.Kind] {
		i := f.stepNamed(arrow.step)
		if arrow.step == "discovery" || arrow.step == "keys" {
			i = f.fetched(arrow.step)
		}
		step := views.FlowStep{From: arrow.from, To: arrow.to, Label: arrow.label, Detail: arrow.detail, Via: arrow.via}
		switch {
		case i >= 0:
			f.describe(&step, i, arrow)
			if i == failed {
				step.State, stopped = views.FlowFailed, true
			} else if arrow.to == views.FlowYou && !f.Failed {
				step.State = views.FlowDone
			}
		case arrow.optional:
			continue
		case stopped:
			step.State = views.FlowOff
		case f.Failed: // a step before the one that failed; an earlier request may have done it
		case arrow.to == views.FlowYou:
			step.State, step.At = views.FlowDone, flowDuration(f.duration())
		}
		if arrow.to == views.FlowYou && step.State == views.FlowDone && f.Path != "" {
			step.Detail = "303 " + f.Path
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// smallPicture returns the picture of a flow where there is room for the main steps and checks only.
func (a *app) smallPicture(f *flow) *views.FlowPictureProps {
	p := a.picture(f)
	side := func(s views.FlowStep) bool {
		return s.State == "" && (s.Label == "discovery" || s.Label == "keys" || s.Label == "access token")
	}
	p.Steps = slices.DeleteFunc(p.Steps, side)
	for i, s := range p.Steps {
		p.Steps[i].Checks = slices.DeleteFunc(s.Checks, func(c views.FlowCheck) bool {
			small := c.Name == "state" || c.Name == "issuer" && s.Via || c.Name == "signature" || c.Name == "nonce" ||
				c.Name == "audience"
			return !small && !c.Failed
		})
	}
	return p
}

var flowLabels = map[flowKind]string{
	flowSignIn: "Your last sign-in", flowRefresh: "Your last refresh", flowSignOut: "Your last sign-out",
}

// describe fills a step of the picture from the recorded step i.
func (f *flow) describe(step *views.FlowStep, i int, arrow flowArrow) {
	s := f.Steps[i]
	at := s.Start.Sub(f.began())
	if arrow.to == views.FlowYou {
		at = f.duration()
	}
	step.At = flowDuration(at)
	if arrow.detail == "" && s.Endpoint != "" {
		step.Detail = strings.TrimSpace(arrow.method + " " + pathOf(s.Endpoint))
	}
	if s.Status != 0 && s.Status != http.StatusOK {
		step.Detail += fmt.Sprintf(" → %d", s.Status)
	}
	for _, c := range f.Checks {
		if c.Step != s.Name {
			continue
		}
		step.Checks = append(step.Checks, views.FlowCheck{
			Name: cmp.Or(checkNames[c.Name], c.Name), Expected: c.Expected, Got: c.Got, Failed: !c.OK,
		})
	}
}

// checkNames are the words for the names of the checks that are not words themselves.
var checkNames = map[string]string{
	"return_to": "return to", "iss": "issuer", "alg": "algorithm", "aud": "audience", "exp": "expiry", "iat": "issued at",
	"nbf": "not before", "auth_time": "sign-in time", "sub": "subject", "azp": "authorized party",
}

// fetched returns the index of the last step with a name that asked the provider, or -1 if the copy in memory was used.
func (f *flow) fetched(name string) int {
	for i := len(f.Steps) - 1; i >= 0; i-- {
		if f.Steps[i].Name == name && (!f.Steps[i].Cached || f.Steps[i].Err != "") {
			return i
		}
	}
	return -1
}

// duration returns the time from the first step to the end of the last one.
func (f *flow) duration() (d time.Duration) {
	for _, s := range f.Steps {
		d = max(d, s.Start.Add(s.Duration).Sub(f.began()))
	}
	return d
}

// away returns how long the browser was at the provider.
func (f *flow) away() time.Duration {
	for _, pair := range [][2]string{{"authorize", "callback"}, {"end_session", "logged_out"}} {
		left, back := f.stepNamed(pair[0]), f.stepNamed(pair[1])
		if left >= 0 && back >= 0 {
			return f.Steps[back].Start.Sub(f.Steps[left].Start)
		}
	}
	return 0
}

// title returns "75 ms here + 6.2 s at the provider".
func (f *flow) title() string {
	away := f.away()
	here := flowDuration(max(0, f.duration()-away))
	if away == 0 {
		return flowLabels[f.Kind] + ": " + here
	}
	return here + " here + " + flowDuration(away) + " at the provider"
}

// text returns the picture as lines of text, for a bug report.
func (f *flow) text(p *views.FlowPictureProps, provider string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n%s\nProvider: %s\nRequest ID: %s\n\n", p.Label, p.Title,
		f.began().UTC().Format("2006-01-02 15:04:05 UTC"), provider, f.Request)
	lanes := map[views.FlowLane]string{views.FlowYou: "You", views.FlowApp: "This app", views.FlowProvider: "Provider"}
	for i, s := range p.Steps {
		state := ""
		switch s.State {
		case views.FlowFailed:
			state = "  FAILED"
		case views.FlowOff:
			state = "  did not happen"
		}
		fmt.Fprintf(&b, "%2d  %9s  %s → %s: %s %s%s\n", i+1, s.At, lanes[s.From], lanes[s.To], s.Label,
			s.Detail, state)
		for _, c := range s.Checks {
			mark := "ok "
			if c.Failed {
				mark = "BAD"
			}
			fmt.Fprintf(&b, "        %s %s", mark, c.Name)
			if c.Expected != "" || c.Got != "" { // a long flow has lost some
				fmt.Fprintf(&b, ": expected %s, got %s", c.Expected, c.Got)
			}
			b.WriteByte('\n')
		}
	}
	return strings.ReplaceAll(b.String(), "\u00a0", " ")
}

// serverTiming sets the durations of a flow as a Server-Timing header (W3C Server Timing).
func (f *flowRecorder) serverTiming(header http.Header) {
	if f == nil {
		return
	}
	var timing []byte
	var total time.Duration
	entry := func(name string, d time.Duration) {
		timing = append(append(timing, name...), ";dur="...)
		timing = strconv.AppendFloat(timing, float64(d)/float64(time.Millisecond), 'f', 1, 64)
	}
	for _, s := range f.Steps {
		switch s.Name {
		case "discovery", "token", "keys", "userinfo", "session":
			total += s.Duration
			entry(s.Name, s.Duration)
			timing = append(timing, ", "...)
		}
	}
	entry("total", total)
	header.Set("Server-Timing", string(timing))
}

// providerName names the provider in a picture.
func (a *app) providerName() string { return cmp.Or(a.providerHost, "Provider") }

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return cmp.Or(u.Path, "/")
}

// flowDuration returns a duration as people read it: "75 ms", "6.2 s", "3m20s". No line ends between number and
// unit.
func flowDuration(d time.Duration) string {
	switch {
	case d > 0 && d < time.Millisecond:
		return "under 1\u00a0ms"
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
