package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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
	Took     int64         `json:"took,omitempty"` // microseconds until the redirect to the provider, for a trace
}

const (
	attemptLifetime = 10 * time.Minute
	seedSize        = 32

	// A browser sends the cookies of all attempts with every request below the folder of the callback. These limits
	// keep them below the size of a request header that servers accept, which is often 8 kB.
	maxAttempts     = 30
	maxAttemptBytes = 6 << 10

	// maxRedirectHead limits the header of the redirect to the provider, with the cookies that it deletes. A proxy
	// accepts 4 kB by default (nginx: proxy_buffer_size), and the application adds headers of its own.
	maxRedirectHead = 3 << 10
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

// setAttemptCookie sets the cookie of an attempt and deletes old ones to make room for it. authURL is the URL to which
// the same response redirects.
func (c *Client) setAttemptCookie(
	w http.ResponseWriter, r *http.Request, s sealer, state string, a *attempt, authURL string,
) error {
	plain, err := a.encode()
	if err != nil {
		return err
	}
	name := c.attemptCookiePrefix + state
	value := base64.RawURLEncoding.EncodeToString(s.seal(plain, name))
	cookie := c.newCookie(name, value, c.attemptCookiePath, attemptLifetime)
	c.deleteOldAttempts(w, r, s, len(name)+len(value), maxRedirectHead-len(authURL)-len(cookie.String()))
	http.SetCookie(w, cookie)
	return nil
}

// deleteOldAttempts deletes the cookies of attempts that have expired or cannot be opened, and the oldest ones that
// exceed the limits together with a new cookie of newSize bytes. It starts with the least useful ones, and stops when
// the response header has no room left: it always deletes one, and the next sign-ins delete the rest.
func (c *Client) deleteOldAttempts(w http.ResponseWriter, r *http.Request, s sealer, newSize, room int) {
	type attemptCookie struct {
		name  string
		size  int
		began int64
	}
	var all []attemptCookie
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, c.attemptCookiePrefix) {
			continue
		}
		ac := attemptCookie{name: cookie.Name, size: len(cookie.Name) + len(cookie.Value)}
		if a, err := c.openAttempt(s, cookie); err == nil {
			ac.began = a.Began
		}
		all = append(all, ac)
	}
	// Newest first. Of two attempts of the same time, the later cookie is newer, because browsers send cookies in the
	// order of their creation (RFC 6265 section 5.4).
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b attemptCookie) int { return cmp.Compare(b.began, a.began) })
	size, keep := newSize, 0
	for ; keep < len(all); keep++ {
		size += all[keep].size
		if all[keep].began == 0 || keep+1 >= maxAttempts || size > maxAttemptBytes {
			break // none of the rest is kept, because they are older or larger together
		}
	}
	for i := len(all) - 1; i >= keep; i-- {
		room -= len("Set-Cookie: \r\n") + len(c.newCookie(all[i].name, "", c.attemptCookiePath, 0).String())
		if room < 0 && i < len(all)-1 {
			return
		}
		c.deleteAttempt(w, all[i].name)
	}
}

func (c *Client) deleteAttempt(w http.ResponseWriter, cookieName string) {
	http.SetCookie(w, c.newCookie(cookieName, "", c.attemptCookiePath, 0))
}

// openAttempt returns the attempt in a cookie. It returns an error if the cookie was not sealed by this Client under
// this name, or if the attempt has expired.
func (c *Client) openAttempt(s sealer, cookie *http.Cookie) (*attempt, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil, errAttempt
	}
	plain, err := s.open(sealed, cookie.Name)
	if err != nil {
		return nil, err
	}
	a, err := decodeAttempt(plain)
	if err == nil && c.now().Sub(time.UnixMicro(a.Began)) > attemptLifetime {
		return nil, errAttempt
	}
	return a, err
}

// loadAttemptSealer returns the sealer of the attempt cookies. Its key is derived from a random value in the store, so
// that all instances share it, and from the client secret, so that a stolen store alone does not open the cookies.
func (c *Client) loadAttemptSealer(ctx context.Context) (sealer, error) {
	key, _, err := c.cfg.Store.LoadOrStore(ctx, "key:attempt", randomBytes(32), time.Time{})
	if err != nil {
		return sealer{}, err
	}
	purpose := "sign-in attempt\x00" + c.issuerKey() + "\x00" + c.cfg.ClientID
	return newSealer(deriveKey(key, []byte(c.cfg.ClientSecret), purpose)), nil
}

// attemptSealer returns the sealer of the attempt cookies. The error is ErrUnavailable.
func (c *Client) attemptSealer(ctx context.Context) (sealer, error) {
	s, loaded, err := c.attemptKey.get(ctx, time.Minute)
	if loaded {
		return s, nil
	}
	return sealer{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
}
