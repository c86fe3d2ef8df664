package auth

import (
	"context"
	"fmt"
	"time"
)

// labels are what can end a session from outside.
func (c *Client) labels(subject, sid string) []string {
	labels := []string{c.subLabel(subject)}
	if sid != "" {
		labels = append(labels, c.sidLabel(sid))
	}
	return labels
}

func (c *Client) subLabel(sub string) string { return hashed("sub", c.cfg.Issuer, sub) }
func (c *Client) sidLabel(sid string) string { return hashed("sid", c.cfg.Issuer, sid) }

// sidEnd is the time of a mark that ends a session of the provider for good: it does not begin again, so
// the mark is as late as it can be, and catches a sign-in that is being finished at this moment.
func (c *Client) sidEnd() time.Time { return c.now().Add(c.cfg.SessionLifetime) }

// mark ends sessions with the label that began before at. The mark outlives them, those to come included.
func (c *Client) mark(ctx context.Context, label string, at time.Time) error {
	if err := c.cfg.Store.EndAll(ctx, label, at, at.Add(c.cfg.SessionLifetime)); err != nil {
		return fmt.Errorf("%w: mark sessions as ended: %w", ErrUnavailable, err)
	}
	return nil
}
