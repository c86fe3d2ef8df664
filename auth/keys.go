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

// keyMaxAge is how long the provider's keys are used before they are asked for again: a key that
// the provider has withdrawn is believed no longer than that.
const keyMaxAge = time.Hour

// keySet verifies signatures with the provider's keys (jwks_uri). Two things set it apart from
// go-oidc's: a key of an unknown type does not spoil the others, and the calls that strangers can cause by
// naming unknown keys, at the back-channel logout endpoint say, are bounded.
type keySet struct {
	keys   *cached[[]jose.JSONWebKey]
	alg    jose.SignatureAlgorithm
	budget budget
}

// errKeysFresh: the keys are not fetched again, since they were moments ago.
var errKeysFresh = errors.New("the provider's keys were fetched moments ago")

// newKeySet bounds fetch. What it bounds are calls that bring keys, not tokens that want them: many that are
// signed with a new key share one call, and a call that fails has its bound in retryAfter.
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
	if fetchErr == nil { // an old copy does not do: a key may have been withdrawn for good reason
		if payload, ok := verifyWith(keys, jws); ok {
			return payload, nil
		}
		if keys, _, fetchErr = s.keys.get(ctx, 0); errors.Is(fetchErr, errKeysFresh) {
			fetchErr = nil // the copy is the newest that may be had
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

// verifyWith tries the keys that the token's key id names, or all when it names none: it is optional
// when the provider has one key (OpenID Connect Core section 10.1).
func verifyWith(keys []jose.JSONWebKey, jws *jose.JSONWebSignature) ([]byte, bool) {
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

// fetchKeys reads the set key by key and leaves out what is not understood: one key on a curve
// that go-jose does not know makes it refuse the whole set.
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

// budget allows ten takes at once and one more every ten seconds.
type budget struct {
	mu    sync.Mutex
	spent time.Duration // of the ten takes' worth, at last
	last  time.Time
}

const (
	budgetStep = 10 * time.Second
	budgetSize = 10 * budgetStep
)

func (b *budget) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-now.Sub(b.last))
	b.last = now
	if b.spent+budgetStep > budgetSize {
		return false
	}
	b.spent += budgetStep
	return true
}

func (b *budget) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent -= budgetStep
}
