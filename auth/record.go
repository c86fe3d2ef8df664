package auth

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// record is one session: who signed in, and the tokens that go with it. It is kept sealed with a
// key that only the session cookie yields, so that a stolen store gives neither tokens nor people.
type record struct {
	name      string // see [User.Name]
	fullName  string
	email     string
	verified  bool
	subject   string
	began     time.Time // the sign-in here
	expires   time.Time // the absolute end
	refreshed time.Time // when the provider was last asked about the person
	authTime  time.Time // the sign-in at the provider, when it tells
	sid       string    // the session at the provider, when it tells
	nonce     string    // of the sign-in; a renewed ID token may repeat it
	claims    string    // the user object, JSON
	tokens
}

// tokens of a session. They never leave the server but for the ID token, which is the hint at logout.
type tokens struct {
	id            string
	access        string
	accessExpires time.Time // zero: the provider did not tell
	refresh       string    // "": the provider grants none
}

// recordVersion is the first byte of an encoded record. Change it with the layout: what is of another
// version counts as signed out.
const recordVersion = 2

// recordHead is the size of what stands before the strings.
const recordHead = 2 + 5*8

var errRecord = errors.New("not a session record")

// The layout is: version, verified, five times, then strings, each behind its length. It is written by
// hand because every request of a signed-in person reads one: gob takes some thirty times as long.

func (r *record) encode() []byte {
	strings := r.strings()
	size := recordHead
	for _, s := range strings {
		size += binary.MaxVarintLen32 + len(*s)
	}
	b := make([]byte, 0, size)
	b = append(b, recordVersion, 0)
	if r.verified {
		b[1] = 1
	}
	for _, t := range r.times() {
		var micros int64
		if !t.IsZero() {
			micros = t.UnixMicro()
		}
		b = binary.BigEndian.AppendUint64(b, uint64(micros))
	}
	for _, s := range strings {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	return b
}

func (r *record) decode(b []byte) error {
	if len(b) < recordHead || b[0] != recordVersion || b[1] > 1 {
		return errRecord
	}
	r.verified = b[1] == 1
	times := b[2:]
	for _, t := range r.times() {
		if micros := int64(binary.BigEndian.Uint64(times)); micros != 0 {
			*t = time.UnixMicro(micros).UTC()
		}
		times = times[8:]
	}
	rest := string(times) // one copy; the strings below are parts of it
	for _, s := range r.strings() {
		n, width := uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return errRecord
		}
		*s, rest = rest[width:width+int(n)], rest[width+int(n):]
	}
	if rest != "" {
		return errRecord
	}
	return nil
}

func (r *record) times() [5]*time.Time {
	return [...]*time.Time{&r.began, &r.expires, &r.refreshed, &r.authTime, &r.accessExpires}
}

func (r *record) strings() [10]*string {
	return [...]*string{&r.name, &r.fullName, &r.email, &r.subject, &r.sid, &r.nonce, &r.claims, &r.id, &r.access, &r.refresh}
}

// uvarint is binary.Uvarint for a string.
func uvarint(s string) (uint64, int) {
	return binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
}

// seal encodes the record for the store.
func (r *record) seal(s sealer) []byte { return s.seal(r.encode(), "") }

// openRecord is the reverse. What does not open is no session: written by another version, damaged,
// or moved under another key.
func openRecord(s sealer, sealed []byte) (*record, error) {
	plain, err := s.open(sealed, "")
	if err != nil {
		return nil, err
	}
	r := new(record)
	return r, r.decode(plain)
}

// recordSealer seals the record of the session with this token. Issuer and client are part of the key: a
// session of another provider, a development provider say, that was kept in the same store before, is none here.
func (c *Client) recordSealer(token string) sealer {
	purpose := "session record\x00" + c.cfg.Issuer + "\x00" + c.cfg.ClientID
	return newSealer(deriveKey([]byte(token), nil, purpose))
}

// setTokens keeps what a token response brought. A missing refresh token leaves the one before in
// force (RFC 6749 section 6), and so does a missing ID token.
func (r *record) setTokens(t *oauth2.Token, id *idToken, now time.Time) {
	r.access, r.accessExpires = t.AccessToken, time.Time{}
	if t.ExpiresIn > 0 { // counted from our own clock's now
		r.accessExpires = now.Add(time.Duration(min(t.ExpiresIn, 1<<31)) * time.Second)
	}
	if t.RefreshToken != "" {
		r.refresh = t.RefreshToken
	}
	if id != nil {
		r.id = id.raw
	}
}

// setClaims keeps what the provider says about the person.
func (r *record) setClaims(id, info claims, now time.Time) error {
	user := userObject(id, info)
	object, err := json.Marshal(user)
	if err != nil {
		return fmt.Errorf("write the user object: %w", err)
	}
	r.claims, r.refreshed = string(object), now
	r.name, r.fullName = clip(user.displayName(), 256), clip(user.text("name"), 256)
	r.email, r.verified = user.text("email"), user.truth("email_verified")
	return nil
}
