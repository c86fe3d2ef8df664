package devidp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// A ticket is an id and a secret in one string: what a cookie or a refresh token carries. The id finds
// the record, the record has the hash of the secret.

func newSplitToken(id string) (ticket, secretHash string) {
	secret := rand.Text()
	return id + "." + secret, hash(secret)
}

func parseSplitToken(ticket string) (id, secret string) {
	id, secret, _ = strings.Cut(ticket, ".")
	return id, secret
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hashIs reports whether h is the hash of the secret. Absence is no match.
func hashMatches(h, secret string) bool {
	return h != "" && secret != "" && subtle.ConstantTimeCompare([]byte(h), []byte(hash(secret))) == 1
}
