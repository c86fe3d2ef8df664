package auth

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// attempt is a sign-in under way. It lives in a sealed cookie of its own, named after its state, and
// not in the session: many tabs can sign in at once, none overwrites another's, and a visitor who
// never comes back has cost the store nothing.
type attempt struct {
	began    time.Time
	maxAge   time.Duration // asked for with max_age; negative: not
	seed     []byte        // nonce and code verifier are derived from it
	returnTo string
}

const (
	attemptLifetime = 10 * time.Minute
	attemptVersion  = 1
	seedSize        = 32

	// The cookies of sign-ins under way are sent with each request below the callback's folder; more
	// than servers accept as headers (8 kB is common) would lock the person out.
	maxAttempts     = 30
	maxAttemptBytes = 6 << 10
)

func (a *attempt) nonce() string    { return derived(a.seed, "nonce") }
func (a *attempt) verifier() string { return derived(a.seed, "code_verifier") }

// derived returns 43 characters, the shortest code verifier that RFC 7636 section 4.1 allows.
func derived(seed []byte, purpose string) string {
	return base64.RawURLEncoding.EncodeToString(deriveKey(seed, nil, purpose))
}

func (a *attempt) encode() []byte {
	b := []byte{attemptVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(a.began.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(a.maxAge))
	b = append(b, a.seed...)
	return append(b, a.returnTo...)
}

var errAttempt = errors.New("not a sign-in attempt")

func decodeAttempt(b []byte) (*attempt, error) {
	const head = 1 + 8 + 8 + seedSize
	if len(b) < head || b[0] != attemptVersion {
		return nil, errAttempt
	}
	return &attempt{
		began:    time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))),
		maxAge:   time.Duration(binary.BigEndian.Uint64(b[9:])),
		seed:     b[17:head],
		returnTo: SafeReturnTo(string(b[head:])),
	}, nil
}

// keepAttempt hands the attempt to the browser and makes room for it.
func (c *Client) keepAttempt(w http.ResponseWriter, r *http.Request, seal sealer, state string, a *attempt) {
	name := c.attemptPrefix + state
	value := base64.RawURLEncoding.EncodeToString(seal.seal(a.encode(), name))
	c.dropAttempts(w, r, seal, len(name)+len(value))
	http.SetCookie(w, c.attemptCookie(name, value, int(attemptLifetime/time.Second)))
}

// dropAttempts removes the oldest attempts beyond what fits, and those that are of no use any more.
func (c *Client) dropAttempts(w http.ResponseWriter, r *http.Request, seal sealer, size int) {
	type kept struct {
		name  string
		size  int
		began time.Time
	}
	var all []kept
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, c.attemptPrefix) {
			continue
		}
		k := kept{name: cookie.Name, size: len(cookie.Name) + len(cookie.Value)}
		if a, err := c.openAttempt(seal, cookie); err == nil {
			k.began = a.began
		}
		all = append(all, k)
	}
	// The newest first. Of the same age is the later one newer: browsers send cookies in the order in which they
	// were made (RFC 6265 section 5.4).
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b kept) int { return b.began.Compare(a.began) })
	for i, k := range all {
		size += k.size
		if k.began.IsZero() || i+1 >= maxAttempts || size > maxAttemptBytes {
			c.dropAttempt(w, k.name)
		}
	}
}

func (c *Client) dropAttempt(w http.ResponseWriter, name string) {
	http.SetCookie(w, c.attemptCookie(name, "", -1))
}

func (c *Client) openAttempt(seal sealer, cookie *http.Cookie) (*attempt, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil, errAttempt
	}
	plain, err := seal.open(sealed, cookie.Name)
	if err != nil {
		return nil, err
	}
	a, err := decodeAttempt(plain)
	if err == nil && c.now().Sub(a.began) > attemptLifetime {
		return nil, errAttempt
	}
	return a, err
}

// loadSealer returns what seals attempts. The key is made once and kept in the store, so that all
// instances share it with no variable to set; the client secret is mixed in, so that a stolen store
// alone does not open them.
func (c *Client) loadSealer(ctx context.Context) (sealer, error) {
	key, _, err := c.cfg.Store.LoadOrStore(ctx, "key:attempt", randomBytes(32), time.Time{})
	if err != nil {
		return sealer{}, err
	}
	purpose := "sign-in attempt\x00" + c.cfg.Issuer + "\x00" + c.cfg.ClientID
	return newSealer(deriveKey(key, []byte(c.cfg.ClientSecret), purpose)), nil
}

func (c *Client) attemptSealer(ctx context.Context) (sealer, error) {
	seal, loaded, err := c.sealer.get(ctx, time.Minute)
	if loaded {
		return seal, nil
	}
	return sealer{}, errors.Join(ErrUnavailable, err)
}
