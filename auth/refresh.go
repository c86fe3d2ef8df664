package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// renewBefore is how long before its expiry an access token is renewed, so that it does not expire on its way to
	// the provider.
	renewBefore = 30 * time.Second

	// A session is refreshed by one request at a time, on all instances. That request holds a lease in the store for
	// leaseTime, which it extends every leaseExtend while it works, so that the lease of a process that has died ends
	// soon. The other requests look for its result every leasePoll and give up after leaseWait.
	leaseTime   = 3 * time.Second
	leaseExtend = time.Second / 2
	leasePoll   = 50 * time.Millisecond
)

func (c *Client) refreshTimeout() time.Duration { return 2*c.cfg.ProviderTimeout + 2*time.Second }
func (c *Client) leaseWait() time.Duration      { return max(2*c.cfg.ProviderTimeout, 2*leaseTime) }

// Refresh asks the provider for the current claims of the person and returns the updated user. It renews the access
// token first if necessary (OpenID Connect Core section 12). If several requests of a session call Refresh at the same
// time, on one instance or several, one of them asks the provider and all of them return its result.
//
// The error is one of these:
//   - ErrSignedOut: the session has ended. If the provider rejected the refresh token, the cookie is removed too.
//   - ErrNeedsSignIn: the access token is not valid and cannot be renewed. The session continues.
//   - ErrUnavailable, ErrMisconfigured, ErrBadToken or ErrRefused (a [*ProviderError]): the session continues with its
//     former claims.
func (c *Client) Refresh(w http.ResponseWriter, r *http.Request) (User, error) {
	found, err := sessionOf(r.Context())
	if err != nil {
		return User{}, err
	}
	before := found.session.rec.refreshed
	done := func(r *record) bool { return !r.refreshed.Equal(before) }
	s, err := c.updateUnderLease(w, r, found.session, done, c.refreshSession)
	if err != nil {
		return User{}, err
	}
	return s.user(), nil
}

// updateUnderLease updates the session under its lease and returns it as it is then; see [Client.awaitUpdate].
func (c *Client) updateUnderLease(
	w http.ResponseWriter, r *http.Request, s *session,
	done func(*record) bool, update func(context.Context, *session) error,
) (*session, error) {
	updated, err := c.awaitUpdate(r.Context(), s, done, update)
	// Only a session that this request has ended loses its cookie. If it has ended elsewhere, for example by a new
	// sign-in, the browser may already have the cookie of the next session.
	if errors.Is(err, ErrSignedOut) && errors.Is(err, ErrRefused) {
		c.deleteSessionCookie(w)
	}
	return updated, err
}

// awaitUpdate calls update while holding the lease of the session, or waits until another request that holds it has
// done the work. It re-reads the session under the lease, because another request may have rotated the refresh token,
// and does not call update if done is true of the record. If the client disconnects, waiting stops, but an update that
// has started is completed.
func (c *Client) awaitUpdate(
	request context.Context, s *session, done func(*record) bool, update func(context.Context, *session) error,
) (*session, error) {
	ctx := context.WithoutCancel(request)
	lease := &lease{store: c.cfg.Store, key: "lease:" + s.key, owner: randomBytes(16)}
	timeout := time.NewTimer(c.leaseWait())
	defer timeout.Stop()
	for {
		held, err := lease.acquire(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: acquire the refresh lease: %w", ErrUnavailable, err)
		}
		current, err := c.readSession(ctx, s.token)
		switch {
		case err != nil:
		case current == nil:
			err = ErrSignedOut
		case done(current.rec): // by another request
		case held:
			stop := lease.extend(ctx)
			err = update(ctx, current)
			stop()
		default: // another request is updating it
			current = nil
		}
		if held {
			if err := lease.release(ctx); err != nil {
				c.cfg.Logger.WarnContext(ctx, "refresh lease not deleted; it expires by itself", "err", err)
			}
		}
		if err != nil || current != nil {
			return current, err
		}
		select {
		case <-time.After(leasePoll):
		case <-request.Done():
			return nil, fmt.Errorf("%w: the client has disconnected", ErrUnavailable)
		case <-timeout.C:
			return nil, fmt.Errorf("%w: another refresh of this session takes too long", ErrUnavailable)
		}
	}
}

// refreshSession refreshes a session. The caller holds its lease.
func (c *Client) refreshSession(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, c.refreshTimeout())
	defer cancel()
	m, err := c.traceMetadata(ctx)
	if err != nil {
		return err
	}
	rec, renewed := s.rec, false
	if rec.refresh != "" && c.expiresSoon(rec) {
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
		renewed = true
		info, err = c.userinfo(ctx, m, rec.access, rec.subject)
	}
	denied, isDenied := errors.AsType[*accessDeniedError](err)
	if isDenied { // a sign-out elsewhere revokes the tokens too
		if current, readErr := c.readSession(ctx, s.token); readErr == nil && current == nil {
			return ErrSignedOut
		}
	}
	switch {
	case isDenied && renewed && denied.status == http.StatusForbidden: // a new sign-in would not change it
		return c.explainUserinfo(denied)
	case isDenied:
		return fmt.Errorf("%w: %w", ErrNeedsSignIn, err)
	case err != nil:
		return redactError(err, append(c.clientSecrets(), rec.refresh, rec.id)...)
	}
	id, err := parseStoredIDToken(rec.id)
	if err != nil {
		return err
	}
	if err := rec.setClaims(id.claims, info, c.now(), c.clientSecrets()...); err != nil {
		return err
	}
	return c.saveTraced(ctx, s)
}

// saveTraced saves the session and reports the step.
func (c *Client) saveTraced(ctx context.Context, s *session) error {
	start := c.now()
	err := c.save(s)
	if t := traceOf(ctx); t.listens() {
		t.step(Step{Name: "session", Start: start, Duration: c.now().Sub(start), Err: errorText(err)})
	}
	return err
}

// renewTokens redeems the refresh token and commits the new tokens at once, because a provider that rotates refresh
// tokens no longer accepts the old one. An invalid new ID token fails the refresh. If the provider's keys cannot be
// fetched, the tokens are saved without the new ID token, which is optional, and renewTokens returns the error.
func (c *Client) renewTokens(ctx context.Context, m *metadata, s *session) error {
	rec := s.rec
	token, err := c.redeemRefreshToken(ctx, m, rec.refresh)
	if refused := (*ProviderError)(nil); errors.As(err, &refused) && refused.Code == "invalid_grant" {
		return c.endRejected(ctx, s, err)
	}
	if err != nil {
		return err
	}
	var id *idToken
	var idErr error
	if raw, _ := token.Extra("id_token").(string); raw != "" {
		sent := append(c.clientSecrets(), rec.refresh, rec.access, token.AccessToken, token.RefreshToken, raw)
		want := expectation{accessToken: token.AccessToken, renews: rec}
		id, idErr = c.verifyIDToken(withoutSecrets(ctx, sent...), raw, want)
		idErr = redactError(idErr, sent...)
		if errors.Is(idErr, ErrBadToken) {
			return idErr
		}
	}
	rec.setTokens(token, id, c.now())
	err = c.saveTraced(ctx, s)
	if err == nil && c.wasEnded(ctx, s.key) {
		err = errors.Join(ErrSignedOut, c.cfg.Store.Delete(ctx, s.key))
	}
	if errors.Is(err, ErrSignedOut) { // the sign-out has revoked the old token only
		c.revokeInBackground(ctx, []string{token.RefreshToken})
	}
	if err != nil {
		return err
	}
	return idErr
}

// endRejected ends a session because the provider has rejected its refresh token: the access was ended there, or the
// token was stolen and used twice. The session continues if another request, whose lease expired before this one began,
// has renewed the tokens.
func (c *Client) endRejected(ctx context.Context, s *session, cause error) error {
	current, err := c.readSession(ctx, s.token)
	switch {
	case err != nil:
		return err
	case current == nil:
		return ErrSignedOut
	case current.rec.refresh != s.rec.refresh:
		return fmt.Errorf("%w: another request has renewed the tokens", ErrUnavailable)
	}
	if err := c.cfg.Store.Delete(ctx, s.key); err != nil {
		return fmt.Errorf("%w: delete the session: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", ErrSignedOut, cause)
}
