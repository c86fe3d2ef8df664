package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"
)

// Token returns an access token of the person who is signed in, for a request to an API. If the token is about to
// expire, Token renews it first (RFC 6749 section 6). If several requests of a session call Token or [Client.Refresh]
// at the same time, on one instance or several, one of them renews the tokens and all of them use the result.
//
// The token is of type Bearer. Its Expiry is zero if the provider did not say when it expires. It contains no refresh
// token: only the Client uses that. Do not log the token or send it to a browser.
//
// An API may reject the token although it has not expired, for example because it was revoked. Token does not notice
// this. [Client.Refresh] does.
//
// The error is one of these:
//   - ErrSignedOut: the session has ended. If the provider rejected the refresh token, the cookie is removed too.
//   - ErrNeedsSignIn: the access token has expired and there is no refresh token. The session continues.
//   - ErrUnavailable, ErrMisconfigured, ErrBadToken or ErrRefused (a [*ProviderError]): the session continues with its
//     former tokens.
func (c *Client) Token(w http.ResponseWriter, r *http.Request) (*oauth2.Token, error) {
	found, err := sessionOf(r.Context())
	if err != nil {
		return nil, err
	}
	old := found.session.rec
	switch {
	case !c.expiresSoon(old):
		return old.accessToken(), nil
	case old.refresh == "" && !c.hasExpired(old):
		return old.accessToken(), nil
	case old.refresh == "":
		return nil, fmt.Errorf("%w: the access token has expired and there is no refresh token", ErrNeedsSignIn)
	}
	done := func(r *record) bool {
		// A new token counts even if its lifetime is so short that it expires soon.
		return !c.expiresSoon(r) || r.access != old.access && !c.hasExpired(r)
	}
	s, err := c.updateUnderLease(w, r, found.session, done, c.renewSession)
	switch {
	case errors.Is(err, ErrUnavailable) && !c.hasExpired(old): // a few seconds are left
		return old.accessToken(), nil
	case err != nil:
		return nil, err
	case s.rec.access == "":
		return nil, fmt.Errorf("%w: the provider issued no access token", ErrNeedsSignIn)
	}
	return s.rec.accessToken(), nil
}

// renewSession renews the tokens of a session. The caller holds its lease.
func (c *Client) renewSession(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, c.refreshTimeout())
	defer cancel()
	m, err := c.traceMetadata(ctx)
	if err != nil {
		return err
	}
	return c.renewTokens(ctx, m, s)
}

// expiresSoon reports whether the access token is missing, has expired, or should be renewed before it is used.
func (c *Client) expiresSoon(r *record) bool {
	return r.access == "" || !r.accessExpires.IsZero() && !c.now().Add(renewBefore).Before(r.accessExpires)
}

// hasExpired reports whether the access token is missing or has expired.
func (c *Client) hasExpired(r *record) bool {
	return r.access == "" || !r.accessExpires.IsZero() && !c.now().Before(r.accessExpires)
}

// accessToken returns the access token for a caller of the package.
func (t *tokens) accessToken() *oauth2.Token {
	return &oauth2.Token{AccessToken: t.access, TokenType: "Bearer", Expiry: t.accessExpires}
}
