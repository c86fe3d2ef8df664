package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// FinishLogin takes the provider's answer from the query of the callback, signs the person in under a
// fresh session token and returns the page to redirect to. Whoever was signed in before is not any
// more.
//
// An attempt can be finished once: a reloaded callback is ErrUnknownLogin. When the provider or the store
// cannot be reached before the code is redeemed, the error is ErrUnavailable and the attempt is kept: reloading tries again.
// Otherwise ErrRefused (a *ProviderError) and ErrBadToken tell what went wrong, and nobody is signed in.
//
// The order of the checks is that of RFC 9700: is the answer to a question that this browser asked,
// does it come from the issuer that was asked (RFC 9207), and only then what it says.
func (c *Client) FinishLogin(w http.ResponseWriter, r *http.Request) (returnTo string, err error) {
	query, err := single(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	seal, err := c.attemptSealer(r.Context())
	if err != nil {
		return "", err
	}
	cookie, a, err := c.findAttempt(r, seal, query["state"])
	if err != nil {
		return "", err
	}
	m, err := c.metadata(r.Context())
	if err != nil {
		return "", err
	}
	c.dropAttempt(w, cookie) // from here on it is spent, whatever becomes of it
	if err := c.checkAnswer(m, query); err != nil {
		return "", err
	}
	rec, labels, err := c.identify(r.Context(), m, a, query["code"])
	if err != nil {
		return "", err
	}
	previous, previousErr := sessionOf(r.Context())
	if err := c.createSession(r.Context(), w, rec, labels); err != nil {
		return "", err
	}
	if previousErr == nil { // its cookie is overwritten already
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storeTimeout)
		defer cancel()
		if err := c.cfg.Store.Delete(ctx, previous.session.key); err != nil {
			c.cfg.Logger.WarnContext(ctx, "previous session not deleted; it ends when it expires", "err", err)
		}
	}
	return a.ReturnTo, nil
}

// single parses a query in which no parameter may be repeated (RFC 6749 section 3.1).
func single(raw string) (map[string]string, error) {
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

func (c *Client) findAttempt(r *http.Request, seal sealer, state string) (cookieName string, a *attempt, err error) {
	if state == "" {
		return "", nil, fmt.Errorf("%w: no state", ErrUnknownLogin)
	}
	name := c.attemptPrefix + state
	cookie, err := r.Cookie(name)
	if err != nil {
		return "", nil, fmt.Errorf("%w: no cookie for this state", ErrUnknownLogin)
	}
	a, err = c.openAttempt(seal, cookie)
	if err != nil {
		return "", nil, fmt.Errorf("%w: its cookie is too old or not ours", ErrUnknownLogin)
	}
	return name, a, nil
}

// checkAnswer looks at the issuer first: an error, too, counts only from who was asked (RFC 9207
// section 2.4).
func (c *Client) checkAnswer(m *metadata, query map[string]string) error {
	switch iss, sent := query["iss"]; {
	case sent && iss != c.cfg.Issuer:
		return badToken("authorization response: iss is not %q", c.cfg.Issuer)
	case !sent && m.IssParameter:
		return badToken("authorization response: iss is missing, which this provider always sends")
	}
	if code, sent := query["error"]; sent {
		return newProviderError("authorization", 0, code, query["error_description"])
	}
	if query["code"] == "" {
		return badToken("authorization response: neither code nor error")
	}
	return nil
}

// identify turns a code into who signed in.
func (c *Client) identify(ctx context.Context, m *metadata, a *attempt, code string) (rec *record, labels []string, err error) {
	began := c.now() // before the code is redeemed: a logout that comes while it is ends this session too
	token, err := c.redeem(ctx, m, code, a.verifier())
	if err != nil {
		return nil, nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := c.verifyIDToken(ctx, raw, expectation{accessToken: token.AccessToken, nonce: a.nonce(), maxAge: a.MaxAge})
	if err != nil {
		return nil, nil, err
	}
	info, err := c.userinfo(ctx, m, token.AccessToken, id.Subject)
	if errors.Is(err, errAccessDenied) {
		err = newProviderError("userinfo", http.StatusUnauthorized, "invalid_token", "the access token of this sign-in was not accepted")
	}
	if err != nil {
		return nil, nil, err
	}
	rec = &record{began: began, subject: id.Subject, authTime: id.AuthTime.Time, sid: id.SID, nonce: id.Nonce}
	rec.setTokens(token, id, c.now())
	if err := rec.setClaims(id.claims, info, c.now()); err != nil {
		return nil, nil, err
	}
	return rec, c.labels(id.Subject, id.SID), nil
}
