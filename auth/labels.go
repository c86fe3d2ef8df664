package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// labels returns the labels by which the sessions of a person are listed and the provider can end them: one for the
// sub, and one for the sid if there is one. Another client on the same store has other labels.
func (c *Client) labels(subject, sid string) []string {
	labels := []string{c.subLabel(subject)}
	if sid != "" {
		labels = append(labels, c.sidLabel(sid))
	}
	return labels
}

func (c *Client) subLabel(sub string) string {
	return hashed("sub", c.issuerKey(), c.cfg.ClientID, sub)
}
func (c *Client) sidLabel(sid string) string {
	return hashed("sid", c.issuerKey(), c.cfg.ClientID, sid)
}

// endAll ends the sessions with the label that began before a time. The store keeps this mark longer than any session
// that it can end.
//
// A session whose beginning lies in the future was begun by an instance whose clock is ahead of this one. It is in the
// store, so it began before now, and is ended too.
func (c *Client) endAll(ctx context.Context, label string, before time.Time) error {
	err := c.cfg.Store.EndAll(ctx, label, before, before.Add(c.cfg.SessionLifetime))
	var left []KeyedEntry
	if err == nil {
		left, err = c.cfg.Store.List(ctx, label, maxSessions)
	}
	for _, s := range left {
		if s.Created.After(c.now()) {
			err = errors.Join(err, c.cfg.Store.Delete(ctx, s.Key))
		}
	}
	if err != nil {
		return fmt.Errorf("%w: end sessions: %w", ErrUnavailable, err)
	}
	return nil
}

// endOfSID returns the time before which sessions with a sid that has ended began. It lies in the future, because the
// provider does not use the sid again, so that a sign-in that is finishing at that moment is ended too.
func (c *Client) endOfSID() time.Time { return c.now().Add(c.cfg.SessionLifetime) }
