package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// storeTimeout limits a write to the store that continues if the client disconnects.
const storeTimeout = 5 * time.Second

// requestSession is the session of one request as Load found it. It does not change during the request.
type requestSession struct {
	session *session // nil if nobody is signed in
	user    User
	err     error // ErrUnavailable if the store could not be read
}

type requestSessionKey struct{}

// Load is the session middleware: handlers inside it can call [Client.User]. It reads the store once per request (once
// per session cookie, if the browser sends several), and not at all if the request has no session cookie. A request
// through Load extends the session, up to its absolute end. If the store cannot be read, the request continues and User
// returns the error.
func (c *Client) Load(next http.Handler) http.Handler { return c.load(next, true) }

// Peek is [Client.Load] for background requests, such as polling: it does not extend the session.
func (c *Client) Peek(next http.Handler) http.Handler { return c.load(next, false) }

func (c *Client) load(next http.Handler, extend bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		var found requestSession
		found.session, found.err = c.findSession(r)
		if found.session != nil {
			found.user = found.session.user()
			if extend {
				c.touch(r.Context(), found.session)
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestSessionKey{}, found)))
	})
}

// sessionOf returns the session of a request. It returns ErrSignedOut if nobody is signed in.
func sessionOf(ctx context.Context) (requestSession, error) {
	found, ok := ctx.Value(requestSessionKey{}).(requestSession)
	switch {
	case !ok:
		panic("auth: the handler is not inside Client.Load or Client.Peek")
	case found.err != nil:
		return requestSession{}, found.err
	case found.session == nil:
		return requestSession{}, ErrSignedOut
	}
	return found, nil
}

// session is a session that was read from the store and opened.
type session struct {
	scs    *scs.SessionManager // for this session
	ctx    context.Context     // carries the values that scs has read
	token  string              // value of the session cookie
	key    string              // key in the store: the hash of the token
	expiry time.Time           // when the store drops the session unless it is touched
	rec    *record
}

// maxSessionCookies is how many session cookies of one request are tried.
const maxSessionCookies = 5

// findSession returns the session of a request, or nil if nobody is signed in. A browser sends several cookies of the
// name if another application on the same host or domain has set one too, and the other application can choose the
// order.
func (c *Client) findSession(r *http.Request) (*session, error) {
	var unread error
	tried := 0
	for _, cookie := range r.CookiesNamed(c.scs.Cookie.Name) {
		if len(cookie.Value) != sessionTokenLength || tried == maxSessionCookies {
			continue
		}
		tried++
		s, err := c.readSession(r.Context(), cookie.Value)
		if s != nil {
			return s, nil
		}
		if err != nil {
			unread = err
		}
	}
	return nil, unread
}

// sessionTokenLength is the length of the 32 random bytes of a token as scs encodes them.
const sessionTokenLength = 43

// readSession reads the session of a token. It returns nil if the session never existed, has ended or expired,
// or its record cannot be opened.
func (c *Client) readSession(ctx context.Context, token string) (*session, error) {
	if len(token) != sessionTokenLength { // not a token of ours; spare the store
		return nil, nil
	}
	stored := &scsStore{store: c.cfg.Store}
	m := c.manager(stored)
	ctx, err := m.Load(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("%w: read the session: %w", ErrUnavailable, err)
	}
	if m.Token(ctx) == "" {
		return nil, nil
	}
	rec, err := c.openSession(token, m.GetBytes(ctx, recordKey))
	if err != nil {
		return nil, nil
	}
	if now := c.now(); !now.Before(stored.entry.Expiry) || !now.Before(rec.expires) {
		return nil, nil
	}
	return &session{scs: m, ctx: ctx, token: token, key: stored.key, expiry: stored.entry.Expiry, rec: rec}, nil
}

// createSession stores the record under a new token, sets the session cookie and returns the token and the key in the
// store.
func (c *Client) createSession(
	ctx context.Context, w http.ResponseWriter, rec *record, labels []string,
) (token, key string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	rec.expires = rec.began.Add(c.cfg.SessionLifetime)
	stored := &scsStore{store: c.cfg.Store, create: true, entry: Entry{
		Labels: labels, Created: rec.began, Expiry: c.idleEnd(rec.began, rec.expires),
	}}
	m := c.manager(stored)
	ctx, err = m.Load(ctx, "")
	if err == nil {
		err = m.RenewToken(ctx)
	}
	if err != nil {
		return "", "", err
	}
	sealed, err := c.sealSession(ctx, m.Token(ctx), rec)
	if err != nil {
		return "", "", err
	}
	m.Put(ctx, recordKey, sealed)
	token, _, err = m.Commit(ctx)
	if err != nil {
		return "", "", fmt.Errorf("%w: create the session: %w", ErrUnavailable, err)
	}
	m.WriteSessionCookie(ctx, w, token, rec.expires)
	return token, stored.key, nil
}

// save updates the record in the store. It returns ErrSignedOut if the session has ended meanwhile.
func (c *Client) save(s *session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), storeTimeout)
	defer cancel()
	sealed, err := c.sealSession(ctx, s.token, s.rec)
	if err != nil {
		return err
	}
	s.scs.Put(ctx, recordKey, sealed)
	_, _, err = s.scs.Commit(ctx)
	switch {
	case errors.Is(err, errEnded):
		return ErrSignedOut
	case err != nil:
		return fmt.Errorf("%w: update the session: %w", ErrUnavailable, err)
	}
	return nil
}

// endSession deletes the session from the store and the cookie from the browser. It returns the record that was stored
// last, which has the tokens of a refresh that was running meanwhile.
func (c *Client) endSession(w http.ResponseWriter, s *session) (*record, error) {
	e, ok, err := c.takeSession(s.ctx, s.key)
	if err != nil {
		return nil, err
	}
	c.deleteSessionCookie(w)
	if last, err := c.openSession(s.token, e.Data); ok && err == nil {
		return last, nil
	}
	return s.rec, nil
}

func (c *Client) deleteSessionCookie(w http.ResponseWriter) {
	c.scs.WriteSessionCookie(context.Background(), w, "", time.Time{})
}

// user returns the User of the session.
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
		Browser:       r.browser,
		System:        r.system,
		SessionRef:    sessionRef(s.key),
	}
}

// touch extends the session if a tenth of the idle timeout has passed since it was last extended. It changes only the
// expiry, so it cannot overwrite what another request writes at the same time.
func (c *Client) touch(ctx context.Context, s *session) {
	end := c.idleEnd(c.now(), s.rec.expires)
	if end.Sub(s.expiry) < c.cfg.IdleTimeout/10 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := c.cfg.Store.Touch(ctx, s.key, end); err != nil {
		c.cfg.Logger.WarnContext(ctx, "session not extended; the next request retries", "err", err)
	}
}

// idleEnd returns the time at which a session that is used now expires: after the idle timeout, and not later than its
// absolute end.
func (c *Client) idleEnd(now, absoluteEnd time.Time) time.Time {
	if end := now.Add(c.cfg.IdleTimeout); end.Before(absoluteEnd) {
		return end
	}
	return absoluteEnd
}
