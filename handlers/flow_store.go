package handlers

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const (
	flowCookie = "flow"

	// browserFlowLifetime is how long a failed sign-in, or a sign-out, is shown. No session belongs to it.
	browserFlowLifetime = 10 * time.Minute

	// maxFlowKeys is how many sessions and browsers have flows. A flow takes a few kB, which the garbage collector scans.
	maxFlowKeys = 100
)

// flowKey names the session or the browser that a flow belongs to. The other field is empty.
type flowKey struct {
	session string // its reference; see auth.User
	browser string // the value of the flowCookie
}

// flowStore keeps the last flows of this process in memory. The oldest are dropped if there are too many.
type flowStore struct {
	mu    sync.Mutex
	flows map[flowKey][]*flow // at most one of each kind
	keys  []flowKey           // in the order in which they came
}

func newFlowStore() *flowStore { return &flowStore{flows: make(map[flowKey][]*flow)} }

// put keeps the flow, which nobody changes any more. A browser has one flow, a session has one of each kind.
func (s *flowStore) put(key flowKey, f *flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, known := s.flows[key]
	if !known {
		s.keys = append(s.keys, key)
		if len(s.keys) > maxFlowKeys {
			delete(s.flows, s.keys[0])
			s.keys = s.keys[1:]
		}
	}
	others := slices.DeleteFunc(kept, func(k *flow) bool { return key.browser != "" || k.Kind == f.Kind })
	s.flows[key] = append(others, f)
}

// get returns the flow of a kind, or nil. The caller must not change it.
func (s *flowStore) get(key flowKey, kind flowKind) *flow {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flows[key] {
		if f.Kind == kind {
			return f
		}
	}
	return nil
}

// record returns the request with hooks that write the audit line of a sign-in and record the flow. The recorder is nil
// if flows are not recorded.
func (a *app) record(r *http.Request, kind flowKind) (*http.Request, *flowRecorder) {
	trace := &auth.Trace{SignedIn: func(user auth.User) { a.auditSignIn(r, user) }}
	var f *flowRecorder
	if a.flows != nil {
		f = &flowRecorder{flow{
			Kind: kind, Request: requestID(r.Context()),
			Steps: make([]auth.Step, 0, usualFlowSteps), Checks: make([]auth.Check, 0, usualFlowChecks),
		}}
		trace.Step, trace.Check = f.step, f.check
	}
	return r.WithContext(auth.WithTrace(r.Context(), trace)), f
}

// saveFlow keeps the flow for /flow and the error page. The recorder may be nil.
func (a *app) saveFlow(w http.ResponseWriter, r *http.Request, f *flowRecorder) {
	if f == nil {
		return
	}
	key := flowKey{session: f.Session}
	if f.Session == "" {
		key.browser = a.flowBrowser(r)
		if key.browser == "" {
			key.browser = rand.Text()
			http.SetCookie(w, a.newCookie(flowCookie, key.browser, "/", browserFlowLifetime))
		}
	}
	a.flows.put(key, &f.flow)
}

// flowBrowser returns the value of the flowCookie, or "" if the browser has none.
func (a *app) flowBrowser(r *http.Request) string {
	if cookie, err := r.Cookie(a.cookieName(flowCookie)); err == nil && len(cookie.Value) == len(rand.Text()) {
		return cookie.Value
	}
	return ""
}

// sessionFlow returns the flow of a kind that belongs to a session, or nil.
func (a *app) sessionFlow(session string, kind flowKind) *flow {
	if a.flows == nil || session == "" {
		return nil
	}
	return a.flows.get(flowKey{session: session}, kind)
}

// browserFlow returns the last sign-in of this browser if it failed, or its last sign-out, as kind says. It returns nil
// if neither happened within browserFlowLifetime.
func (a *app) browserFlow(r *http.Request, kind flowKind) *flow {
	if a.flows == nil || a.flowBrowser(r) == "" {
		return nil
	}
	f := a.flows.get(flowKey{browser: a.flowBrowser(r)}, kind)
	if f == nil || time.Since(f.ended()) > browserFlowLifetime {
		return nil
	}
	return f
}

// saveRefresh keeps the flow of a refresh of a session.
func (a *app) saveRefresh(w http.ResponseWriter, r *http.Request, f *flowRecorder, session string, err error) {
	if f == nil || len(f.Steps) == 0 { // another request has refreshed the session
		return
	}
	f.Session, f.Path = session, "/profile"
	f.Steps = slices.Insert(f.Steps, 0, auth.Step{Name: "refresh", Start: f.began()})
	if err != nil {
		f.fail()
	}
	a.saveFlow(w, r, f)
}

// continueSignOut adds the return from the provider to the flow of the sign-out that left for it.
func (a *app) continueSignOut(w http.ResponseWriter, r *http.Request, f *flowRecorder) {
	if f == nil {
		return
	}
	if left := a.browserFlow(r, flowSignOut); left != nil {
		f.Steps, f.Checks = slices.Concat(left.Steps, f.Steps), slices.Concat(left.Checks, f.Checks)
	}
	a.saveFlow(w, r, f)
}
