package handlers

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// shortFlowLifetime is how long a failed sign-in, or a sign-out, is shown. No session belongs to it.
const shortFlowLifetime = 10 * time.Minute

// newFlows returns the session manager in which the flows of a browser are kept, apart from its sign-in. It returns nil
// if nothing is recorded.
func (a *app) newFlows() *scs.SessionManager {
	if !a.Inspect || a.Flows == nil {
		return nil
	}
	m := scs.New()
	m.Store = a.Flows
	m.Codec = flowCodec{}
	m.Cookie.Name = a.cookieName("flow")
	m.Cookie.Secure = a.base.Scheme == "https"
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Persist = true, http.SameSiteLaxMode, false
	m.Lifetime = 7 * 24 * time.Hour
	return m
}

// record returns the request with hooks that record it, or the request itself and nil if nothing is recorded.
func (a *app) record(r *http.Request, kind flowKind) (*http.Request, *flowRecorder) {
	if a.flows == nil {
		return r, nil
	}
	f := &flowRecorder{flow{Kind: kind, Request: requestID(r.Context())}}
	return r.WithContext(auth.WithTrace(r.Context(), f.trace())), f
}

// saveFlow keeps the flow for /flow and the error page. The recorder may be nil. A flow that cannot be saved is only
// logged, because it is worth less than the sign-in.
func (a *app) saveFlow(w http.ResponseWriter, r *http.Request, f *flowRecorder) {
	if f == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Second)
	defer cancel()
	token := a.flowToken(r)
	ctx, err := a.flows.Load(ctx, token)
	if err != nil {
		a.logFlow(r, "flow not kept", err)
		return
	}
	for _, kind := range outdated[f.kept()] {
		a.flows.Remove(ctx, string(kind))
	}
	a.flows.Put(ctx, string(f.kept()), f.encode())
	lifetime := shortFlowLifetime
	if a.flows.Exists(ctx, string(flowSignIn)) {
		lifetime = a.flows.Lifetime
	}
	a.flows.SetDeadline(ctx, time.Now().Add(lifetime))
	saved, expiry, err := a.flows.Commit(ctx)
	if err != nil {
		a.logFlow(r, "flow not kept", err)
	} else if saved != token {
		a.flows.WriteSessionCookie(ctx, w, saved, expiry)
	}
}

// outdated are the flows that a new one replaces. A sign-in that failed leaves those of the session, which goes on.
var outdated = map[flowKind][]flowKind{
	flowSignIn:  {flowFailed, flowRefresh, flowSignOut},
	flowSignOut: {flowFailed, flowRefresh, flowSignIn},
	flowFailed:  {flowSignOut},
}

func (a *app) logFlow(r *http.Request, message string, err error) {
	a.Logger.WarnContext(r.Context(), message, "request", requestID(r.Context()), "err", err)
}

func (a *app) flowToken(r *http.Request) string {
	if cookie, err := r.Cookie(a.flows.Cookie.Name); err == nil {
		return cookie.Value
	}
	return ""
}

// keptFlows returns the flows of these kinds that this browser has, in this order. Those of a session are returned only
// if it is the session ref; the others only for a short time.
func (a *app) keptFlows(r *http.Request, ref string, kinds ...flowKind) (found []*flow) {
	if a.flows == nil || a.flowToken(r) == "" {
		return nil
	}
	ctx, err := a.flows.Load(r.Context(), a.flowToken(r))
	if err != nil {
		a.logFlow(r, "flow not read", err)
		return nil
	}
	for _, kind := range kinds {
		f := decodeFlow(a.flows.GetBytes(ctx, string(kind)))
		if f != nil && f.Session == ref && (ref != "" || time.Since(f.ended()) < shortFlowLifetime) {
			found = append(found, f)
		}
	}
	return found
}

// saveRefresh keeps the flow of a refresh of a session.
func (a *app) saveRefresh(w http.ResponseWriter, r *http.Request, f *flowRecorder, session string, err error) {
	if f == nil || len(f.Steps) == 0 { // another request has refreshed the session
		return
	}
	f.Session, f.Path = session, "/profile"
	f.Steps = slices.Insert(f.Steps, 0, flowStep{Step: auth.Step{Name: "refresh", Start: f.began()}})
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
	if left := a.keptFlows(r, "", flowSignOut); left != nil {
		f.Steps = append(left[0].Steps, f.Steps...)
	}
	a.saveFlow(w, r, f)
}
