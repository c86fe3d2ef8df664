package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxLogoutQuery is the maximum size of the query of the logout URL, which some servers limit to 2,048 bytes. If the ID
// token does not fit, it is left out, and client_id alone identifies the client.
const maxLogoutQuery = 2048

// BeginLogout ends the session here and returns the URL that signs the person out at the provider (RP-Initiated Logout
// 1.0 section 2), with a state that [Client.FinishLogout] checks. The URL is empty if nobody is signed in, if the
// provider has no end-session endpoint, or if the provider cannot be reached; redirect to a page of your own then. In
// the last two cases the provider may still have the person signed in. Tell them so; the next sign-in of this browser
// asks which account to use.
//
// The refresh token is revoked (RFC 7009) in the background. If the URL is empty, that happens at once. Otherwise it
// happens when the browser returns to FinishLogout of this Client, and after 10 seconds at the latest.
//
// The error is ErrUnavailable if the store cannot end the session. The person is still signed in then.
func (c *Client) BeginLogout(w http.ResponseWriter, r *http.Request) (endURL string, err error) {
	found, err := sessionOf(r.Context())
	switch {
	case errors.Is(err, ErrSignedOut):
		return "", nil
	case err != nil:
		return "", err
	}
	t, start := traceOf(r.Context()), c.now()
	rec, err := c.endSession(w, found.session)
	if t.listens() {
		t.step(Step{Name: "logout", Start: start, Duration: c.now().Sub(start), Err: errorText(err)})
	}
	if err != nil {
		return "", err
	}
	m, err := c.reachableMetadata(r.Context())
	if err != nil || m.EndSessionEndpoint == "" {
		if err != nil {
			c.cfg.Logger.WarnContext(r.Context(), "signed out here only; provider not reachable", "err", err)
		}
		if m != nil {
			c.runInBackground(r.Context(), "refresh token not revoked", func(ctx context.Context) error {
				return c.revokeToken(ctx, m, rec.refresh)
			})
		}
		c.askForAccount(w)
		return "", nil
	}
	state := randomText(16)
	c.revokeAfter(r.Context(), state, rec.refresh)
	if t.listens() {
		t.step(Step{Name: "end_session", Start: c.now(), Endpoint: withoutQuery(m.EndSessionEndpoint)})
	}
	return c.endSessionURL(w, m, rec.id, state)
}

// A provider that has not answered for reachableMaxAge is asked again before the browser is sent there, because a
// browser that cannot reach the provider shows an error page of its own. The answer may take reachableTimeout.
const (
	reachableMaxAge  = 10 * time.Second
	reachableTimeout = time.Second
)

// reachableMetadata returns the provider's metadata. If the provider does not answer now, it returns an error and the
// last good copy, which is nil before the first discovery.
func (c *Client) reachableMetadata(ctx context.Context) (*metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, reachableTimeout)
	defer cancel()
	m, _, err := c.discovery.get(ctx, reachableMaxAge)
	return m, err
}

// endSessionURL returns the URL of the logout request with this state and sets the cookie with it.
func (c *Client) endSessionURL(w http.ResponseWriter, m *metadata, idToken, state string) (string, error) {
	u, err := url.Parse(m.EndSessionEndpoint)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("client_id", c.cfg.ClientID)
	if c.cfg.PostLogoutRedirectURL != "" {
		http.SetCookie(w, c.newCookie(c.logoutCookieName, state, c.logoutCookiePath, attemptLifetime))
		q.Set("post_logout_redirect_uri", c.cfg.PostLogoutRedirectURL)
		q.Set("state", state)
	}
	u.RawQuery = q.Encode()
	q.Set("id_token_hint", idToken)
	if withHint := q.Encode(); len(withHint) <= maxLogoutQuery {
		u.RawQuery = withHint
	}
	return u.String(), nil
}

// FinishLogout reports whether a request to the post-logout URL completes a [Client.BeginLogout] of this browser:
// whether its state is the one that was sent (RP-Initiated Logout 1.0 section 3). It reports true once and then
// deletes the cookie with the state.
func (c *Client) FinishLogout(w http.ResponseWriter, r *http.Request) bool {
	state := r.URL.Query().Get("state")
	sent := func(cookie *http.Cookie) bool { return equal(cookie.Value, state) }
	if state == "" || !slices.ContainsFunc(r.CookiesNamed(c.logoutCookieName), sent) {
		return false
	}
	if t := traceOf(r.Context()); t.listens() {
		t.step(Step{Name: "logged_out", Start: c.now(), Endpoint: withoutQuery(c.cfg.PostLogoutRedirectURL)})
		t.check(Check{Step: "logged_out", Name: "state", Expected: shortened(state), Got: shortened(state), OK: true})
	}
	http.SetCookie(w, c.newCookie(c.logoutCookieName, "", c.logoutCookiePath, 0))
	c.returned(state)
	return true
}
