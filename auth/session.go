package auth

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
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

// newManager sets scs up. IdleTimeout stays off: with it every request writes, and a request in
// flight writes a session back that was ended meanwhile. The record is committed where it changes,
// before the first byte of the answer, so that a dead store is an error and not half a page; scs's
// LoadAndSave is not used.
func newManager(cfg Config) *scs.SessionManager {
	// Not scs.New, which starts a goroutine for a store of its own that nothing can stop without a race.
	return &scs.SessionManager{
		Store:            scsStore{cfg.Store},
		Codec:            codec{},
		Lifetime:         cfg.SessionLifetime,
		HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name:     cookiePrefix(cfg, "__Host-") + "session",
			Path:     "/",
			HttpOnly: true,
			Secure:   cfg.secure(),
			SameSite: http.SameSiteLaxMode,
			Persist:  true,
		},
	}
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

// recordKey is the one key of an scs session here.
const recordKey = "record"

// codec turns scs's values into bytes: the deadline, then the sealed record.
type codec struct{}

// Encode writes the record; there are no other values.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	sealed, _ := values[recordKey].([]byte)
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(sealed)), uint64(deadline.UnixMicro()))
	return append(b, sealed...), nil
}

// Decode never fails: an error here would be a page that can't be had, on every request, for as long as
// the cookie lives. What makes no sense is a session without a record, which is to be signed out.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	if len(b) < 8 {
		return time.Time{}, map[string]any{}, nil
	}
	deadline := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	return deadline, map[string]any{recordKey: b[8:]}, nil
}
