package auth

import (
	"context"
	"fmt"
)

// FrontChannelLogout ends the session that the provider calls sid, for Front-Channel Logout 1.0 section
// 3: the request comes through a browser, in a frame that gets no cookie, so nothing but the two
// names it. It is ErrBadToken when the issuer is another one. No such session is no error.
func (c *Client) FrontChannelLogout(ctx context.Context, issuer, sid string) error {
	if issuer != c.cfg.Issuer || sid == "" || len(sid) > 1024 {
		return badToken("front-channel logout: iss is not the issuer, or sid is missing")
	}
	// Anybody can ask this. Only what names a session is worth a mark.
	known, err := c.cfg.Store.HasLabel(ctx, c.sidLabel(sid))
	if err != nil {
		return fmt.Errorf("%w: look for the session: %w", ErrUnavailable, err)
	}
	if !known {
		return nil
	}
	return c.mark(ctx, c.sidLabel(sid), c.sidEnd())
}
