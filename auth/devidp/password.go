package devidp

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// passwordRounds is what OWASP recommends for PBKDF2 with HMAC-SHA-256.
const passwordRounds = 600_000

// passwordHash is a password as the file has it. It names its rounds, so that they can grow.
type passwordHash struct {
	Rounds int    `json:"rounds"`
	Salt   []byte `json:"salt"`
	Hash   []byte `json:"hash"`
}

func hashPassword(password string, rounds int) (passwordHash, error) {
	h := passwordHash{Rounds: rounds, Salt: make([]byte, 16)}
	rand.Read(h.Salt)
	var err error
	h.Hash, err = h.derive(password)
	return h, err
}

func (h passwordHash) is(password string) bool {
	got, err := h.derive(password)
	return err == nil && len(h.Hash) > 0 && subtle.ConstantTimeCompare(got, h.Hash) == 1
}

func (h passwordHash) derive(password string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, h.Salt, h.Rounds, sha256.Size)
}
