package devidp

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const (
	requestLifetime = time.Hour // long enough for an interruption at the sign-in page
	codeLifetime    = time.Minute
)

// authRequest is an authorization request in progress: its parameters, and what the user has done so far.
type authRequest struct {
	id          string
	params      oidc.AuthRequest
	scopes      []string // the scopes that are granted
	hintSubject string   // subject of the id_token_hint
	client      Client

	chosenSID    string // sid of the session that the user chose or started for this request
	consentedSID string // sid of the session in which the user consented
}

func (a *authRequest) hasPrompt(value string) bool { return slices.Contains(a.params.Prompt, value) }

// needsLogin reports whether the user must sign in, because there is no session or because the session does not
// satisfy the request (OpenID Connect Core section 3.1.2.3).
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

// mustReauthenticate reports whether the user must authenticate again, so that choosing the session is not enough.
func (a *authRequest) mustReauthenticate(s session, now time.Time) bool {
	return a.hasPrompt("login") || a.params.MaxAge != nil && exceedsMaxAge(s, *a.params.MaxAge, now)
}

// exceedsMaxAge reports whether the session is older than max_age in seconds. Every session is older than 0.
func exceedsMaxAge(s session, maxAge uint, now time.Time) bool {
	return maxAge == 0 || now.Sub(s.AuthTime).Seconds() > float64(maxAge)
}

// needsConsent reports whether the user must consent in this session. Offline access always needs consent (OpenID
// Connect Core section 11), also after a registration.
func (a *authRequest) needsConsent(s session) bool {
	return a.consentedSID != s.SID && (a.hasPrompt("consent") || slices.Contains(a.scopes, oidc.ScopeOfflineAccess))
}

// saveRequest saves a new request and returns it with its ID.
func (p *Provider) saveRequest(a authRequest) *authRequest {
	a.id = rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.requests.put(a.id, &a, now, now.Add(requestLifetime))
	return &a
}

// findRequest returns a copy of the request that the query parameter "request" names.
func (p *Provider) findRequest(r *http.Request) (authRequest, bool) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	a, ok := p.state.requests.get(r.URL.Query().Get("request"), p.now())
	if !ok {
		return authRequest{}, false
	}
	return *a, true
}

// withRequest calls h with the authorization request that the query parameter "request" names. Without the parameter,
// the request is empty and the user signs in to the provider only.
func (p *Provider) withRequest(h func(http.ResponseWriter, *http.Request, *authRequest)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := p.findRequest(r)
		if !ok && r.URL.Query().Has("request") {
			p.showEnded(w, r)
			return
		}
		h(w, r, &a)
	}
}

// updateRequest applies a change to the saved request and to a, which is a copy of it.
func (p *Provider) updateRequest(a *authRequest, change func(*authRequest)) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	change(a)
	if saved, ok := p.state.requests.get(a.id, p.now()); ok {
		change(saved)
	}
}
