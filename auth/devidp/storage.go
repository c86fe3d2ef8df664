package devidp

import (
	"context"
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage implements the storage interface of op: clients (client.go), keys (keys.go), codes (code.go), grants
// (grant.go), revocation and the claims of ID tokens. It is a type of its own so that its methods are not exported by
// [Provider].
type storage struct{ p *Provider }

var (
	_ op.Storage                   = (*storage)(nil)
	_ op.CanSetUserinfoFromRequest = (*storage)(nil)
)

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

// The methods below belong to endpoints of op that this package replaces (authorize.go, userinfo.go, endsession.go) or
// does not offer (other grants, token types and introspection).

var errNotSupported = errors.New("not supported")

func (s *storage) CreateAuthRequest(context.Context, *oidc.AuthRequest, string) (op.AuthRequest, error) {
	return nil, errNotSupported
}
func (s *storage) AuthRequestByID(context.Context, string) (op.AuthRequest, error) {
	return nil, errNotSupported
}
func (s *storage) SaveAuthCode(context.Context, string, string) error     { return errNotSupported }
func (s *storage) TerminateSession(context.Context, string, string) error { return errNotSupported }
func (s *storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errNotSupported
}
func (s *storage) SetIntrospectionFromToken(
	context.Context, *oidc.IntrospectionResponse, string, string, string,
) error {
	return errNotSupported
}
func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, errNotSupported
}
func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotSupported
}
func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotSupported
}
func (s *storage) Health(context.Context) error { return nil }
