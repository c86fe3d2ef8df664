package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

	Browser string // of the sign-in, for example "Firefox"; empty if unknown
	System  string // of the sign-in, for example "Linux"; empty if unknown

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

// HasClaim reports whether a claim has a value: whether it is this string, or a list that contains it. The name of a
// claim inside another is its path, for example realm_access.roles. A claim whose own name contains dots comes first.
// A number or a boolean has the value that JSON writes, for example "true".
//
// Use HasClaim to ask for roles and groups. Make sure that people cannot change the claim themselves at the provider.
// HasClaim parses Claims on each call.
func (u User) HasClaim(name, value string) bool {
	if value == "" {
		return false
	}
	return hasValue(json.RawMessage(u.Claims), name, value)
}

// hasValue reports whether the member of an object, or of an object inside it, has a value.
func hasValue(object json.RawMessage, name, value string) bool {
	var members claims
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	if member, ok := members[name]; ok {
		return isValue(member, value)
	}
	for i, c := range name {
		if member, ok := members[name[:i]]; c == '.' && ok && hasValue(member, name[i+1:], value) {
			return true
		}
	}
	return false
}

// isValue reports whether a claim is a value or a list that contains it.
func isValue(claim json.RawMessage, value string) bool {
	var list []json.RawMessage
	if json.Unmarshal(claim, &list) != nil {
		list = []json.RawMessage{claim}
	}
	for _, item := range list {
		var scalar any
		d := json.NewDecoder(bytes.NewReader(item))
		d.UseNumber()
		if d.Decode(&scalar) != nil {
			continue
		}
		switch scalar := scalar.(type) {
		case string:
			if scalar == value {
				return true
			}
		case bool, json.Number:
			if fmt.Sprint(scalar) == value {
				return true
			}
		}
	}
	return false
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
