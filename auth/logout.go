package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// maxIDTokenHint bounds the ID token in the address of the logout request. Beyond it the provider's
// server may refuse the address; client_id then says alone who asks.
const maxIDTokenHint = 4 << 10

// BeginLogout signs the person out here and returns the address at the provider that signs them out there as
// well (RP-Initiated Logout 1.0 section 2), with a state that [Client.FinishLogout] knows again. It is empty when
// nobody is signed in, when the provider has no such endpoint, or when it cannot be reached: go home then.
// The refresh token is revoked (RFC 7009) in the background.
// ErrUnavailable: the store could not end the session; the person is still signed in.
func (c *Client) BeginLogout(w http.ResponseWriter, r *http.Request) (endURL string, err error) {
	found, err := sessionOf(r.Context())
	switch {
	case errors.Is(err, ErrSignedOut):
		return "", nil
	case err != nil:
		return "", err
	}
	rec := found.session.rec
	if err := c.endSession(w, found.session); err != nil {
		return "", err
	}
	m, err := c.metadata(r.Context())
	if err != nil {
		c.cfg.Logger.WarnContext(r.Context(), "signed out here; the provider cannot be reached to do the same", "err", err)
		return "", nil
	}
	c.inBackground(r.Context(), "revoke the refresh token", func(ctx context.Context) error {
		return c.revokeToken(ctx, m, rec.refresh)
	})
	return c.endURL(w, m, rec.id)
}

func (c *Client) endURL(w http.ResponseWriter, m *metadata, idToken string) (string, error) {
	if m.EndSessionEndpoint == "" {
		return "", nil
	}
	u, err := url.Parse(m.EndSessionEndpoint)
	if err != nil {
		return "", err
	}
	q := u.Query()
	if len(idToken) <= maxIDTokenHint {
		q.Set("id_token_hint", idToken)
	}
	q.Set("client_id", c.cfg.ClientID)
	if c.cfg.PostLogoutRedirectURL != "" {
		state := random(16)
		http.SetCookie(w, c.endCookie(state, int(attemptLifetime/time.Second)))
		q.Set("post_logout_redirect_uri", c.cfg.PostLogoutRedirectURL)
		q.Set("state", state)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// FinishLogout reports whether a request to the post-logout address answers an [Client.BeginLogout] of this
// browser: its state is the one that was sent (RP-Initiated Logout 1.0 section 3). It is true once.
func (c *Client) FinishLogout(w http.ResponseWriter, r *http.Request) bool {
	state := r.URL.Query().Get("state")
	cookie, err := r.Cookie(c.endName)
	if state == "" || err != nil || !equal(cookie.Value, state) {
		return false
	}
	http.SetCookie(w, c.endCookie("", -1))
	return true
}
