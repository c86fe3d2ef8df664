package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// FinishLogin finishes a sign-in. It checks the query of the callback, redeems the code, creates a session with a new
// token and returns the page to redirect to. The previous session of this browser is deleted.
//
// An attempt can be finished once: a second callback with the same state is ErrUnknownLogin. Only if the provider's
// metadata or the store cannot be read at the beginning (ErrUnavailable), the attempt stays valid and reloading the
// page retries it. The other errors are ErrRefused (a [*ProviderError]), ErrBadToken, ErrMisconfigured and
// ErrUnavailable. After an error, nobody has been signed in and the previous session continues.
//
// If the userinfo endpoint does not accept the access token, the user has the claims of the ID token only, and a warning
// is logged.
//
// FinishLogin checks in the order of RFC 9700: that this browser started the attempt, that the response comes from the
// right issuer (RFC 9207), and then the content of the response.
func (c *Client) FinishLogin(w http.ResponseWriter, r *http.Request) (returnTo string, err error) {
	ctx := r.Context()
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	s, err := c.attemptSealer(ctx)
	if err != nil {
		return "", err
	}
	cookieName, a, err := c.findAttempt(r, s, query["state"])
	if err != nil {
		return "", err
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return "", err
	}
	c.deleteAttempt(w, cookieName) // it cannot be used again, whatever happens next
	if err := c.checkResponse(m, a, query); err != nil {
		return "", err
	}
	rec, labels, err := c.exchangeCode(ctx, m, a, query["code"])
	if err != nil {
		return "", err
	}
	rec.browser, rec.system = describeDevice(r.UserAgent())
	previous, previousErr := sessionOf(ctx)
	if err := c.createSession(ctx, w, rec, labels); err != nil {
		return "", err
	}
	if previousErr == nil { // its cookie has been overwritten
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer cancel()
		if err := c.cfg.Store.Delete(ctx, previous.session.key); err != nil {
			c.cfg.Logger.WarnContext(ctx, "previous session not deleted; it ends when it expires", "err", err)
		}
	}
	return a.ReturnTo, nil
}

// parseQuery parses a query and rejects repeated parameters (RFC 6749 section 3.1).
func parseQuery(raw string) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed query", ErrUnknownLogin)
	}
	query := make(map[string]string, len(values))
	for name, v := range values {
		if len(v) > 1 {
			return nil, fmt.Errorf("%w: parameter %q is repeated", ErrUnknownLogin, clip(name, 40))
		}
		query[name] = v[0]
	}
	return query, nil
}

// findAttempt returns the login attempt with this state and the name of its cookie. The error is ErrUnknownLogin.
func (c *Client) findAttempt(r *http.Request, s sealer, state string) (cookieName string, a *attempt, err error) {
	if state == "" {
		return "", nil, fmt.Errorf("%w: no state", ErrUnknownLogin)
	}
	cookieName = c.attemptCookiePrefix + state
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", nil, fmt.Errorf("%w: no cookie for this state", ErrUnknownLogin)
	}
	a, err = c.openAttempt(s, cookie)
	if err != nil {
		return "", nil, fmt.Errorf("%w: the cookie has expired or is not valid", ErrUnknownLogin)
	}
	return cookieName, a, nil
}

// checkResponse checks an authorization response. It checks the issuer first, because an error counts only if it comes
// from the right issuer (RFC 9207 section 2.4).
func (c *Client) checkResponse(m *metadata, a *attempt, query map[string]string) error {
	switch iss, sent := query["iss"]; {
	case sent && iss != m.Issuer:
		return badToken("authorization response: iss is not %q", m.Issuer)
	case !sent && m.IssParameter:
		return badToken("authorization response: iss is missing, although the provider supports it")
	}
	if code, sent := query["error"]; sent {
		return c.explain(m, newProviderError("authorization", 0, code, query["error_description"],
			query["code"], query["state"], a.nonce(), a.verifier()))
	}
	if query["code"] == "" {
		return badToken("authorization response: neither code nor error")
	}
	return nil
}

// exchangeCode redeems the code and returns the record and the labels of the new session.
func (c *Client) exchangeCode(ctx context.Context, m *metadata, a *attempt, code string) (*record, []string, error) {
	began := c.now() // before the code is redeemed, so that a logout in the meantime ends this session
	token, err := c.redeemCode(ctx, m, code, a.verifier())
	if err != nil {
		return nil, nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	sent := append(c.clientSecrets(), code, a.verifier(), a.nonce(), token.AccessToken, token.RefreshToken, raw)
	want := expectation{accessToken: token.AccessToken, nonce: a.nonce(), maxAge: a.MaxAge}
	id, err := c.verifyIDToken(ctx, raw, want)
	if err != nil {
		return nil, nil, redactError(err, sent...)
	}
	info, err := c.userinfo(ctx, m, token.AccessToken, id.Subject)
	if errors.Is(err, errAccessDenied) { // for example because the token is for another API
		c.cfg.Logger.WarnContext(ctx, "signed in with the claims of the ID token only", "err", redactError(err, sent...))
		err = nil
	}
	if err != nil {
		return nil, nil, redactError(err, sent...)
	}
	rec := &record{began: began, subject: id.Subject, authTime: id.AuthTime.Time, sid: id.SID, nonce: id.Nonce}
	rec.setTokens(token, id, c.now())
	if err := rec.setClaims(id.claims, info, c.now(), sent...); err != nil {
		return nil, nil, err
	}
	return rec, c.labels(id.Subject, id.SID), nil
}
