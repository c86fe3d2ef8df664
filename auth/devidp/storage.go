package devidp

import (
	"context"
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// storage is what op asks for clients (client.go), keys (keys.go), codes (code.go), grants (grant.go) and
// the claims of an ID token. It is apart from Provider, whose methods are for people.
type storage struct{ p *Provider }

var (
	_ op.Storage                   = (*storage)(nil)
	_ op.CanSetUserinfoFromRequest = (*storage)(nil)
)

// SetUserinfoFromRequest adds to an ID token. What is known of the person is left to userinfo (OpenID
// Connect Core section 5.4).
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string) error {
	info.Subject = request.GetSubject() // or the ID token has none
	if r, ok := request.(interface{ sid() string }); ok {
		info.AppendClaims("sid", r.sid())
	}
	return nil
}

// GetRefreshTokenInfo tells op.Revoke whether a token is a refresh token.
func (s *storage) GetRefreshTokenInfo(_ context.Context, _ string, token string) (subject, tokenID string, err error) {
	id, secret := parseSplitToken(token)
	found := false
	s.p.state.view(func(d *savedState) { found = hashMatches(d.Grants[id].RefreshHash, secret) })
	if !found {
		return "", "", op.ErrInvalidRefreshToken
	}
	return "", token, nil
}

// RevokeToken ends the grant of a refresh token (RFC 7009 section 2.1), or one access token alone. What
// it does not know is no error.
func (s *storage) RevokeToken(_ context.Context, token, _, clientID string) *oidc.Error {
	id, secret := parseSplitToken(token)
	var foreign bool
	err := s.p.state.update(func(d *savedState) error {
		if g, ok := d.Grants[id]; ok && hashMatches(g.RefreshHash, secret) {
			if foreign = g.Client != clientID; !foreign {
				delete(d.Grants, id)
			}
		} else if a, ok := d.Access[hash(token)]; ok {
			if foreign = d.Grants[a.Grant].Client != clientID; !foreign {
				delete(d.Access, hash(token))
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return oidc.ErrServerError().WithParent(err)
	case foreign:
		return oidc.ErrInvalidGrant().WithDescription("the token belongs to another client")
	}
	return nil
}

// DeleteAuthRequest is called when a code has been redeemed, which has been remembered already.
func (s *storage) DeleteAuthRequest(context.Context, string) error { return nil }

// SetUserinfoFromScopes is the deprecated half of SetUserinfoFromRequest.
func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// What follows belongs to endpoints of op that are not served here: authorize.go, userinfo.go and
// endsession.go take their place, and other grants, token types and introspection are not offered.

var errNotOffered = errors.New("not offered")

func (s *storage) CreateAuthRequest(context.Context, *oidc.AuthRequest, string) (op.AuthRequest, error) {
	return nil, errNotOffered
}
func (s *storage) AuthRequestByID(context.Context, string) (op.AuthRequest, error) {
	return nil, errNotOffered
}
func (s *storage) SaveAuthCode(context.Context, string, string) error     { return errNotOffered }
func (s *storage) TerminateSession(context.Context, string, string) error { return errNotOffered }
func (s *storage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errNotOffered
}
func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}
func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, errNotOffered
}
func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNotOffered
}
func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
func (s *storage) Health(context.Context) error { return nil }
