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
	id          string
	params      oidc.AuthRequest
	scopes      []string
	hintSubject string // sub of the id_token_hint
	client      Client

	chosenSID    string // sid of the session that the person chose or began for this request
	consentedSID string // sid of the session in which the person allowed it
}

func (a *authRequest) hasPrompt(value string) bool { return slices.Contains(a.params.Prompt, value) }

// registers reports whether the person is to register first (Initiating User Registration 1.0).
func (a *authRequest) wantsRegistration() bool { return a.hasPrompt("create") }

// offline reports whether a refresh token is asked for.
func (a *authRequest) wantsOfflineAccess() bool {
	return slices.Contains(a.scopes, oidc.ScopeOfflineAccess)
}

// needsLogin reports whether the session, if there is one, does not do for the request (OpenID
// Connect Core section 3.1.2.3).
func (a *authRequest) needsLogin(s session, signedIn bool, now time.Time) bool {
	switch {
	case !signedIn:
		return true
	case a.chosenSID == s.SID:
		return false
	case a.hasPrompt("login"), a.hasPrompt("create"), a.hasPrompt("select_account"):
		return true
	case a.params.MaxAge != nil && exceedsMaxAge(s, *a.params.MaxAge, now):
		return true
	}
	return a.hintSubject != "" && a.hintSubject != s.Subject
}

// mustProve reports whether the person must prove again who they are: to pick the session is not enough.
func (a *authRequest) mustReauthenticate(s session, now time.Time) bool {
	return a.hasPrompt("login") || a.params.MaxAge != nil && exceedsMaxAge(s, *a.params.MaxAge, now)
}

// tooOld compares as max_age asks. Zero is never met by a session that was there before.
func exceedsMaxAge(s session, maxAge uint, now time.Time) bool {
	return maxAge == 0 || now.Sub(s.AuthTime).Seconds() > float64(maxAge)
}

// needsConsent: whoever asks for a refresh token must ask for consent too (OpenID Connect Core section
// 11); somebody who has just registered has not allowed anything yet either.
func (a *authRequest) needsConsent(s session) bool {
	return (a.hasPrompt("consent") || a.wantsOfflineAccess()) && a.consentedSID != s.SID
}

// keepRequest remembers a request, and returns it with its id.
func (p *Provider) saveRequest(a authRequest) *authRequest {
	a.id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.requests.put(a.id, &a, now, now.Add(requestLifetime))
	return &a
}

// request returns a copy of the request that a page is about.
func (p *Provider) findRequest(r *http.Request) (authRequest, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	a, ok := p.state.requests.get(r.URL.Query().Get("request"), p.now())
	if !ok {
		return authRequest{}, false
	}
	return *a, true
}

// advance changes the request that is kept, and the copy.
func (p *Provider) updateRequest(a *authRequest, step func(*authRequest)) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	step(a)
	if kept, ok := p.state.requests.get(a.id, p.now()); ok {
		step(kept)
	}
}
