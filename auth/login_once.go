package auth

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// A browser can send a callback several times at once: a double click, a reload while the page loads, a proxy that
// repeats a request. A code can be redeemed once, and a careful provider revokes the tokens if it sees the code again
// (RFC 6749 section 4.1.2). So each callback first claims its state in the store. The request that wins redeems the
// code and saves the result in the store. The others wait for the result.
const (
	resultLifetime = time.Minute           // how long the result is kept
	resultPoll     = 50 * time.Millisecond // how often the others look for it
)

// loginTimeout limits the request that wins: the token, the keys, userinfo and the session.
func (c *Client) loginTimeout() time.Duration { return 3*c.cfg.ProviderTimeout + storeTimeout }

// loginClaim is the claim of one callback on its state.
type loginClaim struct {
	won  bool
	at   time.Time // when the winner claimed the state, by its clock
	key  string    // key of the result in the store
	seal sealer    // of the result
}

// claimLogin claims the state of a login attempt. The claim lasts as long as the attempt. The error is ErrUnavailable.
func (c *Client) claimLogin(ctx context.Context, state string, a *attempt) (loginClaim, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	claim := loginClaim{
		key:  "login:" + hashed("login", c.issuerKey(), c.cfg.ClientID, state),
		seal: newSealer(deriveKey(a.Seed, nil, "login result")),
	}
	now := time.Now()
	value := append(binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli())), randomBytes(16)...)
	actual, loaded, err := c.cfg.Store.LoadOrStore(ctx, claim.key, value, now.Add(attemptLifetime))
	switch {
	case err != nil:
		return claim, fmt.Errorf("%w: claim the sign-in: %w", ErrUnavailable, err)
	case loaded && len(actual) == len(value):
		claim.at = time.UnixMilli(int64(binary.BigEndian.Uint64(actual)))
	case !loaded:
		claim.won = true
	}
	return claim, nil
}

// loginResult is the result of a sign-in, for the other copies of its callback. It is sealed with a key that is derived
// from the seed of the attempt, so that only the browser with the attempt's cookie can use it.
type loginResult struct {
	Token         string              `json:"token,omitempty"` // of the session; empty if the sign-in failed
	Refused       *ProviderError      `json:"refused,omitempty"`
	Misconfigured *MisconfiguredError `json:"misconfigured,omitempty"`
	BadToken      bool                `json:"bad_token,omitempty"`
	Check         *CheckError         `json:"check,omitempty"`
}

// saveLoginResult saves the session's token, or the kind of the error.
func (c *Client) saveLoginResult(ctx context.Context, claim loginClaim, token string, err error) {
	result := loginResult{Token: token, BadToken: errors.Is(err, ErrBadToken)}
	errors.As(err, &result.Refused)
	errors.As(err, &result.Misconfigured)
	errors.As(err, &result.Check)
	plain, err := json.Marshal(result)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer cancel()
		now := time.Now()
		err = c.cfg.Store.Create(ctx, claim.key, Entry{
			Data: claim.seal.seal(plain, claim.key), Created: now, Expiry: now.Add(resultLifetime),
		})
	}
	if err != nil {
		c.cfg.Logger.WarnContext(ctx, "result of a sign-in not saved; copies of its callback fail", "err", err)
	}
}

// followLogin waits for the request that redeems the code and returns its result: it sets the same session cookie, or
// returns an error of the same kind. The error is ErrUnknownLogin if the result has expired or the other request did
// not finish.
func (c *Client) followLogin(ctx context.Context, w http.ResponseWriter, claim loginClaim) error {
	limit := c.loginTimeout() + storeTimeout
	remaining := min(time.Until(claim.at.Add(limit)), limit)
	timeout := time.NewTimer(remaining)
	defer timeout.Stop()
	for {
		e, found, err := c.cfg.Store.Find(ctx, claim.key)
		switch {
		case err != nil:
			return fmt.Errorf("%w: find the result of the sign-in: %w", ErrUnavailable, err)
		case found:
			return c.adoptLogin(ctx, w, claim, e.Data)
		}
		select {
		case <-time.After(resultPoll):
		case <-ctx.Done():
			return fmt.Errorf("%w: the client has disconnected", ErrUnavailable)
		case <-timeout.C:
			return fmt.Errorf("%w: it was used by another request", ErrUnknownLogin)
		}
	}
}

// adoptLogin signs the browser in with the session of a result, unless that has ended meanwhile.
func (c *Client) adoptLogin(ctx context.Context, w http.ResponseWriter, claim loginClaim, sealed []byte) error {
	plain, err := claim.seal.open(sealed, claim.key)
	var result loginResult
	if err != nil || json.Unmarshal(plain, &result) != nil {
		return fmt.Errorf("%w: the result of another request cannot be opened", ErrUnknownLogin)
	}
	switch {
	case result.Misconfigured != nil:
		return result.Misconfigured
	case result.Refused != nil:
		return result.Refused
	case result.Check != nil:
		return result.Check
	case result.BadToken:
		return badToken("in another request with the same callback")
	case result.Token == "":
		return fmt.Errorf("%w: in another request with the same callback", ErrUnavailable)
	}
	s, err := c.readSession(ctx, result.Token)
	switch {
	case err != nil:
		return err
	case s == nil:
		return fmt.Errorf("%w: the session that it created has ended", ErrUnknownLogin)
	}
	s.scs.WriteSessionCookie(ctx, w, s.token, s.rec.expires)
	return nil
}
