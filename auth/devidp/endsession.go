package devidp

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// GET, POST /end_session signs the user out for a client (RP-Initiated Logout 1.0 section 2). Without a valid
// id_token_hint of the user, it asks first.
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
	out := signOutState{client: valid.ClientID}
	if valid.ClientID != "" && req.PostLogoutRedirectURI != "" {
		out.redirectURI = req.PostLogoutRedirectURI
		if req.State != "" {
			out.redirectURI = withQuery(out.redirectURI, url.Values{"state": {req.State}})
		}
	}
	s, signedIn := p.currentSession(r)
	if signedIn && (hint == nil || hint.Subject != s.Subject) { // any site could have sent the browser here
		http.Redirect(w, r, signOutURL("/signout", p.saveSignOut(out)), http.StatusSeeOther)
		return
	}
	// Both the session of the hint and the session of this browser end. The hint works without the cookie, which the
	// browser does not send with a POST request from another site.
	if hint != nil && hint.SessionID != "" {
		out.sids = append(out.sids, hint.SessionID)
	}
	if signedIn {
		out.sids = append(out.sids, s.SID)
	}
	p.completeSignOut(w, r, out, "")
}

// idTokenHint returns the claims of the id_token_hint, which may have expired. If the hint is invalid, for example
// because the file with its signing key was removed, it is deleted from req and the user is asked.
func (p *Provider) idTokenHint(r *http.Request, req *oidc.EndSessionRequest) *oidc.IDTokenClaims {
	if req.IdTokenHint == "" {
		return nil
	}
	verifier := p.op.IDTokenHintVerifier(r.Context())
	claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](r.Context(), req.IdTokenHint, verifier)
	if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
		p.config.Logger.InfoContext(r.Context(), "id_token_hint ignored", "err", err)
		req.IdTokenHint = ""
		return nil
	}
	return claims
}
