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

var errSeal = errors.New("not sealed by us")

// deriveKey makes a key for one purpose out of a secret (RFC 5869).
func deriveKey(secret, salt []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, salt, purpose, 32)
	if err != nil {
		panic(err) // only for a key longer than 8 kB, or a short one in FIPS mode
	}
	return key
}

// sealer encrypts and authenticates with AES-256-GCM. What is sealed opens only with the same key and
// under the same name.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) sealer {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a block size that AES does not have
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

// randomBytes returns n bytes that nobody can guess.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: the program is ended first
	return b
}

// random returns n such bytes as text of the URL-safe alphabet.
func random(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

// hashed returns the SHA-256 of the parts, as text. A part cannot run into the next.
func hashed(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// equal compares secrets in a time that does not depend on where they differ.
func equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
