package auth

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// A session is stored in two parts, which are sealed with different keys. The record can be opened only with the
// session cookie. The summary is what the person's other sessions need in order to show and to end this one. Its key is
// derived from a value in the store and from the client's secret, so that a stolen store alone opens neither.

// summary is the part of a session that the other sessions of the same person can open.
type summary struct {
	Browser string    `json:"browser,omitempty"`
	System  string    `json:"system,omitempty"`
	Expires time.Time `json:"expires"`

	// Refresh is the refresh token, to be revoked when the session ends. It is empty for a client without a secret of
	// its own, because the store could open the summary then.
	Refresh string `json:"refresh,omitempty"`
}

// joinParts returns the stored form of a session: the length of the summary, the summary and the record.
func joinParts(summary, record []byte) []byte {
	b := make([]byte, 0, binary.MaxVarintLen64+len(summary)+len(record))
	b = binary.AppendUvarint(b, uint64(len(summary)))
	return append(append(b, summary...), record...)
}

// splitParts is the reverse of joinParts.
func splitParts(b []byte) (summary, record []byte, err error) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, errRecord
	}
	return b[width : width+int(n)], b[width+int(n):], nil
}

// sealSession returns the stored form of the session with this token. The error is ErrUnavailable.
func (c *Client) sealSession(ctx context.Context, token string, r *record) ([]byte, error) {
	s, err := c.summarySealer(ctx)
	if err != nil {
		return nil, err
	}
	sum := summary{
		Browser: r.browser, System: r.system, Expires: r.expires.Truncate(time.Microsecond).UTC(),
	}
	if len(c.ownSecret()) > 0 {
		sum.Refresh = r.refresh
	}
	plain, err := json.Marshal(sum)
	if err != nil {
		return nil, err
	}
	return joinParts(s.seal(plain, c.subLabel(r.subject)), r.seal(c.recordSealer(token))), nil
}

// openSession returns the record in the stored form of the session with this token.
func (c *Client) openSession(token string, stored []byte) (*record, error) {
	_, sealed, err := splitParts(stored)
	if err != nil {
		return nil, err
	}
	return openRecord(c.recordSealer(token), sealed)
}

// openSummary returns the summary in the stored form of a session of this person.
func (c *Client) openSummary(s sealer, subject string, stored []byte) (sum summary, err error) {
	sealed, _, err := splitParts(stored)
	if err != nil {
		return summary{}, err
	}
	plain, err := s.open(sealed, c.subLabel(subject))
	if err != nil {
		return summary{}, err
	}
	err = json.Unmarshal(plain, &sum)
	return sum, err
}

// sessionRef returns the reference of the session with this key in the store; see [User.SessionRef].
func sessionRef(key string) string { return hashed("ref", key)[:16] }

// loadSummarySealer returns the sealer of the summaries.
func (c *Client) loadSummarySealer(ctx context.Context) (sealer, error) {
	key, _, err := c.cfg.Store.LoadOrStore(ctx, "key:summary", randomBytes(32), time.Time{})
	if err != nil {
		return sealer{}, err
	}
	purpose := "session summary\x00" + c.issuerKey() + "\x00" + c.cfg.ClientID
	return newSealer(deriveKey(key, c.ownSecret(), purpose)), nil
}

// summarySealer returns the sealer of the summaries. The error is ErrUnavailable.
func (c *Client) summarySealer(ctx context.Context) (sealer, error) {
	s, loaded, err := c.summaryKey.get(ctx, time.Minute)
	if loaded {
		return s, nil
	}
	return sealer{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// ownSecret returns what all instances of the application know and the store does not: the client secret or the private
// key. It returns nil for a public client, and for a key that cannot be exported.
func (c *Client) ownSecret() []byte {
	if c.cfg.ClientKey != nil {
		if der, err := x509.MarshalPKCS8PrivateKey(c.cfg.ClientKey); err == nil {
			return der
		}
	}
	return []byte(c.cfg.ClientSecret)
}
