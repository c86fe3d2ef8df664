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

// refreshLifetime is how long a refresh token is good for when it is not used.
const refreshLifetime = 30 * 24 * time.Hour

// grant is what a person gave a client in one sign-in. What came of it goes with it.
type grant struct {
	Client      string    `json:"client"`
	Subject     string    `json:"sub"`
	SID         string    `json:"sid"`
	Scopes      []string  `json:"scopes"`
	AuthTime    time.Time `json:"auth_time"`
	RefreshHash string    `json:"refresh,omitempty"` // hash of the refresh token that is good now; empty: the session's end ends the grant
	Expires     time.Time `json:"expires"`
}

// accessToken is good as long as its grant is there.
type accessToken struct {
	Grant   string    `json:"grant"`
	Scopes  []string  `json:"scopes"`
	Expires time.Time `json:"expires"`
}

// CreateAccessToken is called for a code without offline_access.
func (s *storage) CreateAccessToken(_ context.Context, request op.TokenRequest) (id string, expires time.Time, err error) {
	c, ok := request.(codeRequest)
	if !ok {
		return "", time.Time{}, fmt.Errorf("an access token for a %T", request)
	}
	id, _, expires, err = s.issueTokens(c, false)
	return id, expires, err
}

// CreateAccessAndRefreshTokens is called for a code with offline_access, and for a refresh token.
func (s *storage) CreateAccessAndRefreshTokens(_ context.Context, request op.TokenRequest, current string) (id, refresh string, expires time.Time, err error) {
	switch request := request.(type) {
	case codeRequest:
		return s.issueTokens(request, true)
	case *refreshRequest:
		return s.rotateRefreshToken(request, current)
	}
	return "", "", time.Time{}, fmt.Errorf("tokens for a %T", request)
}

// grant makes what comes of a code. The session remembers the client, which wants to hear of its end.
func (s *storage) issueTokens(c codeRequest, offline bool) (id, refresh string, expires time.Time, err error) {
	now := s.p.now()
	id, expires = rand.Text(), now.Add(s.p.cfg.AccessTokenLifetime)
	err = s.p.state.update(func(d *savedState) error {
		g, granted := d.Grants[c.grantID]
		session, signedIn := d.Sessions[g.SID]
		if !granted || !signedIn {
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

// rotate gives a new refresh token for the current one, unless that was spent a moment ago.
func (s *storage) rotateRefreshToken(r *refreshRequest, current string) (id, refresh string, expires time.Time, err error) {
	grantID, secret := parseSplitToken(current)
	refresh, refreshHash := newSplitToken(grantID)
	now := s.p.now()
	id, expires = rand.Text(), now.Add(s.p.cfg.AccessTokenLifetime)
	var refused error
	err = s.p.state.update(func(d *savedState) error {
		g, ok := d.grantForRefresh(grantID, secret, now)
		if !ok {
			refused = oidc.ErrInvalidGrant()
			return nil
		}
		g.RefreshHash, g.Expires = refreshHash, now.Add(refreshLifetime)
		d.Grants[grantID] = g
		d.Access[hash(id)] = accessToken{Grant: grantID, Scopes: r.scopes, Expires: expires}
		return nil
	})
	if refused != nil {
		err = refused
	}
	return id, refresh, expires, err
}

// refreshable finds the grant of a refresh token. A spent one tells that there are two holders, of whom
// one stole it: the grant is over for both (RFC 9700 section 4.14.2).
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

// TokenRequestByRefreshToken only finds the grant, by the half of the token that is no secret: rotate
// looks at the other half, when op knows that the client is the right one.
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

// refreshRequest is a grant as op wants to see one. It must not look like an op.AuthRequest: op tells them apart by type.
type refreshRequest struct {
	grant  grant
	scopes []string
	skew   time.Duration
}

func (r *refreshRequest) GetAMR() []string                 { return nil }
func (r *refreshRequest) GetAudience() []string            { return []string{r.grant.Client} }
func (r *refreshRequest) GetAuthTime() time.Time           { return r.grant.AuthTime.Add(r.skew) } // see opClient.ClockSkew
func (r *refreshRequest) GetClientID() string              { return r.grant.Client }
func (r *refreshRequest) GetScopes() []string              { return r.scopes }
func (r *refreshRequest) GetSubject() string               { return r.grant.Subject }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }
func (r *refreshRequest) sid() string                      { return r.grant.SID }
