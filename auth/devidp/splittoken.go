package devidp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// A split token is the value of a cookie or a refresh token: an ID and a secret, separated by a dot. The ID names the
// saved record, which has the hash of the secret.

func newSplitToken(id string) (token, secretHash string) {
	secret := rand.Text()
	return id + "." + secret, hash(secret)
}

func parseSplitToken(token string) (id, secret string) {
	id, secret, _ = strings.Cut(token, ".")
	return id, secret
}

// hash returns the SHA-256 hash of a random secret in base64url.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hashMatches reports whether h is the hash of the secret. It is false if either is empty.
func hashMatches(h, secret string) bool {
	return h != "" && secret != "" && subtle.ConstantTimeCompare([]byte(h), []byte(hash(secret))) == 1
}
