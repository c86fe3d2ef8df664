package devidp

import (
	"context"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// code is the request and the session for which an authorization code was issued.
type code struct {
	request authRequest
	session session
}

// AuthRequestByCode redeems a code. The code cannot be used again, even if op then rejects the client.
//
// It creates the grant, for which issueTokens then issues the tokens. A second use of the code deletes the grant and so
// revokes its tokens (RFC 6749 section 4.1.2). If the grant is deleted between the two steps, no tokens are issued.
func (s *storage) AuthRequestByCode(ctx context.Context, value string) (op.AuthRequest, error) {
	c := codeRequest{grantID: hash(value), skew: clockSkew(ctx)}
	var ok bool
	err := s.p.state.update(func(d *savedState) error {
		if c.code, ok = s.p.state.codes.take(c.grantID, s.p.now()); !ok {
			delete(d.Grants, c.grantID)
			return nil
		}
		d.Grants[c.grantID] = grant{
			Client: c.GetClientID(), Subject: c.GetSubject(), SID: c.sid(), Scopes: c.GetScopes(),
			AuthTime: c.session.AuthTime, Expires: s.p.now().Add(s.p.config.AccessTokenLifetime),
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errors.New("the code is unknown, used or expired; if it was used, its tokens are revoked")
	}
	return c, nil
}

// codeRequest adapts a code to op.
type codeRequest struct {
	code
	grantID string        // hash of the code
	skew    time.Duration // see opClient.ClockSkew
}

func (c codeRequest) GetID() string                      { return c.grantID }
func (c codeRequest) GetACR() string                     { return "" }
func (c codeRequest) GetAMR() []string                   { return nil }
func (c codeRequest) GetAudience() []string              { return []string{c.request.client.ID} }
func (c codeRequest) GetAuthTime() time.Time             { return c.session.AuthTime.Add(c.skew) }
func (c codeRequest) GetClientID() string                { return c.request.client.ID }
func (c codeRequest) GetNonce() string                   { return c.request.params.Nonce }
func (c codeRequest) GetRedirectURI() string             { return c.request.params.RedirectURI }
func (c codeRequest) GetResponseType() oidc.ResponseType { return c.request.params.ResponseType }
func (c codeRequest) GetResponseMode() oidc.ResponseMode { return c.request.params.ResponseMode }
func (c codeRequest) GetScopes() []string                { return c.request.scopes }
func (c codeRequest) GetState() string                   { return c.request.params.State }
func (c codeRequest) GetSubject() string                 { return c.session.Subject }
func (c codeRequest) Done() bool                         { return true }
func (c codeRequest) sid() string                        { return c.session.SID }
func (c codeRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if c.request.params.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: c.request.params.CodeChallenge, Method: c.request.params.CodeChallengeMethod}
}
