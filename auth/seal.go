package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
)

// errSeal means that data was sealed with another key or under another name, or is damaged.
var errSeal = errors.New("not sealed with this key and name")

// deriveKey derives a 32-byte key for one purpose from a secret (HKDF, RFC 5869).
func deriveKey(secret, salt []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, purpose, 32)
	if err != nil {
		panic(err) // only for a key longer than 8 kB, or a short secret in FIPS mode
	}
	return key
}

// sealer encrypts and authenticates data with AES-256-GCM. Sealed data can be opened only with the same key and under
// the same name.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a cipher other than AES
	}
	return sealer{aead}
}

func (s sealer) seal(plain []byte, name string) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(name))
}

func (s sealer) open(sealed []byte, name string) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}

// randomBytes returns n random bytes from crypto/rand.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never returns an error
	return b
}

// randomText returns n random bytes in URL-safe base64.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

// hashed returns a SHA-256 hash of the parts in URL-safe base64. Different parts have different hashes even if they
// are equal when joined.
func hashed(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// equal compares two secrets in constant time.
func equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
