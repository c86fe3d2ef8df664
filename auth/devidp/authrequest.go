package devidp

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const (
	requestLifetime = time.Hour // somebody may be called away from the sign-in page
	codeLifetime    = time.Minute
)

// authRequest is a sign-in under way: what a client asked for, and how far the person has come.
type authRequest struct {
	id     string
	asked  oidc.AuthRequest
	scopes []string
	hint   string // sub of the id_token_hint
	client Client

	by        string // sid of the session that the person chose or began for this request
	consented string // sid of the session in which the person allowed it
}

func (a *authRequest) prompt(value string) bool { return slices.Contains(a.asked.Prompt, value) }

// registers reports whether the person is to register first (Initiating User Registration 1.0).
func (a *authRequest) registers() bool { return a.prompt("create") }

// offline reports whether a refresh token is asked for.
func (a *authRequest) offline() bool { return slices.Contains(a.scopes, oidc.ScopeOfflineAccess) }

// needsLogin reports whether the session, if there is one, does not do for the request (OpenID
// Connect Core section 3.1.2.3).
func (a *authRequest) needsLogin(s session, signedIn bool, now time.Time) bool {
	switch {
	case !signedIn:
		return true
	case a.by == s.SID:
		return false
	case a.prompt("login"), a.prompt("create"), a.prompt("select_account"):
		return true
	case a.asked.MaxAge != nil && tooOld(s, *a.asked.MaxAge, now):
		return true
	}
	return a.hint != "" && a.hint != s.Subject
}

// mustProve reports whether the person must prove again who they are: to pick the session is not enough.
func (a *authRequest) mustProve(s session, now time.Time) bool {
	return a.prompt("login") || a.asked.MaxAge != nil && tooOld(s, *a.asked.MaxAge, now)
}

// tooOld compares as max_age asks. Zero is never met by a session that was there before.
func tooOld(s session, maxAge uint, now time.Time) bool {
	return maxAge == 0 || now.Sub(s.AuthTime).Seconds() > float64(maxAge)
}

// needsConsent: whoever asks for a refresh token must ask for consent too (OpenID Connect Core section
// 11); somebody who has just registered has not allowed anything yet either.
func (a *authRequest) needsConsent(s session) bool {
	return (a.prompt("consent") || a.offline()) && a.consented != s.SID
}

// keepRequest remembers a request, and returns it with its id.
func (p *Provider) keepRequest(a authRequest) *authRequest {
	a.id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.requests.put(a.id, &a, now, now.Add(requestLifetime))
	return &a
}

// request returns a copy of the request that a page is about.
func (p *Provider) request(r *http.Request) (authRequest, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	a, ok := p.state.requests.get(r.URL.Query().Get("request"), p.now())
	if !ok {
		return authRequest{}, false
	}
	return *a, true
}

// advance changes the request that is kept, and the copy.
func (p *Provider) advance(a *authRequest, step func(*authRequest)) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	step(a)
	if kept, ok := p.state.requests.get(a.id, p.now()); ok {
		step(kept)
	}
}
