package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// storeTimeout bounds what is written although the browser may have gone: a sign-in, its end, fresh
// tokens.
const storeTimeout = 5 * time.Second

// session is what scs loaded for one token, opened.
type session struct {
	ctx      context.Context // carries scs's data
	token    string          // the cookie's value
	key      string          // the store's key: the token's hash
	expiry   time.Time       // when the store lets go of it: idle for too long
	deadline time.Time       // when it ends whatever happens
	rec      *record
}

// readSession loads the session of a token. It returns nil when there is none: never begun, ended,
// expired, or written in a way that this version cannot read.
func (c *Client) readSession(ctx context.Context, token string) (*session, error) {
	if len(token) != sessionTokenLength { // ours have one length; others need not cost a look-up
		return nil, nil
	}
	var call storeCall
	ctx, err := c.scs.Load(context.WithValue(ctx, storeCallKey{}, &call), token)
	if err != nil {
		return nil, fmt.Errorf("%w: read the session: %w", ErrUnavailable, err)
	}
	now := c.now()
	if c.scs.Token(ctx) == "" || !now.Before(call.entry.Expiry) || !now.Before(c.scs.Deadline(ctx)) {
		return nil, nil
	}
	rec, err := openRecord(c.recordSealer(token), c.scs.GetBytes(ctx, recordKey))
	if err != nil {
		return nil, nil
	}
	return &session{ctx: ctx, token: token, key: call.key, expiry: call.entry.Expiry,
		deadline: c.scs.Deadline(ctx), rec: rec}, nil
}

// sessionTokenLength is that of 32 random bytes as scs writes them.
const sessionTokenLength = 43

// createSession keeps the record under a fresh token and hands the token to the browser.
func (c *Client) createSession(ctx context.Context, w http.ResponseWriter, rec *record, labels []string) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	deadline := rec.began.Add(c.cfg.SessionLifetime)
	ctx = context.WithValue(ctx, storeCallKey{}, &storeCall{
		create: true,
		entry:  Entry{Labels: labels, Created: rec.began, Expiry: c.idleEnd(rec.began, deadline)},
	})
	ctx, err := c.scs.Load(ctx, "")
	if err == nil {
		err = c.scs.RenewToken(ctx)
	}
	if err != nil {
		return err
	}
	c.scs.SetDeadline(ctx, deadline)
	c.scs.Put(ctx, recordKey, rec.seal(c.recordSealer(c.scs.Token(ctx))))
	token, expiry, err := c.scs.Commit(ctx)
	if err != nil {
		return fmt.Errorf("%w: keep the session: %w", ErrUnavailable, err)
	}
	c.scs.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// save writes the record of a session back. It is ErrSignedOut when the session has ended meanwhile.
func (c *Client) save(s *session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), storeTimeout)
	defer cancel()
	c.scs.Put(ctx, recordKey, s.rec.seal(c.recordSealer(s.token)))
	_, _, err := c.scs.Commit(ctx)
	switch {
	case errors.Is(err, errEnded):
		return ErrSignedOut
	case err != nil:
		return fmt.Errorf("%w: keep the session: %w", ErrUnavailable, err)
	}
	return nil
}

// endSession deletes the session from the store and the cookie from the browser.
func (c *Client) endSession(w http.ResponseWriter, s *session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), storeTimeout)
	defer cancel()
	if err := c.scs.Destroy(ctx); err != nil {
		return fmt.Errorf("%w: end the session: %w", ErrUnavailable, err)
	}
	c.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// touch moves the idle end of a session, rarely: when a tenth of the idle time has passed since it was last moved.
// It changes the expiry alone, so that it cannot undo what another request writes at the same time.
func (c *Client) touch(ctx context.Context, s *session) {
	end := c.idleEnd(c.now(), s.deadline)
	if end.Sub(s.expiry) < c.cfg.IdleTimeout/10 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := c.cfg.Store.Touch(ctx, s.key, end); err != nil {
		c.cfg.Logger.WarnContext(ctx, "session not prolonged; the next request tries again", "err", err)
	}
}

func (c *Client) idleEnd(now, deadline time.Time) time.Time {
	if end := now.Add(c.cfg.IdleTimeout); end.Before(deadline) {
		return end
	}
	return deadline
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
