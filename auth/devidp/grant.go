package devidp

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// refreshLifetime is the lifetime of a refresh token. Each refresh issues a new one.
const refreshLifetime = 30 * 24 * time.Hour

// grant is the access that a user gave a client in one sign-in. If it is deleted, its tokens are invalid.
type grant struct {
	Client   string    `json:"client"`
	Subject  string    `json:"sub"`
	SID      string    `json:"sid"`
	Scopes   []string  `json:"scopes"`
	AuthTime time.Time `json:"auth_time"`
	Expires  time.Time `json:"expires"`

	// RefreshHash is the hash of the current refresh token. If it is empty, the grant ends with the session.
	RefreshHash string `json:"refresh,omitempty"`
}

// accessToken is an access token. It is valid as long as its grant exists.
type accessToken struct {
	Grant   string    `json:"grant"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires"`
}

// CreateAccessToken issues the access token for a code without offline_access.
func (s *storage) CreateAccessToken(
	_ context.Context, request op.TokenRequest,
) (id string, expires time.Time, err error) {
	c, ok := request.(codeRequest)
	if !ok {
		return "", time.Time{}, fmt.Errorf("create access token: unexpected request type %T", request)
	}
	id, _, expires, err = s.issueTokens(c, false)
	return id, expires, err
}

// CreateAccessAndRefreshTokens issues the tokens for a code with offline_access or for a refresh token.
func (s *storage) CreateAccessAndRefreshTokens(
	_ context.Context, request op.TokenRequest, current string,
) (id, refresh string, expires time.Time, err error) {
	switch request := request.(type) {
	case codeRequest:
		return s.issueTokens(request, true)
	case *refreshRequest:
		return s.rotateRefreshToken(request, current)
	}
	return "", "", time.Time{}, fmt.Errorf("create tokens: unexpected request type %T", request)
}

// issueTokens issues the tokens for a code and records the client, which must be notified when the session ends.
func (s *storage) issueTokens(c codeRequest, offline bool) (id, refresh string, expires time.Time, err error) {
	now := s.p.now()
	id, expires = rand.Text(), now.Add(s.p.config.AccessTokenLifetime)
	err = s.p.state.update(func(d *savedState) error {
		g := d.Grants[c.grantID] // zero if a second use of the code or a sign-out has deleted it
		session, ok := d.Sessions[g.SID]
		if !ok {
			return oidc.ErrInvalidGrant().WithDescription("the code was used twice, or the session has ended")
		}
		if !slices.Contains(session.Clients, g.Client) {
			session.Clients = append(slices.Clone(session.Clients), g.Client)
			d.Sessions[g.SID] = session
		}
		g.Expires = expires
		if offline {
			refresh, g.RefreshHash = newSplitToken(c.grantID)
			g.Expires = now.Add(refreshLifetime)
		}
		d.Grants[c.grantID] = g
		d.Access[hash(id)] = accessToken{Grant: c.grantID, Scopes: g.Scopes, Expires: expires}
		return nil
	})
	return id, refresh, expires, err
}

// rotateRefreshToken issues new tokens and replaces the refresh token.
func (s *storage) rotateRefreshToken(
	r *refreshRequest, current string,
) (id, refresh string, expires time.Time, err error) {
	grantID, secret := parseSplitToken(current)
	refresh, refreshHash := newSplitToken(grantID)
	now := s.p.now()
	id, expires = rand.Text(), now.Add(s.p.config.AccessTokenLifetime)
	var rejected error
	err = s.p.state.update(func(d *savedState) error {
		g, ok := d.grantForRefresh(grantID, secret, now)
		if !ok {
			rejected = oidc.ErrInvalidGrant()
			return nil
		}
		g.RefreshHash, g.Expires = refreshHash, now.Add(refreshLifetime)
		d.Grants[grantID] = g
		d.Access[hash(id)] = accessToken{Grant: grantID, Scopes: r.scopes, Expires: expires}
		return nil
	})
	if rejected != nil {
		err = rejected
	}
	return id, refresh, expires, err
}

// grantForRefresh returns the grant of a refresh token. If the refresh token was already replaced, one of two holders
// must have stolen it, so the grant is deleted (RFC 9700 section 4.14.2).
func (d *savedState) grantForRefresh(grantID, secret string, now time.Time) (grant, bool) {
	g, ok := d.Grants[grantID]
	if !ok || g.RefreshHash == "" || !now.Before(g.Expires) {
		return grant{}, false
	}
	if !hashMatches(g.RefreshHash, secret) {
		delete(d.Grants, grantID)
		return grant{}, false
	}
	return g, true
}

// TokenRequestByRefreshToken finds the grant by the ID in the refresh token. It does not check the secret:
// rotateRefreshToken does, after op has authenticated the client.
func (s *storage) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	id, _ := parseSplitToken(token)
	r := &refreshRequest{skew: clockSkew(ctx)}
	var ok bool
	s.p.state.view(func(d *savedState) { r.grant, ok = d.Grants[id] })
	if _, known := s.p.userBySubject(r.grant.Subject); !ok || !known {
		return nil, op.ErrInvalidRefreshToken
	}
	r.scopes = r.grant.Scopes
	return r, nil
}

// refreshRequest adapts a grant to op. It must not implement op.AuthRequest, because op distinguishes them by type.
type refreshRequest struct {
	grant  grant
	scopes []string
	skew   time.Duration // see opClient.ClockSkew
}

func (r *refreshRequest) GetAMR() []string                 { return nil }
func (r *refreshRequest) GetAudience() []string            { return []string{r.grant.Client} }
func (r *refreshRequest) GetAuthTime() time.Time           { return r.grant.AuthTime.Add(r.skew) }
func (r *refreshRequest) GetClientID() string              { return r.grant.Client }
func (r *refreshRequest) GetScopes() []string              { return r.scopes }
func (r *refreshRequest) GetSubject() string               { return r.grant.Subject }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }
func (r *refreshRequest) sid() string                      { return r.grant.SID }
