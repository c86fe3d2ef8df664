package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// User is who is signed in.
type User struct {
	Subject       string          // sub: the provider's identifier, never reassigned; the key for your own tables
	Name          string          // to show: username, preferred_username, name, nickname, email or sub
	FullName      string          // name; may be empty
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

// Claim returns the value of a claim and whether the user object has it. The value is what [encoding/json] decodes into
// an any, except that a number is a [json.Number], so that a long identifier keeps its digits. A claim that is null is
// reported with a nil value.
//
// Claim parses Claims on each call.
func (u User) Claim(name string) (value any, ok bool) {
	var all claims
	if json.Unmarshal(u.Claims, &all) != nil {
		return nil, false
	}
	raw, ok := all[name]
	if !ok {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	return value, true
}

// User returns the person who is signed in, as Load found them when the request began. If this request changes the
// session, use the result of the call that does, such as [Client.Refresh]: User does not change.
//
// The error is ErrSignedOut if nobody is signed in, and ErrUnavailable if the store cannot be read. Do not show
// anything private in either case.
func (c *Client) User(ctx context.Context) (User, error) {
	found, err := sessionOf(ctx)
	return found.user, err
}

func (s *session) user() User {
	r := s.rec
	return User{
		Subject:       r.subject,
		Name:          r.name,
		FullName:      r.fullName,
		Email:         r.email,
		EmailVerified: r.verified,
		Claims:        json.RawMessage(r.claims),
		AuthTime:      r.authTime,
		SignedInAt:    r.began,
		RefreshedAt:   r.refreshed,
		ExpiresAt:     r.expires,
		SessionRef:    hashed("tag", s.token)[:16],
	}
}

// SignedInWithin reports whether the person proved who they are at the provider in the last d, as
// one wants to know before something that cannot be undone. If not, call [Client.BeginLogin] with that MaxAge.
func (c *Client) SignedInWithin(u User, d time.Duration) bool {
	return !u.AuthTime.IsZero() && c.now().Sub(u.AuthTime) <= d+c.cfg.ClockSkew
}
