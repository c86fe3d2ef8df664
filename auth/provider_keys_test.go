package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// rsaKeys are shared by all tests, because generating an RSA key is slow.
var rsaKeys = [...]func() *rsa.PrivateKey{
	sync.OnceValue(newRSAKey), sync.OnceValue(newRSAKey), sync.OnceValue(newRSAKey),
}

func newRSAKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

type signingKey struct {
	kid string
	key crypto.Signer
}

// newKey returns a key for an algorithm. RSA keys are not new: n selects one of rsaKeys.
func newKey(alg, kid string, n int) *signingKey {
	var key crypto.Signer
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key = rsaKeys[n%len(rsaKeys)]()
	}
	if err != nil {
		panic(err)
	}
	return &signingKey{kid, key}
}

// keyLocked returns the current signing key. The caller holds the lock.
func (p *provider) keyLocked() *signingKey {
	if len(p.keys) == 0 {
		p.keys = []*signingKey{newKey(p.Alg, "key-1", 0)}
	}
	return p.keys[len(p.keys)-1]
}

// Key returns the current signing key.
func (p *provider) Key() *signingKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keyLocked()
}

// RotateKey replaces the signing key. If keep is set, the old keys stay in the key set.
func (p *provider) RotateKey(keep bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.keyLocked()
	p.serial++
	next := newKey(p.Alg, fmt.Sprintf("key-%d", p.serial+1), p.serial)
	if next.key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(old.key.Public()) {
		next.key = rsaKeys[(p.serial+1)%len(rsaKeys)]()
	}
	if !keep {
		p.keys = nil
	}
	p.keys = append(p.keys, next)
}

func (p *provider) jwks(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	p.keyLocked()
	var keys []map[string]any
	for _, k := range p.keys {
		keys = append(keys, publicJWK(k, p.Alg))
	}
	override := p.JWKS
	p.mu.Unlock()
	if override != nil {
		keys = override(keys)
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}

// publicJWK returns the JWK of a key as a map, so that tests can change it.
func publicJWK(k *signingKey, alg string) map[string]any {
	b, err := json.Marshal(jose.JSONWebKey{Key: k.key.Public(), KeyID: k.kid, Use: "sig", Algorithm: alg})
	if err != nil {
		panic(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		panic(err)
	}
	return m
}

// idToken returns an ID token for a grant. It calls the overrides IDToken and Sign.
func (p *provider) idToken(g *grant, o overrides, accessToken, nonce string) string {
	now := p.Clock.Now()
	claims := map[string]any{
		"iss": p.Issuer, "aud": o.ClientID, "sub": g.sub, "sid": g.sid, "at_hash": atHash(o.Alg, accessToken),
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "auth_time": g.authTime.Unix(),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	key := p.Key()
	header := map[string]any{"alg": o.Alg, "kid": key.kid, "typ": "JWT"}
	if o.IDToken != nil {
		o.IDToken(claims, header)
	}
	if o.Sign != nil {
		return o.Sign(claims, header)
	}
	return signJWT(key.key, claims, header)
}

// LogoutToken returns a logout token (Back-Channel Logout 1.0 section 2.4). If sub or sid is empty, the token does not
// contain that claim. change may be nil; it changes claims and header before the token is signed.
func (p *provider) LogoutToken(sub, sid string, change func(claims, header map[string]any)) string {
	o, now := p.currentOverrides(), p.Clock.Now()
	claims := map[string]any{
		"iss": p.Issuer, "aud": o.ClientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(),
		"jti":    randomText(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if sub != "" {
		claims["sub"] = sub
	}
	if sid != "" {
		claims["sid"] = sid
	}
	key := p.Key()
	header := map[string]any{"alg": o.Alg, "kid": key.kid, "typ": "logout+jwt"}
	if change != nil {
		change(claims, header)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addSecret("logout token", signJWT(key.key, claims, header))
}

// signJWT signs with the algorithm in the header. It does not check that the algorithm fits the key.
func signJWT(key any, claims, header map[string]any) string {
	h, _ := json.Marshal(header)
	c, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return signRaw(key, fmt.Sprint(header["alg"]), h, c)
}

// signRaw signs a header and a payload that need not be JSON.
func signRaw(key any, alg string, header, payload []byte) string {
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature(key, alg, []byte(input)))
}

// atHash returns the at_hash of an access token (OpenID Connect Core section 3.1.3.6).
func atHash(alg, token string) string {
	sum := sha256.Sum256([]byte(token))
	half := sum[:16]
	switch {
	case alg == "EdDSA" || strings.HasSuffix(alg, "512"):
		long := sha512.Sum512([]byte(token))
		half = long[:32]
	case strings.HasSuffix(alg, "384"):
		long := sha512.Sum384([]byte(token))
		half = long[:24]
	}
	return base64.RawURLEncoding.EncodeToString(half)
}

// withMember returns a copy of m with one member changed, or removed if value is nil.
func withMember(m map[string]any, name string, value any) map[string]any {
	m = maps.Clone(m)
	if m[name] = value; value == nil {
		delete(m, name)
	}
	return m
}
