package auth

import (
	"context"
	"encoding/json"
	"net/http"
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

// visit is one request's look at its session.
type visit struct {
	base    context.Context // the request's, before scs put its data in
	session *session        // nil: signed out
	err     error           // the store could not be read
}

type visitKey struct{}

// Load is the session middleware: what runs inside can ask [Client.User]. It reads the store once
// a request, and not at all for a visitor without a session cookie. Using a page prolongs the
// session, up to its absolute end. When the store cannot be read the request still goes on, and User says why.
func (c *Client) Load(next http.Handler) http.Handler { return c.load(next, true) }

// Peek is [Client.Load] for what a page does by itself, without a person: it does not prolong the
// session.
func (c *Client) Peek(next http.Handler) http.Handler { return c.load(next, false) }

func (c *Client) load(next http.Handler, prolong bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		v := &visit{base: r.Context()}
		if cookie, err := r.Cookie(c.scs.Cookie.Name); err == nil {
			v.session, v.err = c.readSession(r.Context(), cookie.Value)
		}
		if v.session != nil && prolong {
			c.touch(r.Context(), v.session)
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		panic("auth: this handler is not inside Client.Load")
	}
	return v
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
