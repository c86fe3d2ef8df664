package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// metadataMaxAge is how long the discovery document is used before it is fetched again.
const metadataMaxAge = time.Hour

// metadata returns the provider's metadata, and the last good copy if the provider does not answer now. The error is
// ErrUnavailable or ErrMisconfigured.
func (c *Client) metadata(ctx context.Context) (*metadata, error) {
	m, loaded, err := c.discovery.get(ctx, metadataMaxAge)
	if loaded {
		return m, nil
	}
	return nil, unavailable(err)
}

// unavailable returns err as ErrProviderUnavailable, unless it is ErrMisconfigured.
func unavailable(err error) error {
	if errors.Is(err, ErrMisconfigured) || errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrProviderUnavailable, err)
}

// Issuer returns the issuer as the discovery document spells it. Before the first discovery it returns the issuer of
// the configuration, which may differ from that in a trailing slash.
func (c *Client) Issuer() string {
	if m, loaded := c.discovery.last(); loaded {
		return m.Issuer
	}
	return c.cfg.Issuer
}

// IsIssuer reports whether issuer names the provider. A handler of the initiate-login URI asks this about the parameter
// iss (OpenID Connect Core section 4). Before the first discovery a trailing slash does not count.
func (c *Client) IsIssuer(issuer string) bool {
	if m, loaded := c.discovery.last(); loaded {
		return issuer == m.Issuer
	}
	return sameIssuer(issuer, c.cfg.Issuer)
}

// issuerKey identifies the provider in the keys and labels of stored values. It is the same with and without a trailing
// slash in the configuration.
func (c *Client) issuerKey() string { return strings.TrimSuffix(c.cfg.Issuer, "/") }
