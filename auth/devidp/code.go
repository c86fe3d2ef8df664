package devidp

import (
	"context"
	"errors"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// code is what an authorization code stands for.
type code struct {
	request authRequest
	session session
	grant   string // id of the grant that comes of it
	expires time.Time
	used    bool
	burnt   bool // used twice: nothing comes of it any more
}

// AuthRequestByCode takes the code, for good: it is spent even when the client then turns out to be
// another one. A second use takes back what came of the first (RFC 6749 section 4.1.2). Whether the
// session is still there is for grant to see.
func (s *storage) AuthRequestByCode(ctx context.Context, value string) (op.AuthRequest, error) {
	granted := codeRequest{skew: skewOf(ctx)}
	var refused error
	err := s.p.state.change(func(d *saved) error {
		now := s.p.now()
		c, ok := s.p.state.codes.get(hash(value), now)
		if !ok {
			return errors.New("no such code")
		}
		switch {
		case c.used:
			c.burnt = true
			delete(d.Grants, c.grant)
			refused = errors.New("the code was used before: the tokens that came of it are revoked")
		case !now.Before(c.expires):
			refused = errors.New("the code is too old")
		}
		c.used = true
		granted.code = c
		return nil
	})
	if err := errors.Join(refused, err); err != nil {
		return nil, err
	}
	return granted, nil
}

// codeRequest is a code as op wants to see one.
type codeRequest struct {
	*code
	skew time.Duration
}

func (c codeRequest) GetID() string                      { return c.grant }
func (c codeRequest) GetACR() string                     { return "" }
func (c codeRequest) GetAMR() []string                   { return nil }
func (c codeRequest) GetAudience() []string              { return []string{c.request.client.ID} }
func (c codeRequest) GetAuthTime() time.Time             { return c.session.AuthTime.Add(c.skew) } // see opClient.ClockSkew
func (c codeRequest) GetClientID() string                { return c.request.client.ID }
func (c codeRequest) GetNonce() string                   { return c.request.asked.Nonce }
func (c codeRequest) GetRedirectURI() string             { return c.request.asked.RedirectURI }
func (c codeRequest) GetResponseType() oidc.ResponseType { return c.request.asked.ResponseType }
func (c codeRequest) GetResponseMode() oidc.ResponseMode { return c.request.asked.ResponseMode }
func (c codeRequest) GetScopes() []string                { return c.request.scopes }
func (c codeRequest) GetState() string                   { return c.request.asked.State }
func (c codeRequest) GetSubject() string                 { return c.session.Subject }
func (c codeRequest) Done() bool                         { return true }
func (c codeRequest) sid() string                        { return c.session.SID }
func (c codeRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if c.request.asked.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: c.request.asked.CodeChallenge, Method: c.request.asked.CodeChallengeMethod}
}
