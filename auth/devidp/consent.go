package devidp

import (
	"net/http"
	"slices"
)

// GET /consent shows what the client asks for.
func (p *Provider) consentPage(w http.ResponseWriter, r *http.Request, a *authRequest) {
	s, signedIn := p.currentSession(r)
	if a.id == "" || !signedIn {
		p.showEnded(w, r)
		return
	}
	var scopes []string
	for _, s := range []struct{ name, meaning string }{
		{"openid", "See who you are"},
		{"profile", "See your name and username"},
		{"email", "See your email address"},
		{"offline_access", "Keep access when you are not here"},
	} {
		if slices.Contains(a.scopes, s.name) {
			scopes = append(scopes, s.meaning)
		}
	}
	user, _ := p.userBySubject(s.Subject)
	p.render(w, r, http.StatusOK, "consent.html", map[string]any{
		"Query": requestQuery(a), "Client": a.client.Name, "User": user.displayName(), "Scopes": scopes,
	})
}

// POST /consent continues the request with the user's consent. The Cancel button sends POST /cancel instead.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request, a *authRequest) {
	s, signedIn := p.currentSession(r)
	if a.id == "" || !signedIn || r.PostForm.Get("answer") != "allow" {
		p.showEnded(w, r)
		return
	}
	p.updateRequest(a, func(a *authRequest) { a.consentedSID = s.SID })
	p.proceed(w, r, a, s, true)
}
