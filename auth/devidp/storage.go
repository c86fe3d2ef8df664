package devidp

import (
	"context"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage implements the storage interface of op: clients (client.go), keys (keys.go), codes (code.go), grants
// (grant.go), revocation and the claims of ID tokens. It is a type of its own so that its methods are not exported by
// [Provider].
type storage struct {
	// Storage is nil. Its other methods belong to endpoints that this package replaces (authorize.go, userinfo.go,
	// endsession.go) or does not offer (other grants, token types and introspection), and are not called.
	op.Storage

	p *Provider
}

var _ op.CanSetUserinfoFromRequest = (*storage)(nil)

// SetUserinfoFromRequest sets the sub and sid claims of an ID token. The claims of the scopes are returned by the
// userinfo endpoint only (OpenID Connect Core section 5.4).
func (s *storage) SetUserinfoFromRequest(
	_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string,
) error {
	info.Subject = request.GetSubject() // op replaces the subject of the ID token by this one
	if r, ok := request.(interface{ sid() string }); ok {
		info.AppendClaims("sid", r.sid())
	}
	return nil
}

// GetRefreshTokenInfo reports to op.Revoke whether a token is a refresh token.
func (s *storage) GetRefreshTokenInfo(_ context.Context, _ string, token string) (subject, tokenID string, err error) {
	id, secret := parseSplitToken(token)
	found := false
	s.p.state.view(func(d *savedState) { found = hashMatches(d.Grants[id].RefreshHash, secret) })
	if !found {
		return "", "", op.ErrInvalidRefreshToken
	}
	return "", token, nil
}

// RevokeToken revokes a refresh token with its grant (RFC 7009 section 2.1), or a single access token. An unknown token
// is not an error.
func (s *storage) RevokeToken(_ context.Context, token, _, clientID string) *oidc.Error {
	id, secret := parseSplitToken(token)
	var otherClient bool
	err := s.p.state.update(func(d *savedState) error {
		if g, ok := d.Grants[id]; ok && hashMatches(g.RefreshHash, secret) {
			if otherClient = g.Client != clientID; !otherClient {
				delete(d.Grants, id)
			}
		} else if a, ok := d.Access[hash(token)]; ok {
			if otherClient = d.Grants[a.Grant].Client != clientID; !otherClient {
				delete(d.Access, hash(token))
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return oidc.ErrServerError().WithParent(err)
	case otherClient:
		return oidc.ErrInvalidGrant().WithDescription("the token belongs to another client")
	}
	return nil
}

// DeleteAuthRequest does nothing, because AuthRequestByCode has deleted the code.
func (s *storage) DeleteAuthRequest(context.Context, string) error { return nil }

// SetUserinfoFromScopes does nothing. SetUserinfoFromRequest replaces it.
func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}
