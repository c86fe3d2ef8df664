package auth

import (
	"context"
	"fmt"
)

// FrontChannelLogout ends the session that the provider calls sid (Front-Channel Logout 1.0 section 3). The request
// comes from a frame that sends no cookie, so issuer and sid identify the session. If there is no such session,
// FrontChannelLogout returns nil.
//
// The error is ErrBadToken if issuer is not the provider (see [Client.IsIssuer]) or sid is missing, and ErrUnavailable
// if the store cannot be reached.
func (c *Client) FrontChannelLogout(ctx context.Context, issuer, sid string) error {
	if !c.IsIssuer(issuer) || sid == "" || len(sid) > 1024 {
		return badToken("front-channel logout: iss is not the issuer, or sid is missing")
	}
	// The request is not authenticated, so write to the store only if there may be such a session.
	known, err := c.cfg.Store.HasLabel(ctx, c.sidLabel(sid))
	if err != nil {
		return fmt.Errorf("%w: find the session: %w", ErrUnavailable, err)
	}
	if !known {
		return nil
	}
	return c.endAll(ctx, c.sidLabel(sid), c.endOfSID())
}
