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
// The code is redeemed once, even if the browser sends the callback several times at the same moment, to one instance
// or to several: one request redeems the code, and the others wait for it and return its result with the same session
// cookie. If the client disconnects, a sign-in that has started is completed. Later, a second callback with the same
// state is ErrUnknownLogin.
//
// The other errors are ErrRefused (a [*ProviderError]), ErrBadToken, ErrMisconfigured and ErrUnavailable. If the
// attempt is known, the error is a [*LoginError], which has the page for which the sign-in began. The
// attempt stays valid, and reloading the page retries it, only if the provider's metadata or the store cannot be read
// at the beginning (ErrUnavailable). After an error, nobody has been signed in and the previous session continues.
//
// If the userinfo endpoint does not accept the access token, the user has the claims of the ID token only, and a
// warning is logged.
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
	cookieName, a, err := c.findAttempt(r, s, query)
	if err != nil {
		if t := traceOf(ctx); t.listens() {
			c.traceUnknownCallback(t, query["state"], err)
		}
		return "", err
	}
	m, err := c.metadata(ctx)
	if t := traceOf(ctx); t.listens() {
		c.traceAttempt(t, m, a)
		c.traceCallback(t, query["state"])
	}
	if err != nil {
		return "", &LoginError{ReturnTo: a.ReturnTo, Retryable: true, Err: err}
	}
	var claim loginClaim
	err = c.checkResponse(ctx, m, a, query)
	reportCheck(ctx, err, func() Check {
		return Check{Step: "callback", Name: "code", Expected: "a code", Got: shortened(query["code"]), OK: true}
	})
	if err == nil {
		if claim, err = c.claimLogin(ctx, query["state"], a); err != nil {
			return "", &LoginError{ReturnTo: a.ReturnTo, Retryable: true, Err: err}
		}
	}
	c.deleteAttempt(w, cookieName) // it cannot be used again, whatever happens next
	c.accountAsked(w, r)
	switch {
	case err != nil:
	case claim.won:
		err = c.completeLogin(w, r, m, a, query["code"], claim)
	default:
		err = c.followLogin(ctx, w, claim)
	}
	if err != nil {
		return "", &LoginError{ReturnTo: a.ReturnTo, Err: err}
	}
	return a.ReturnTo, nil
}

// completeLogin redeems the code, creates the session and saves the result for other copies of the callback.
func (c *Client) completeLogin(
	w http.ResponseWriter, r *http.Request, m *metadata, a *attempt, code string, claim loginClaim,
) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), c.loginTimeout())
	defer cancel()
	token, err := c.startSession(ctx, w, r.UserAgent(), m, a, code)
	c.saveLoginResult(ctx, claim, token, err)
	return err
}

// startSession redeems the code, creates the session and returns its token.
func (c *Client) startSession(
	ctx context.Context, w http.ResponseWriter, userAgent string, m *metadata, a *attempt, code string,
) (token string, err error) {
	rec, labels, err := c.exchangeCode(ctx, m, a, code)
	if err != nil {
		return "", err
	}
	rec.browser, rec.system = describeDevice(userAgent)
	previous, previousErr := sessionOf(ctx)
	start := c.now()
	token, key, err := c.createSession(ctx, w, rec, labels)
	if t := traceOf(ctx); t.listens() {
		c.traceSession(t, start, key, previousErr == nil, err)
	}
	if err != nil {
		c.revokeInBackground(ctx, []string{rec.refresh}) // nobody can use it, and it may be valid for months
		return "", err
	}
	if t := traceOf(ctx); t != nil && t.SignedIn != nil {
		t.SignedIn((&session{key: key, rec: rec}).user())
	}
	if previousErr == nil { // its cookie has been overwritten
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer cancel()
		if err := c.cfg.Store.Delete(ctx, previous.session.key); err != nil {
			c.cfg.Logger.WarnContext(ctx, "previous session not deleted; it ends when it expires", "err", err)
		}
	}
	return token, nil
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

// findAttempt returns the login attempt of a callback and the name of its cookie. The error is ErrUnknownLogin. Its
// text says what is missing, and quotes the error that the provider reports, because it is the cause if state is
// missing.
func (c *Client) findAttempt(
	r *http.Request, s sealer, query map[string]string,
) (cookieName string, a *attempt, err error) {
	cookieName = c.attemptCookiePrefix + query["state"]
	cookie, cookieErr := r.Cookie(cookieName)
	problem := ""
	switch {
	case query["state"] == "":
		problem = "no state"
	case len(r.Cookies()) == 0:
		problem = "the request has no cookies; the browser blocks them, or the sign-in began at another host or scheme " +
			"than that of RedirectURL"
	case cookieErr != nil:
		problem = "no cookie for this state"
	default:
		if a, err = c.openAttempt(s, cookie); err == nil {
			return cookieName, a, nil
		}
		problem = "the cookie has expired or is not valid"
	}
	if code, sent := query["error"]; sent {
		reported := newProviderError("authorization", 0, code, query["error_description"], query["code"], query["state"])
		problem += fmt.Sprintf("; the provider reports %q (%q)", reported.Code, reported.Description)
	}
	return "", nil, fmt.Errorf("%w: %s", ErrUnknownLogin, problem)
}

// checkResponse checks an authorization response. It checks the issuer first, because an error counts only if it comes
// from the right issuer (RFC 9207 section 2.4).
func (c *Client) checkResponse(ctx context.Context, m *metadata, a *attempt, query map[string]string) error {
	if iss, sent := query["iss"]; sent || m.IssParameter {
		check := Check{
			Step: "callback", Name: "iss", Expected: m.Issuer, Got: orNothing(clip(iss, 200)), OK: iss == m.Issuer,
		}
		if !check.OK {
			return &CheckError{Where: "authorization response", Check: check}
		}
		traceOf(ctx).check(check)
	}
	if code, sent := query["error"]; sent {
		refused := newProviderError("authorization", 0, code, query["error_description"],
			query["code"], query["state"], a.nonce(), a.verifier())
		traceOf(ctx).check(Check{Step: "callback", Name: "code", Expected: "a code", Got: "the error " + refused.Code})
		return c.explain(m, refused)
	}
	if query["code"] == "" {
		return &CheckError{Where: "authorization response", Check: Check{
			Step: "callback", Name: "code", Expected: "a code", Got: "neither code nor error",
		}}
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
	ctx = withoutSecrets(ctx, sent...)
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
