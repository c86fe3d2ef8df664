package auth

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"
)

// record is the content of one session: the person and their tokens. It is stored sealed with a key that is derived
// from the session cookie, so that a stolen store reveals neither. Beside it is a [summary].
type record struct {
	name      string // see [User.Name]
	fullName  string // see [User.FullName]
	email     string
	verified  bool // email_verified
	subject   string
	began     time.Time // time of the sign-in here
	expires   time.Time // absolute end of the session
	refreshed time.Time // time of the last answer of the provider about the person
	authTime  time.Time // time of the sign-in at the provider; zero if unknown
	sid       string    // session at the provider; "" if unknown
	nonce     string    // of the sign-in; a renewed ID token may repeat it
	claims    string    // the user object as JSON
	browser   string    // at sign-in; see [SessionInfo.Browser]
	system    string    // at sign-in; see [SessionInfo.System]
	tokens
}

// tokens are the tokens of a session. They stay on the server, except that the ID token is sent as id_token_hint at
// logout.
type tokens struct {
	id            string
	access        string
	accessExpires time.Time // zero if unknown
	refresh       string    // "" if the provider has issued none
}

// recordVersion is the first byte of an encoded record. Increase it with every change of the layout: a record of
// another version counts as signed out.
const recordVersion = 3

// recordHeader is the size of the part before the strings.
const recordHeader = 2 + 5*8

var errRecord = errors.New("not a session record")

// encode returns the record in this layout: version, verified, five times, and then the strings, each after its length.
// Every request of a signed-in person opens and decodes a record. That takes 3 µs with this layout and 19 µs with JSON;
// see BenchmarkOpenRecord.
func (r *record) encode() []byte {
	strings := r.strings()
	size := recordHeader
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

// decode is the reverse of encode. Times are decoded in UTC.
func (r *record) decode(b []byte) error {
	if len(b) < recordHeader || b[0] != recordVersion || b[1] > 1 {
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
	rest := string(times) // a single copy; the strings are parts of it
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

func (r *record) strings() [12]*string {
	return [...]*string{&r.name, &r.fullName, &r.email, &r.subject, &r.sid, &r.nonce, &r.claims,
		&r.browser, &r.system, &r.id, &r.access, &r.refresh}
}

// uvarint is [binary.Uvarint] for a string.
func uvarint(s string) (uint64, int) {
	return binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
}

// seal encodes and seals the record.
func (r *record) seal(s sealer) []byte { return s.seal(r.encode(), "") }

// openRecord is the reverse of [record.seal]. It returns an error if the record was sealed with another key, is damaged
// or is of another version.
func openRecord(s sealer, sealed []byte) (*record, error) {
	plain, err := s.open(sealed, "")
	if err != nil {
		return nil, err
	}
	r := new(record)
	return r, r.decode(plain)
}

// recordSealer returns the sealer for the record of the session with this token. A session that another issuer or
// client created in the same store cannot be opened, because they are part of the key.
func (c *Client) recordSealer(token string) sealer {
	purpose := "session record\x00" + c.issuerKey() + "\x00" + c.cfg.ClientID
	return newSealer(deriveKey([]byte(token), nil, purpose))
}

// setTokens stores the tokens of a token response. If the response has no new refresh token or ID token, the previous
// one is kept (RFC 6749 section 6).
func (r *record) setTokens(t *oauth2.Token, id *idToken, now time.Time) {
	r.access, r.accessExpires = t.AccessToken, time.Time{}
	if t.ExpiresIn > 0 { // from now on our own clock; t.Expiry ignores Config.Now
		r.accessExpires = now.Add(time.Duration(min(t.ExpiresIn, 1<<31)) * time.Second)
	}
	if t.RefreshToken != "" {
		r.refresh = t.RefreshToken
	}
	if id != nil {
		r.id = id.raw
	}
}

// setClaims stores what the ID token and userinfo say about the person. It leaves out claims that repeat one of the
// secrets or a token of the session.
func (r *record) setClaims(id, info claims, now time.Time, secrets ...string) error {
	user := userObject(id, info)
	user.withoutRepeated(append([]string{r.access, r.refresh, r.id}, secrets...))
	object, err := json.Marshal(user)
	if err != nil {
		return fmt.Errorf("encode the user object: %w", err)
	}
	r.claims, r.refreshed = string(object), now
	r.name, r.fullName = clip(user.displayName(), 256), clip(user.text("name"), 256)
	r.email, r.verified = user.text("email"), user.isTrue("email_verified")
	return nil
}
