package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// renewBefore is how long before its end an access token is renewed, so that it does not end
	// on its way to the provider.
	renewBefore = 30 * time.Second

	// One refresh of a session runs at a time, on all instances. Its lease outlives the calls that
	// are made under it and the commit behind them; who waits looks again this often, for this long.
	leaseTime = leaseWork + storeTimeout + 3*time.Second
	leaseWork = 12 * time.Second
	leaseLook = 50 * time.Millisecond
	leaseWait = 2 * callTimeout
)

// Refresh asks the provider again who the person is, renewing the access token when it must
// (OpenID Connect Core section 12), and returns what it says. However many requests of a session
// ask at once, on however many instances, one asks the provider and the others take its answer.
//
// ErrNeedsSignIn: the access token is of no more use and there is nothing to renew it with; the session
// goes on. ErrSignedOut: the session has ended; if because the provider takes its refresh token no more, the cookie is
// removed. ErrUnavailable, ErrBadToken and ErrRefused (a *ProviderError): the session goes on as it was.
func (c *Client) Refresh(w http.ResponseWriter, r *http.Request) (User, error) {
	found, err := sessionOf(r.Context())
	if err != nil {
		return User{}, err
	}
	s, err := c.refreshOnce(r.Context(), found.session)
	if err != nil {
		// Only the session that this request has ended loses its cookie. If it ended elsewhere, for example by a new
		// sign-in, the browser may already hold the cookie of the next session.
		if errors.Is(err, ErrSignedOut) && errors.Is(err, ErrRefused) {
			c.deleteSessionCookie(w)
		}
		return User{}, err
	}
	return s.user(), nil
}

// refreshOnce refreshes under the lease, or waits for who holds it. Under the lease the session is
// read again: what this request loaded may be of before another's refresh, with a refresh token that is spent.
// A client that is gone is waited for no longer, but what has begun for it is ended.
func (c *Client) refreshOnce(request context.Context, s *session) (*session, error) {
	ctx := context.WithoutCancel(request) // a started refresh is completed: its tokens must not be lost
	key, mine := "lease:"+s.key, randomBytes(16)
	giveUp := time.NewTimer(leaseWait)
	defer giveUp.Stop()
	for {
		_, taken, err := c.cfg.Store.LoadOrStore(ctx, key, mine, time.Now().Add(leaseTime))
		if err != nil {
			return nil, fmt.Errorf("%w: take the refresh lease: %w", ErrUnavailable, err)
		}
		fresh, err := c.readSession(ctx, s.token)
		switch {
		case err != nil:
		case fresh == nil:
			err = ErrSignedOut
		case !fresh.rec.refreshed.Equal(s.rec.refreshed): // somebody has done it since this request began
		case !taken:
			err = c.refreshSession(ctx, fresh)
		default:
			fresh = nil
		}
		if !taken {
			c.forget(ctx, key, mine)
		}
		if err != nil || fresh != nil {
			return fresh, err
		}
		select {
		case <-time.After(leaseLook):
		case <-request.Done():
			return nil, fmt.Errorf("%w: nobody waits for this refresh any more", ErrUnavailable)
		case <-giveUp.C:
			return nil, fmt.Errorf("%w: another refresh of this session takes too long", ErrUnavailable)
		}
	}
}

func (c *Client) forget(ctx context.Context, key string, value []byte) {
	if err := c.cfg.Store.CompareAndDelete(ctx, key, value); err != nil {
		c.cfg.Logger.WarnContext(ctx, "a lease or a used token could not be taken back; it ends by itself", "err", err)
	}
}

// refreshSession does the work, with the lease held.
func (c *Client) refreshSession(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, leaseWork)
	defer cancel()
	m, err := c.metadata(ctx)
	if err != nil {
		return err
	}
	rec, renewed := s.rec, false
	if rec.refresh != "" && !rec.accessExpires.IsZero() && !c.now().Add(renewBefore).Before(rec.accessExpires) {
		if err := c.renewTokens(ctx, m, s); err != nil {
			return err
		}
		renewed = true
	}
	info, err := c.userinfo(ctx, m, rec.access, rec.subject)
	if errors.Is(err, errAccessDenied) && rec.refresh != "" && !renewed {
		if err := c.renewTokens(ctx, m, s); err != nil {
			return err
		}
		info, err = c.userinfo(ctx, m, rec.access, rec.subject)
	}
	switch {
	case errors.Is(err, errAccessDenied):
		return fmt.Errorf("%w: %w", ErrNeedsSignIn, err)
	case err != nil:
		return err
	}
	id, err := peekClaims(rec.id)
	if err != nil {
		return err
	}
	if err := rec.setClaims(id.claims, info, c.now()); err != nil {
		return err
	}
	return c.save(s)
}

// renewTokens exchanges the refresh token and commits what comes back at once: where refresh tokens rotate, the
// old one is spent the moment the provider answers. A new ID token that is wrong spoils the answer; one that
// cannot be checked now, for want of the provider's keys, is left out of it, since it need not be there.
func (c *Client) renewTokens(ctx context.Context, m *metadata, s *session) error {
	rec := s.rec
	token, err := c.renew(ctx, m, rec.refresh)
	if refusal := (*ProviderError)(nil); errors.As(err, &refusal) && refusal.Code == "invalid_grant" {
		return c.giveUp(ctx, s, err)
	}
	if err != nil {
		return err
	}
	var id *idToken
	if raw, _ := token.Extra("id_token").(string); raw != "" {
		id, err = c.verifyIDToken(ctx, raw, expectation{accessToken: token.AccessToken, renews: rec})
		if err != nil && !errors.Is(err, ErrUnavailable) {
			return err
		}
	}
	rec.setTokens(token, id, c.now())
	saved := c.save(s)
	if errors.Is(saved, ErrSignedOut) { // the sign-out could not know this token, so that it is given back here
		c.inBackground(ctx, "revoke the refresh token of a session that ended meanwhile", func(ctx context.Context) error {
			return c.revokeToken(ctx, m, token.RefreshToken)
		})
	}
	if saved != nil {
		return saved
	}
	return err
}

// giveUp ends a session whose refresh token the provider takes no more: the person, an administrator or
// a thief's second use has ended it there. Unless the token has been exchanged by
// somebody else in this moment, whose lease ran out before ours began.
func (c *Client) giveUp(ctx context.Context, s *session, cause error) error {
	again, err := c.readSession(ctx, s.token)
	switch {
	case err != nil:
		return err
	case again == nil:
		return ErrSignedOut
	case again.rec.refresh != s.rec.refresh:
		return fmt.Errorf("%w: the tokens were renewed by another request", ErrUnavailable)
	}
	if err := c.cfg.Store.Delete(ctx, s.key); err != nil {
		return fmt.Errorf("%w: end the session: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", ErrSignedOut, cause)
}
