package devidp

import (
	"encoding/json"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// maxFormSize is the maximum size of a request body in bytes.
const maxFormSize = 64 << 10

// POST /token exchanges a code or a refresh token for new tokens (OpenID Connect Core sections 3.1.3 and 12).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if p.tokenFault(w, r) {
		return
	}
	resp, err := p.issueForGrant(r)
	if err == nil && r.PostForm.Get("grant_type") == string(oidc.GrantTypeCode) {
		err = p.spoilIDToken(resp)
	}
	if err != nil {
		p.tokenError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, resp)
}

// issueForGrant handles the grant types of the token endpoint.
func (p *Provider) issueForGrant(r *http.Request) (*oidc.AccessTokenResponse, error) {
	if err := parseBody(r); err != nil {
		return nil, err
	}
	ctx := r.Context()
	switch r.PostForm.Get("grant_type") {
	case "":
		return nil, oidc.ErrInvalidRequest().WithDescription("grant_type is missing")
	case string(oidc.GrantTypeCode):
		req, err := op.ParseAccessTokenRequest(r, p.op.Decoder())
		if err != nil {
			return nil, err
		}
		secretErr := p.checkSecret(req)
		granted, client, err := op.ValidateAccessTokenRequest(ctx, req, p.op) // uses the code up in any case
		if secretErr != nil {
			return nil, secretErr
		}
		if err != nil {
			return nil, err
		}
		return op.CreateTokenResponse(ctx, granted, client, p.op, true, req.Code, "")
	case string(oidc.GrantTypeRefreshToken):
		req, err := op.ParseRefreshTokenRequest(r, p.op.Decoder())
		if err != nil {
			return nil, err
		}
		granted, client, err := op.ValidateRefreshTokenRequest(ctx, req, p.op)
		if err != nil {
			return nil, err
		}
		return op.CreateTokenResponse(ctx, granted, client, p.op, true, "", req.RefreshToken)
	}
	return nil, oidc.ErrUnsupportedGrantType()
}

// checkSecret checks the client's secret. Its error comes before those about the code, so that a client learns that
// its secret is wrong even if the code is wrong too (RFC 6749 section 5.2). Clients without a secret are checked with
// the code.
func (p *Provider) checkSecret(req *oidc.AccessTokenRequest) error {
	client, known := p.clients[req.ClientID]
	if !known || client.Secret != "" && req.ClientAssertion == "" && !client.secretMatches(req.ClientSecret) {
		return oidc.ErrInvalidClient().WithDescription("the client or its secret is wrong")
	}
	return nil
}

// POST /revoke revokes a token (RFC 7009).
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	if err := parseBody(r); err != nil {
		p.tokenError(w, r, err)
		return
	}
	if r.PostForm.Get("token") == "" {
		p.tokenError(w, r, oidc.ErrInvalidRequest().WithDescription("token is missing"))
		return
	}
	op.Revoke(w, r, p.op)
}

// parseBody parses the form of a request by a client. It ignores the query, which must not contain credentials
// (RFC 6749 section 2.3.1).
func parseBody(r *http.Request) error {
	r.URL.RawQuery = ""
	if err := r.ParseForm(); err != nil {
		return oidc.ErrInvalidRequest().WithDescription("the form could not be read")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return oidc.ErrInvalidRequest().WithDescription("%.40q is present more than once", name)
		}
	}
	return nil
}

// tokenError writes an error response for a client (RFC 6749 section 5.2).
func (p *Provider) tokenError(w http.ResponseWriter, r *http.Request, err error) {
	e := oidc.DefaultToServerError(err, "")
	status := http.StatusBadRequest
	switch e.ErrorType {
	case oidc.InvalidClient:
		status = http.StatusUnauthorized
	case oidc.ServerError:
		status = http.StatusInternalServerError
		p.config.Logger.ErrorContext(r.Context(), "client request failed", "path", r.URL.Path, "err", err)
	}
	p.config.Logger.InfoContext(r.Context(), "client request rejected",
		"path", r.URL.Path, "error", string(e.ErrorType), "description", e.Description)
	if status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="devidp"`)
	}
	answer := map[string]string{"error": string(e.ErrorType)}
	if e.Description != "" {
		answer["error_description"] = e.Description
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
