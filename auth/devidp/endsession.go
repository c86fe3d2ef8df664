package devidp

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// GET, POST /end_session: a client signs a person out (RP-Initiated Logout 1.0 section 2).
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	req, err := op.ParseEndSessionRequest(r, p.op.Decoder())
	if err != nil {
		p.showRequestError(w, r, err)
		return
	}
	hint := p.idTokenHint(r, req)
	valid, err := op.ValidateEndSessionRequest(r.Context(), req, p.op)
	if err != nil {
		p.showRequestError(w, r, err)
		return
	}
	l := signOutState{client: valid.ClientID}
	if valid.ClientID != "" && req.PostLogoutRedirectURI != "" {
		l.redirectURI = req.PostLogoutRedirectURI
		if req.State != "" {
			l.redirectURI = withQuery(l.redirectURI, url.Values{"state": {req.State}})
		}
	}
	s, signedIn := p.currentSession(r)
	if signedIn && (hint == nil || hint.Subject != s.Subject) { // anybody could have sent the browser here
		http.Redirect(w, r, "/signout?"+url.Values{"request": {p.saveSignOut(l)}}.Encode(), http.StatusSeeOther)
		return
	}
	// The session that the client means, and that of this browser if it is another one of the same
	// person. The first goes without the cookie, which a POST from another site does not bring.
	if hint != nil && hint.SessionID != "" {
		l.sids = append(l.sids, hint.SessionID)
	}
	if signedIn {
		l.sids = append(l.sids, s.SID)
	}
	p.completeSignOut(w, r, l, "")
}

// hint returns the claims of a valid id_token_hint, expired or not. One that is not valid, such as one
// from before the provider's file was removed, is taken for none: the person is asked.
func (p *Provider) idTokenHint(r *http.Request, req *oidc.EndSessionRequest) *oidc.IDTokenClaims {
	if req.IdTokenHint == "" {
		return nil
	}
	claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](r.Context(), req.IdTokenHint, p.op.IDTokenHintVerifier(r.Context()))
	if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
		p.cfg.Logger.InfoContext(r.Context(), "id_token_hint left aside", "err", err)
		req.IdTokenHint = ""
		return nil
	}
	return claims
}
