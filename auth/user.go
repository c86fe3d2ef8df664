package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// User is the person who is signed in, and their session.
type User struct {
	Subject       string          // sub: the provider's permanent identifier; key your own tables by it
	Name          string          // to show: the first of username, preferred_username, name, nickname, email, sub
	FullName      string          // name; may be empty
	Email         string          // may be empty
	EmailVerified bool            // whether the provider has verified Email
	Claims        json.RawMessage // the user object: the claims of the ID token and of userinfo as a JSON object
	AuthTime      time.Time       // time of the sign-in at the provider; zero if unknown
	SignedInAt    time.Time       // time of the sign-in here
	RefreshedAt   time.Time       // time of the last answer of the provider about the person
	ExpiresAt     time.Time       // absolute end of the session, however much it is used

	// SessionRef identifies the session. It is different after the next sign-in. It does not reveal the session token
	// and may be shown.
	SessionRef string
}

// Claim returns the value of a claim in Claims, and whether there is one. The value has the type that [encoding/json]
// decodes into an any, except that a number is a [json.Number], which keeps all digits.
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

// User returns the person who is signed in, as [Client.Load] found them at the beginning of the request. It does not
// change during the request: after [Client.Refresh], use the User that Refresh returns.
//
// The error is ErrSignedOut if nobody is signed in, and ErrUnavailable if the store cannot be read. Do not show
// anything private in either case. User panics if the handler is not inside Load or Peek.
func (c *Client) User(ctx context.Context) (User, error) {
	found, err := sessionOf(ctx)
	return found.user, err
}

// SignedInWithin reports whether the person signed in at the provider within the last d. Use it before an action that
// cannot be undone. If it reports false, call [Client.BeginLogin] with d as MaxAge.
func (c *Client) SignedInWithin(u User, d time.Duration) bool {
	return !u.AuthTime.IsZero() && c.now().Sub(u.AuthTime) <= d+c.cfg.ClockSkew
}
