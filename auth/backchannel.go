package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// maxLogoutTokenAge is the maximum age of a logout token. The specification recommends an expiry of two minutes; a
	// provider that could not deliver a token retries.
	maxLogoutTokenAge = 10 * time.Minute
	maxLogoutToken    = 16 << 10 // bytes

	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

// BackChannelLogout ends the sessions that a logout token names (Back-Channel Logout 1.0 sections 2.4 to 2.7): the
// session with its sid, or if it has no sid, all sessions of its sub that began before the token was issued. A sign-in
// that is finishing at that moment is ended too. If there is no such session, BackChannelLogout returns nil.
//
// The error is ErrBadToken if the token is not a valid logout token for this client or was used before: answer with
// 400. It is ErrUnavailable or only ErrMisconfigured if the provider's keys cannot be fetched or the store cannot be
// reached: answer with 503, so that the provider retries.
func (c *Client) BackChannelLogout(ctx context.Context, logoutToken string) error {
	t, err := c.verifyLogoutToken(ctx, logoutToken)
	if err != nil {
		return err
	}
	label, before := c.subLabel(t.Subject), c.now()
	if t.SessionID != "" {
		label, before = c.sidLabel(t.SessionID), c.endOfSID()
	} else if issued := t.IssuedAt.Add(time.Second + c.cfg.ClockSkew); issued.Before(before) {
		before = issued // a session that began after the token was issued is not ended
	}
	// The store remembers a used token together with its effect. A replay repeats this effect and has no other: it ends
	// no later session, but completes a logout that failed halfway.
	key, value := "jti:"+hashed(t.TokenID), []byte(before.UTC().Format(time.RFC3339Nano))
	until := t.IssuedAt.Add(maxLogoutTokenAge + 2*c.cfg.ClockSkew)
	earlier, used, err := c.cfg.Store.LoadOrStore(ctx, key, value, until)
	if err != nil {
		return fmt.Errorf("%w: remember the logout token: %w", ErrUnavailable, err)
	}
	if at, err := time.Parse(time.RFC3339Nano, string(earlier)); used && err == nil {
		before = at
	}
	switch err := c.endAll(ctx, label, before); {
	case err != nil:
		c.deleteValue(context.WithoutCancel(ctx), key, value) // so that a retry is not rejected as a replay
		return err
	case used:
		return badToken("logout token: used before")
	}
	return nil
}

// verifyLogoutToken checks what Back-Channel Logout 1.0 section 2.6 requires. go-oidc checks alg, iss, aud, events, and
// that sub or sid is present and nonce is not. The type and the times are checked here.
func (c *Client) verifyLogoutToken(ctx context.Context, raw string) (*oidc.LogoutToken, error) {
	if raw == "" || len(raw) > maxLogoutToken {
		return nil, badToken("logout token: missing or longer than 16 KiB")
	}
	if err := c.checkLogoutTokenType(raw); err != nil { // before keys are fetched
		return nil, err
	}
	m, payload, err := c.verifySignature(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("logout token: %w", err)
	}
	t, err := c.newVerifier(m, raw, payload).VerifyLogout(ctx, raw)
	if err != nil {
		return nil, badToken("logout token: %v", clipError(err))
	}
	var all claims
	err = t.Claims(&all)
	if err == nil { // go-oidc ignores the case of names and uses the last of several
		err = all.checkNames("iss", "aud", "sub", "sid", "iat", "exp", "jti", "events", "nonce")
	}
	if err != nil {
		return nil, badToken("logout token: %v", err)
	}
	var events, event claims
	if json.Unmarshal(all["events"], &events) != nil ||
		json.Unmarshal(events[logoutEvent], &event) != nil || event == nil {
		return nil, badToken("logout token: the logout event is not an object")
	}
	now, skew := c.now(), c.cfg.ClockSkew
	switch {
	case now.Add(-skew).After(t.Expiry):
		return nil, badToken("logout token: expired at %v", t.Expiry)
	case t.IssuedAt.IsZero() || t.IssuedAt.After(now.Add(skew)):
		return nil, badToken("logout token: iat is missing or in the future")
	case now.Sub(t.IssuedAt) > maxLogoutTokenAge+skew:
		return nil, badToken("logout token: issued at %v, too long ago", t.IssuedAt)
	}
	return t, nil
}

// checkLogoutTokenType accepts the recommended type, and also JWT and no type, which older providers send. It rejects
// all other types, because such a token is not a logout token.
func (c *Client) checkLogoutTokenType(raw string) error {
	jws, err := jose.ParseSignedCompact(raw, signatureAlgorithms())
	if err != nil {
		return badToken("logout token: %v", clipError(err))
	}
	typ, sent := jws.Signatures[0].Header.ExtraHeaders[jose.HeaderType]
	if !sent {
		return nil
	}
	text, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(text), "application/") { // RFC 7515 section 4.1.9
	case "logout+jwt", "jwt":
		return nil
	}
	return badToken("logout token: typ is %q", clip(fmt.Sprint(typ), 60))
}

// deleteValue deletes a used logout token. If that fails, it expires by itself.
func (c *Client) deleteValue(ctx context.Context, key string, value []byte) {
	if err := c.cfg.Store.CompareAndDelete(ctx, key, value); err != nil {
		c.cfg.Logger.WarnContext(ctx, "logout token not deleted; it expires by itself", "err", err)
	}
}
