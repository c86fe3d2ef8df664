package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	alg    jose.SignatureAlgorithm
	budget budget
}

// errKeysFresh means that the budget for fetches is used up.
var errKeysFresh = errors.New("the provider's keys were fetched moments ago")

// newKeySet returns a key set that limits the successful calls of fetch. It does not limit verifications: many tokens
// share one fetch. Failed fetches are limited by retryAfter instead.
func newKeySet(alg string, now func() time.Time, fetch func(context.Context) ([]jose.JSONWebKey, error)) *keySet {
	s := &keySet{alg: jose.SignatureAlgorithm(alg)}
	s.keys = &cached[[]jose.JSONWebKey]{now: now, fetch: func(ctx context.Context) ([]jose.JSONWebKey, error) {
		if !s.budget.take(now()) {
			return nil, errKeysFresh
		}
		keys, err := fetch(ctx)
		if err != nil {
			s.budget.giveBack()
		}
		return keys, err
	}}
	return s
}

// verify checks the signature of a JWT with the provider's keys and returns the payload. If no known key has the
// token's key ID, verify fetches the keys again at once, because providers rotate keys without notice.
// The error is ErrBadToken, or ErrUnavailable if the keys could not be fetched, which says nothing about the token.
func (s *keySet) verify(ctx context.Context, jwt string) (payload []byte, err error) {
	jws, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{s.alg})
	if err != nil {
		return nil, badToken("malformed JWT: %v", clipError(err))
	}
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
		return nil, errors.Join(ErrUnavailable, clipError(fetchErr))
	}
	if payload, ok := verifyWith(keys, jws); ok {
		return payload, nil
	}
	return nil, badToken("no key of the provider matches the signature")
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

// fetchKeys fetches the key set at uri and returns the keys that can be used.
func fetchKeys(ctx context.Context, client *http.Client, uri string) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch keys of %s: status %d", uri, resp.StatusCode)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(body, &set)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch keys of %s: %w", uri, err)
	}
	return parseKeys(set.Keys), nil
}

// parseKeys parses a key set key by key and leaves out the keys that it cannot use. go-jose rejects a whole set because
// of one key on a curve that it does not know.
func parseKeys(raw []json.RawMessage) []jose.JSONWebKey {
	keys := make([]jose.JSONWebKey, 0, len(raw))
	for _, r := range raw {
		var key jose.JSONWebKey
		if json.Unmarshal(r, &key) != nil || !key.Valid() || !key.IsPublic() || key.Use == "enc" {
			continue
		}
		keys = append(keys, key)
	}
	return keys
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
