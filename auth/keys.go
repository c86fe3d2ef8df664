package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyMaxAge is how long the provider's keys are used before they are fetched again. A key that the provider has
// withdrawn is trusted no longer than that.
const keyMaxAge = time.Hour

// keySet verifies signatures with the provider's keys (jwks_uri). It differs from go-oidc's key set in two ways: a key
// of an unknown type does not invalidate the others, and the number of fetches is limited, because strangers can cause
// them by sending tokens with unknown key IDs to the back-channel logout endpoint.
type keySet struct {
	keys   *cached[[]jose.JSONWebKey]
	budget budget
}

// errKeysFresh means that the budget for fetches is used up.
var errKeysFresh = errors.New("the provider's keys were fetched moments ago")

// newKeySet returns a key set that limits the successful calls of fetch. It does not limit verifications: many tokens
// share one fetch. Failed fetches are limited by retryAfter instead.
func newKeySet(cfg Config, fetch func(context.Context) ([]jose.JSONWebKey, error)) *keySet {
	s := new(keySet)
	limited := func(ctx context.Context) ([]jose.JSONWebKey, error) {
		if !s.budget.take(cfg.Now()) {
			return nil, errKeysFresh
		}
		keys, err := fetch(ctx)
		if err != nil {
			s.budget.giveBack()
		}
		return keys, err
	}
	s.keys = &cached[[]jose.JSONWebKey]{now: cfg.Now, timeout: cfg.ProviderTimeout, fetch: limited}
	return s
}

// parseJWT parses a JWT that is signed with one algorithm. The error is ErrBadToken, and ErrMisconfigured as well if
// the algorithm is another one.
func parseJWT(jwt, alg string) (*jose.JSONWebSignature, error) {
	jws, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err == nil {
		return jws, nil
	}
	if err := checkAlgorithm(jwt, alg); err != nil {
		return nil, err
	}
	return nil, badToken("malformed JWT: %v", clipError(err))
}

// verify checks the signature of a JWT with the provider's keys and returns the payload. If no known key has the
// token's key ID, verify fetches the keys again at once, because providers rotate keys without notice. The error is
// ErrBadToken. If the keys cannot be fetched, which says nothing about the token, the error is ErrUnavailable, or
// ErrMisconfigured alone.
func (s *keySet) verify(ctx context.Context, jws *jose.JSONWebSignature) (payload []byte, err error) {
	keys, _, fetchErr := s.keys.get(ctx, keyMaxAge)
	if fetchErr == nil { // otherwise the copy is old, and its key may have been withdrawn
		if payload, ok := verifyWith(keys, jws); ok {
			return payload, nil
		}
		if keys, _, fetchErr = s.keys.get(ctx, 0); errors.Is(fetchErr, errKeysFresh) {
			fetchErr = nil // use the copy that was fetched moments ago
		}
	}
	if fetchErr != nil {
		return nil, unavailable(fetchErr)
	}
	if payload, ok := verifyWith(keys, jws); ok {
		return payload, nil
	}
	return nil, &CheckError{Where: "JWT", Check: Check{
		Step: "token", Name: "signature", Expected: "a key of the provider",
		Got: "key " + orNothing(clip(jws.Signatures[0].Header.KeyID, 60)) + ", which does not match",
	}}
}

// verifyWith tries the keys with the token's key ID, or all keys if the token has none: the key ID is optional if the
// provider has one key (OpenID Connect Core section 10.1).
func verifyWith(keys []jose.JSONWebKey, jws *jose.JSONWebSignature) (payload []byte, ok bool) {
	kid := jws.Signatures[0].Header.KeyID
	for _, key := range keys {
		if kid != "" && key.KeyID != kid {
			continue
		}
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// checkAlgorithm returns an error that names the algorithm of a JWT if it is not the accepted one.
func checkAlgorithm(jwt, accepted string) error {
	header := headerOf(jwt)
	if header == nil {
		return nil // jose names the mistake
	}
	alg := header.exact("alg")
	switch {
	case alg == accepted:
		return nil
	case slices.Contains(SigningAlgs, alg):
		return misconfiguredToken(fmt.Sprintf("the token is signed with %s, and only %s is accepted; configure %s if the "+
			"provider uses it for this client", alg, accepted, alg), "SigningAlg")
	}
	return misconfiguredToken(fmt.Sprintf("the token is signed with %q, and only %s is accepted; choose an asymmetric "+
		"algorithm for this client at the provider", clip(alg, 20), accepted), "SigningAlg")
}

// headerOf returns the header of a JWT, or nil if it cannot be read.
func headerOf(jwt string) (header claims) {
	first, _, _ := strings.Cut(jwt, ".")
	if decoded, err := base64.RawURLEncoding.DecodeString(first); err != nil || json.Unmarshal(decoded, &header) != nil {
		return nil
	}
	return header
}

// fetchKeys fetches the provider's key set and returns the keys that can be used. It logs each other key once.
func (c *Client) fetchKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	body, _, err := c.get(ctx, m.JWKSURI, "the key set")
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, misconfigured(fmt.Sprintf("the key set at %s cannot be read: %v", clip(m.JWKSURI, 200), err), "Issuer")
	}
	keys, unusable := parseKeys(set.Keys)
	c.unusableKeys.log(ctx, c.cfg.Logger, unusable)
	return keys, nil
}

// parseKeys parses a key set key by key, and returns the keys that can be used and why the others cannot. go-jose
// rejects a whole set because of one key on a curve that it does not know.
func parseKeys(raw []json.RawMessage) (keys []jose.JSONWebKey, unusable []unusableKey) {
	keys = make([]jose.JSONWebKey, 0, len(raw))
	for _, r := range raw {
		key, err := parseKey(r)
		if err != nil {
			unusable = append(unusable, unusableKey{keyID(r), clipError(err).Error()})
			continue
		}
		keys = append(keys, key)
	}
	return keys, unusable
}

// parseKey parses one key. If its certificate cannot be used, the key is read without it, because the other members
// describe the key completely (RFC 7517 section 4.7).
func parseKey(raw json.RawMessage) (key jose.JSONWebKey, err error) {
	if err = json.Unmarshal(raw, &key); err != nil {
		var members claims
		if json.Unmarshal(raw, &members) != nil || members["x5c"] == nil && members["x5t"] == nil &&
			members["x5t#S256"] == nil && members["x5u"] == nil {
			return key, err
		}
		for _, name := range []string{"x5c", "x5t", "x5t#S256", "x5u"} {
			delete(members, name)
		}
		withoutCertificate, err := json.Marshal(members)
		if err != nil {
			return key, err
		}
		key = jose.JSONWebKey{}
		if err := json.Unmarshal(withoutCertificate, &key); err != nil {
			return key, err
		}
	}
	switch {
	case key.Use == "enc":
		return key, errEncryptionKey
	case !key.Valid():
		return key, errors.New("it is not a valid key")
	case !key.IsPublic():
		return key, errors.New("it is not a public key")
	}
	return key, nil
}

// errEncryptionKey is the reason to leave out a key that many providers publish beside their signing keys.
var errEncryptionKey = errors.New("it is for encryption")

// keyID returns the kid of a key as text, or "" if it has none.
func keyID(raw json.RawMessage) string {
	var members claims
	if json.Unmarshal(raw, &members) != nil {
		return ""
	}
	return clip(members.exact("kid"), 100)
}

// unusableKey is a key of the provider that is left out.
type unusableKey struct{ id, reason string }

// unusableKeys are the keys that have been logged. Only one fetch runs at a time, so it needs no lock.
type unusableKeys map[unusableKey]bool

// maxUnusableKeys limits the number of keys that are remembered.
const maxUnusableKeys = 100

// log logs the keys that were not logged before. A key for encryption is not a problem, so its level is
// info.
func (seen unusableKeys) log(ctx context.Context, logger *slog.Logger, keys []unusableKey) {
	for _, key := range keys {
		if !seen[key] && len(seen) < maxUnusableKeys {
			seen[key] = true
			level := slog.LevelWarn
			if key.reason == errEncryptionKey.Error() {
				level = slog.LevelInfo
			}
			logger.Log(ctx, level, "key of the provider left out", "kid", key.id, "reason", key.reason)
		}
	}
}

// budget allows ten calls at once and one more every ten seconds.
type budget struct {
	mu      sync.Mutex
	used    time.Duration // one budgetStep for each call, less the time that has passed; at the time of updated
	updated time.Time
}

const (
	budgetStep = 10 * time.Second
	budgetSize = 10 * budgetStep
)

// take reports whether a call is allowed, and counts it.
func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = max(0, b.used-now.Sub(b.updated))
	b.updated = now
	if b.used+budgetStep > budgetSize {
		return false
	}
	b.used += budgetStep
	return true
}

// giveBack undoes a take.
func (b *budget) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= budgetStep
}
