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
	// maxLogoutTokenAge is how old a logout token may be. The specification asks for tokens of
	// about two minutes; a provider that could not deliver tries again.
	maxLogoutTokenAge = 10 * time.Minute
	maxLogoutToken    = 16 << 10 // bytes

	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

// BackChannelLogout ends the sessions that a logout token names (Back-Channel Logout 1.0 sections 2.4 to 2.7): the one
// with its sid, or all of its sub when it has none. No session to end is no error. A session whose
// sign-in is just being finished ends too; one that begins later does not.
//
// ErrBadToken: it is no valid logout token for this client, or was used before. ErrUnavailable: the
// provider's keys or the store cannot be reached; the provider should try again.
func (c *Client) BackChannelLogout(ctx context.Context, logoutToken string) error {
	t, err := c.verifyLogoutToken(ctx, logoutToken)
	if err != nil {
		return err
	}
	label, at := c.subLabel(t.Subject), c.now()
	if t.SessionID != "" {
		label, at = c.sidLabel(t.SessionID), c.sidEnd()
	} else if said := t.IssuedAt.Add(time.Second + c.cfg.ClockSkew); said.Before(at) {
		at = said // not later than the provider said it: what was signed in after that stays
	}
	// A used token is kept with what it ended, so that its second use ends nothing new, and yet
	// makes good what a failing store has left half done.
	key, use := "jti:"+hashed(t.TokenID), []byte(at.UTC().Format(time.RFC3339Nano))
	first, used, err := c.cfg.Store.LoadOrStore(ctx, key, use, t.IssuedAt.Add(maxLogoutTokenAge+2*c.cfg.ClockSkew))
	if err != nil {
		return fmt.Errorf("%w: remember the logout token: %w", ErrUnavailable, err)
	}
	if earlier, err := time.Parse(time.RFC3339Nano, string(first)); used && err == nil {
		at = earlier
	}
	switch err := c.mark(ctx, label, at); {
	case err != nil:
		c.forget(context.WithoutCancel(ctx), key, use) // so that the provider's next try is not taken for a replay
		return err
	case used:
		return badToken("logout token: used before")
	}
	return nil
}

// verifyLogoutToken checks what Back-Channel Logout 1.0 section 2.6 asks for. go-oidc's VerifyLogout
// checks the signature, alg, iss, aud, events, that sub or sid is there and nonce is not; typ and the times are checked here.
func (c *Client) verifyLogoutToken(ctx context.Context, raw string) (*oidc.LogoutToken, error) {
	if raw == "" || len(raw) > maxLogoutToken {
		return nil, badToken("logout token: missing or longer than 16 KiB")
	}
	if err := c.checkLogoutType(raw); err != nil { // cheap, and before any call for keys
		return nil, err
	}
	verifier, err := c.verifySignature(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("logout token: %w", err)
	}
	t, err := verifier.VerifyLogout(ctx, raw)
	if err != nil {
		return nil, badToken("logout token: %v", clipError(err))
	}
	var all claims
	if err := t.Claims(&all); err != nil {
		return nil, badToken("logout token: %v", err)
	}
	// go-oidc reads names in any case, and the last of several.
	for name := range all {
		for _, exact := range []string{"iss", "aud", "sub", "sid", "iat", "exp", "jti", "events", "nonce"} {
			if name != exact && strings.EqualFold(name, exact) {
				return nil, badToken("logout token: %q can be taken for %s", clip(name, 40), exact)
			}
		}
	}
	var events, event claims
	now, skew := c.now(), c.cfg.ClockSkew
	switch {
	case json.Unmarshal(all["events"], &events) != nil || json.Unmarshal(events[logoutEvent], &event) != nil || event == nil:
		return nil, badToken("logout token: the logout event is not an object")
	case now.Add(-skew).After(t.Expiry):
		return nil, badToken("logout token: expired at %v", t.Expiry)
	case t.IssuedAt.IsZero() || t.IssuedAt.After(now.Add(skew)):
		return nil, badToken("logout token: iat is missing or in the future")
	case now.Sub(t.IssuedAt) > maxLogoutTokenAge+skew:
		return nil, badToken("logout token: issued at %v, too long ago", t.IssuedAt)
	}
	return t, nil
}

// checkLogoutType accepts the type that the specification recommends, and the absence or the plain JWT
// of providers that came before it; a token that says it is something else is not a logout token.
func (c *Client) checkLogoutType(raw string) error {
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(c.cfg.SigningAlg)})
	if err != nil {
		return badToken("logout token: %v", clipError(err))
	}
	typ, sent := jws.Signatures[0].Header.ExtraHeaders[jose.HeaderType]
	text, _ := typ.(string)
	switch strings.TrimPrefix(strings.ToLower(text), "application/") { // a media type: RFC 7515 section 4.1.9
	case "logout+jwt", "jwt":
		return nil
	case "":
		if !sent {
			return nil
		}
	}
	return badToken("logout token: typ is %q", clip(fmt.Sprint(typ), 60))
}
