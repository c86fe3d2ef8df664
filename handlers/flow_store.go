package handlers

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// failedFlowLifetime is how long a failed sign-in, or a sign-out, is kept. No session belongs to it.
const failedFlowLifetime = 10 * time.Minute

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
	ctx, err := a.flows.Load(ctx, a.flowToken(r))
	if err == nil {
		if f.Kind == flowSignIn || f.Kind == flowSignOut {
			a.flows.Remove(ctx, string(flowSignOut))
			a.flows.Remove(ctx, string(flowRefresh))
		}
		if f.Kind == flowSignOut {
			a.flows.Remove(ctx, string(flowSignIn))
		}
		a.flows.Put(ctx, string(f.Kind), f.encode())
		lifetime := a.flows.Lifetime
		if f.Session == "" {
			lifetime = failedFlowLifetime
		}
		a.flows.SetDeadline(ctx, time.Now().Add(lifetime))
		var token string
		var expiry time.Time
		if token, expiry, err = a.flows.Commit(ctx); err == nil && token != a.flowToken(r) {
			a.flows.WriteSessionCookie(ctx, w, token, expiry)
		}
	}
	if err != nil {
		a.Logger.WarnContext(r.Context(), "flow not kept", "request", requestID(r.Context()), "err", err)
	}
}

func (a *app) flowToken(r *http.Request) string {
	if cookie, err := r.Cookie(a.flows.Cookie.Name); err == nil {
		return cookie.Value
	}
	return ""
}

// flowOf returns the last flow of a kind in this browser, or nil.
func (a *app) flowOf(r *http.Request, kind flowKind) *flow {
	if a.flows == nil || a.flowToken(r) == "" {
		return nil
	}
	ctx, err := a.flows.Load(r.Context(), a.flowToken(r))
	if err != nil {
		a.Logger.WarnContext(r.Context(), "flow not read", "request", requestID(r.Context()), "err", err)
		return nil
	}
	return decodeFlow(a.flows.GetBytes(ctx, string(kind)))
}

// sessionFlow returns the last flow of a kind that belongs to the session of user, or nil.
func (a *app) sessionFlow(r *http.Request, kind flowKind, user auth.User) *flow {
	if f := a.flowOf(r, kind); f != nil && f.Session != "" && f.Session == user.SessionRef {
		return f
	}
	return nil
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
	if left := a.flowOf(r, flowSignOut); left != nil {
		f.Steps = append(left.Steps, f.Steps...)
	}
	a.saveFlow(w, r, f)
}
