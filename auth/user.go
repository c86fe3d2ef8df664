package auth

import (
	"context"
	"encoding/json"
	"time"
)

// User is who is signed in.
type User struct {
	Subject       string          // sub: the provider's identifier, never reassigned; the key for your own tables
	Name          string          // to show: username, preferred_username, name, nickname, email or sub
	Email         string          // may be empty
	EmailVerified bool            // what the provider says
	Claims        json.RawMessage // the user object: the ID token's claims merged with userinfo, a JSON object
	AuthTime      time.Time       // when they proved who they are at the provider; zero when it does not tell
	SignedInAt    time.Time       // when they signed in here
	RefreshedAt   time.Time       // when the provider was last asked about them
	ExpiresAt     time.Time       // when this session ends, however much it is used

	// SessionRef stands for this session: another sign-in has another. It tells nothing about the session
	// token and may be shown.
	SessionRef string
}

// User returns who is signed in. The error is ErrSignedOut when nobody is, and ErrUnavailable when
// the store cannot tell: both mean that nothing private may be shown.
func (c *Client) User(ctx context.Context) (User, error) {
	switch v := visitOf(ctx); {
	case v.err != nil:
		return User{}, v.err
	case v.session == nil:
		return User{}, ErrSignedOut
	default:
		return v.session.user(), nil
	}
}

func (s *session) user() User {
	r := s.rec
	return User{
		Subject:       r.subject,
		Name:          r.name,
		Email:         r.email,
		EmailVerified: r.verified,
		Claims:        json.RawMessage(r.claims),
		AuthTime:      r.authTime,
		SignedInAt:    r.began,
		RefreshedAt:   r.refreshed,
		ExpiresAt:     s.deadline,
		SessionRef:    hashed("tag", s.token)[:16],
	}
}

// SignedInWithin reports whether the person proved who they are at the provider in the last d, as
// one wants to know before something that cannot be undone. If not, call [Client.BeginLogin] with that MaxAge.
func (c *Client) SignedInWithin(u User, d time.Duration) bool {
	return !u.AuthTime.IsZero() && c.now().Sub(u.AuthTime) <= d+c.cfg.ClockSkew
}
