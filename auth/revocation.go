package auth

import (
	"context"
	"errors"
	"time"
)

// revokeAfterLogout is how long the refresh token of a session stays valid if the browser does not return from the
// provider's sign-out, which may lead over another identity provider.
const revokeAfterLogout = 10 * time.Second

// revokeAfter revokes a refresh token in the background when the browser returns from the provider's sign-out with this
// state, and otherwise after revokeAfterLogout or when [Client.Wait] is called. A provider may end its session with the
// token (Keycloak does). It can then no longer sign the person out at the identity provider behind it.
func (c *Client) revokeAfter(ctx context.Context, state, refreshToken string) {
	if refreshToken == "" {
		return
	}
	returned := make(chan struct{})
	c.leaving.Store(state, returned)
	c.background.Go(func() {
		timer := time.NewTimer(revokeAfterLogout)
		defer timer.Stop()
		select {
		case <-returned:
		case <-timer.C:
		case <-c.waiting:
		}
		c.leaving.Delete(state)
		c.revokeInBackground(ctx, []string{refreshToken})
	})
}

// returned reports to revokeAfter that the browser is back with this state.
func (c *Client) returned(state string) {
	if channel, ok := c.leaving.LoadAndDelete(state); ok {
		close(channel.(chan struct{}))
	}
}

// revokeInBackground revokes refresh tokens, a few at the same time.
func (c *Client) revokeInBackground(ctx context.Context, tokens []string) {
	const concurrent = 8
	for i := range min(concurrent, len(tokens)) {
		c.runInBackground(ctx, "refresh token of an ended session not revoked", func(ctx context.Context) error {
			m, err := c.metadata(ctx)
			if err != nil {
				return err
			}
			for ; i < len(tokens); i += concurrent {
				err = errors.Join(err, c.revokeToken(ctx, m, tokens[i]))
			}
			return err
		})
	}
}
