package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxSessions is the number of sessions that Sessions returns at most, besides the one of the request.
const maxSessions = 100

// SessionInfo describes one session of a person: one browser in which they are signed in.
type SessionInfo struct {
	Ref        string    // identifies the session for [Client.EndSession]; see [User.SessionRef]
	Current    bool      // whether it is the session of this request
	Browser    string    // at sign-in, as the browser called itself, for example "Firefox"; empty if unknown
	System     string    // at sign-in, for example "Windows"; empty if unknown
	SignedInAt time.Time // time of the sign-in here
	ExpiresAt  time.Time // absolute end of the session, however much it is used

	// LastUsedAt is the last time at which the session is known to have been used. The session may have been used up to
	// a tenth of the idle timeout later, because that is how often its use is stored; and at any time later if less than
	// the idle timeout is left until ExpiresAt, because its use is no longer stored then.
	LastUsedAt time.Time
}

// Sessions returns the sessions of the person who is signed in, newest first, and at most a hundred. The session of the
// request is always among them. Sessions reads the store, but no other session than those of this person.
//
// After the ClientSecret or ClientKey has been changed, Browser and System of the older sessions are empty until their
// tokens are renewed, and ExpiresAt is calculated with the current SessionLifetime. They can be ended as before.
//
// The error is ErrSignedOut if nobody is signed in, and ErrUnavailable if the store cannot be read.
func (c *Client) Sessions(ctx context.Context) ([]SessionInfo, error) {
	found, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	listed, err := c.listSessions(ctx, found.user.Subject)
	if err != nil {
		return nil, err
	}
	current := false
	sessions := make([]SessionInfo, 0, len(listed)+1)
	for _, l := range listed {
		info := SessionInfo{
			Ref: l.ref, Current: l.ref == found.user.SessionRef, Browser: l.Browser, System: l.System,
			SignedInAt: l.Created.Truncate(time.Microsecond).UTC(), ExpiresAt: l.Expires,
			LastUsedAt: l.Expiry.Add(-c.cfg.IdleTimeout),
		}
		if info.LastUsedAt.Before(info.SignedInAt) {
			info.LastUsedAt = info.SignedInAt
		}
		if info.Current {
			info.LastUsedAt, current = c.now(), true
		}
		sessions = append(sessions, info)
	}
	if rec := found.session.rec; !current {
		sessions = append(sessions, SessionInfo{
			Ref: found.user.SessionRef, Current: true, Browser: rec.browser, System: rec.system,
			SignedInAt: rec.began, ExpiresAt: rec.expires, LastUsedAt: c.now(),
		})
	}
	return sessions, nil
}

// EndSession ends the session with this [SessionInfo.Ref] and revokes its refresh token (RFC 7009) in the background.
// It does nothing if the signed-in person has no such session. A request that still uses the session cannot restore it.
// To sign out in the browser of the request, use [Client.BeginLogout] instead.
//
// The refresh token of another browser is not revoked if the client has neither a ClientSecret nor a ClientKey that can
// be exported, or if it was changed since the token was issued. Only that browser's cookie can open it then.
//
// The error is ErrSignedOut if nobody is signed in, and ErrUnavailable if the store cannot end the session.
func (c *Client) EndSession(ctx context.Context, ref string) error {
	_, err := c.endSessions(ctx, func(other string) bool { return other == ref })
	return err
}

// EndAllSessions ends all sessions of the person who is signed in, or all except the one of the request if keepThis is
// true, and revokes their refresh tokens as [Client.EndSession] does. If keepThis is false, it also ends a sign-in that
// is finishing at that moment, and revokes the refresh token of this request's session after 10 seconds. Use
// [Client.BeginLogout] afterwards to delete the cookie and to sign out at the provider.
//
// The error is ErrSignedOut if nobody is signed in, and ErrUnavailable if the store cannot end all sessions. Some may
// have ended then.
func (c *Client) EndAllSessions(ctx context.Context, keepThis bool) error {
	found, err := sessionOf(ctx)
	if err != nil {
		return err
	}
	before := c.now()
	for listed := maxSessions; listed == maxSessions; { // the list is limited, so it may take several
		listed, err = c.endSessions(ctx, func(ref string) bool { return !keepThis || ref != found.user.SessionRef })
		if err != nil {
			return err
		}
	}
	if keepThis {
		return nil
	}
	return c.endAll(context.WithoutCancel(ctx), c.subLabel(found.user.Subject), before)
}

// listedSession is a session in the store and its summary.
type listedSession struct {
	KeyedEntry
	summary
	ref string
}

// listSessions returns the sessions of a person that have not ended. A summary that was sealed before the client's
// secret was changed cannot be opened, and contains the end of the session only.
func (c *Client) listSessions(ctx context.Context, subject string) ([]listedSession, error) {
	s, err := c.summarySealer(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := c.cfg.Store.List(ctx, c.subLabel(subject), maxSessions)
	if err != nil {
		return nil, fmt.Errorf("%w: list the sessions: %w", ErrUnavailable, err)
	}
	var listed []listedSession
	now := c.now()
	for _, e := range entries {
		sum, err := c.openSummary(s, subject, e.Data)
		if err != nil {
			sum = summary{Expires: e.Created.Add(c.cfg.SessionLifetime).Truncate(time.Microsecond).UTC()}
		}
		if now.Before(e.Expiry) && now.Before(sum.Expires) {
			listed = append(listed, listedSession{e, sum, sessionRef(e.Key)})
		}
	}
	return listed, nil
}

// endSessions ends the listed sessions of the person whose reference matches. It returns the length of the list.
func (c *Client) endSessions(ctx context.Context, match func(ref string) bool) (length int, err error) {
	found, err := sessionOf(ctx)
	if err != nil {
		return 0, err
	}
	listed, err := c.listSessions(ctx, found.user.Subject)
	if err != nil {
		return 0, err
	}
	var tokens []string
	for _, l := range listed {
		if !match(l.ref) {
			continue
		}
		token, endErr := c.endListed(ctx, found.user.Subject, l)
		if endErr != nil {
			err = errors.Join(err, endErr)
			continue
		}
		switch {
		case l.ref == found.user.SessionRef: // BeginLogout may follow
			c.revokeAfter(ctx, randomText(16), token)
		case token != "":
			tokens = append(tokens, token)
		}
	}
	c.revokeInBackground(ctx, tokens)
	return len(listed), err
}

// endListed ends a session of the list and returns its refresh token, or "" if only its browser can open it.
func (c *Client) endListed(ctx context.Context, subject string, l listedSession) (refreshToken string, err error) {
	e, ok, err := c.takeSession(ctx, l.Key)
	if err != nil || !ok {
		return l.Refresh, err
	}
	s, err := c.summarySealer(ctx)
	if err != nil {
		return l.Refresh, nil
	}
	sum, err := c.openSummary(s, subject, e.Data)
	if err != nil {
		return l.Refresh, nil
	}
	return sum.Refresh, nil
}

// takeSession deletes a session and returns what was stored last. It reports false if the session had ended. A refresh
// of that session may be running at the same time. When it has received new tokens, it finds the session deleted, or it
// saves them before takeSession reads the session, or it finds the mark; see [Client.wasEnded]. The new tokens are
// revoked in each case. The error is ErrUnavailable.
func (c *Client) takeSession(ctx context.Context, key string) (e Entry, ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	now := time.Now()
	mark := Entry{Created: now, Expiry: now.Add(c.endMarkTime())}
	markErr := c.cfg.Store.Create(ctx, endMark(key), mark) // fails if another request ends the session too
	e, ok, err = c.cfg.Store.Find(ctx, key)
	if err == nil {
		err = c.cfg.Store.Delete(ctx, key)
	}
	if err != nil {
		return Entry{}, false, fmt.Errorf("%w: end the session: %w", ErrUnavailable, errors.Join(err, markErr))
	}
	return e, ok, nil
}

// endMarkTime is how long a mark is kept: longer than a refresh and its commit.
func (c *Client) endMarkTime() time.Duration {
	return c.refreshTimeout() + storeTimeout + 3*time.Second
}

func endMark(key string) string { return "ended:" + key }

// wasEnded reports whether the session with the key was ended by [Client.takeSession] just now. A refresh asks after
// it has saved new tokens, because the session may have been read before and deleted after that.
func (c *Client) wasEnded(ctx context.Context, key string) bool {
	_, ended, err := c.cfg.Store.Find(ctx, endMark(key))
	return ended && err == nil
}
