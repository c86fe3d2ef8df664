package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// attempt is a login attempt: a sign-in that BeginLogin has started. It is stored in a sealed cookie of its own that is
// named after its state, and not in the session. Many tabs can sign in at once without overwriting each other's
// attempt, and a sign-in that is never finished costs the store nothing.
//
// The JSON names are short because a browser sends up to 30 of these cookies at once.
type attempt struct {
	Began    int64         `json:"at"`                // Unix time in microseconds
	MaxAge   time.Duration `json:"max_age,omitempty"` // 0 if max_age is not sent
	Seed     []byte        `json:"seed"`              // nonce and code verifier are derived from it
	ReturnTo string        `json:"to"`
}

const (
	attemptLifetime = 10 * time.Minute
	seedSize        = 32

	// A browser sends the cookies of all attempts with every request below the folder of the callback. These limits
	// keep them below the size of a request header that servers accept, which is often 8 kB.
	maxAttempts     = 30
	maxAttemptBytes = 6 << 10
)

func (a *attempt) nonce() string    { return derived(a.Seed, "nonce") }
func (a *attempt) verifier() string { return derived(a.Seed, "code_verifier") }

// derived returns 43 characters, the shortest code verifier that RFC 7636 section 4.1 allows.
func derived(seed []byte, purpose string) string {
	return base64.RawURLEncoding.EncodeToString(deriveKey(seed, nil, purpose))
}

// encode returns the attempt as JSON. It does not escape "&" for HTML, which would make the cookie of a long query too
// large for a browser.
func (a *attempt) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(a)
	return bytes.TrimSpace(b.Bytes()), err
}

var errAttempt = errors.New("not a login attempt")

func decodeAttempt(b []byte) (*attempt, error) {
	a := new(attempt)
	if json.Unmarshal(b, a) != nil || len(a.Seed) != seedSize {
		return nil, errAttempt
	}
	a.ReturnTo = SafeReturnTo(a.ReturnTo)
	return a, nil
}

// keepAttempt hands the attempt to the browser and makes room for it.
func (c *Client) keepAttempt(w http.ResponseWriter, r *http.Request, seal sealer, state string, a *attempt) error {
	plain, err := a.encode()
	if err != nil {
		return err
	}
	name := c.attemptPrefix + state
	value := base64.RawURLEncoding.EncodeToString(seal.seal(plain, name))
	c.dropAttempts(w, r, seal, len(name)+len(value))
	http.SetCookie(w, c.attemptCookie(name, value, int(attemptLifetime/time.Second)))
	return nil
}

// dropAttempts removes the oldest attempts beyond what fits, and those that are of no use any more.
func (c *Client) dropAttempts(w http.ResponseWriter, r *http.Request, seal sealer, size int) {
	type kept struct {
		name  string
		size  int
		began int64
	}
	var all []kept
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, c.attemptPrefix) {
			continue
		}
		k := kept{name: cookie.Name, size: len(cookie.Name) + len(cookie.Value)}
		if a, err := c.openAttempt(seal, cookie); err == nil {
			k.began = a.Began
		}
		all = append(all, k)
	}
	// The newest first. Of the same age is the later one newer: browsers send cookies in the order in which they
	// were made (RFC 6265 section 5.4).
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b kept) int { return cmp.Compare(b.began, a.began) })
	for i, k := range all {
		size += k.size
		if k.began == 0 || i+1 >= maxAttempts || size > maxAttemptBytes {
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
	if err == nil && c.now().Sub(time.UnixMicro(a.Began)) > attemptLifetime {
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
