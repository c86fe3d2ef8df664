package devidp

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// passwordRounds is the number of PBKDF2 rounds of a new password hash. It is far below what real passwords
// need, because the provider is for development only.
const passwordRounds = 10_000

// passwordHash is a password as the file has it. It names its rounds, so that they can grow.
type passwordHash struct {
	Rounds int    `json:"rounds"`
	Salt   []byte `json:"salt"`
	Hash   []byte `json:"hash"`
}

func newPasswordHash(password string) (passwordHash, error) {
	h := passwordHash{Rounds: passwordRounds, Salt: make([]byte, 16)}
	rand.Read(h.Salt)
	var err error
	h.Hash, err = h.derive(password)
	return h, err
}

func (h passwordHash) matches(password string) bool {
	got, err := h.derive(password)
	return err == nil && len(h.Hash) > 0 && subtle.ConstantTimeCompare(got, h.Hash) == 1
}

func (h passwordHash) derive(password string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, h.Salt, h.Rounds, sha256.Size)
}
