package devidp

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// passwordRounds is the number of PBKDF2 rounds of a new password hash. It takes 3 ms. Real passwords need far more
// rounds, but this provider is for development only.
const passwordRounds = 10_000

// passwordHash is the salted hash of a password. It records its rounds, so that their number can be changed.
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

// matches reports whether h is the hash of the password. The zero passwordHash matches no password.
func (h passwordHash) matches(password string) bool {
	got, err := h.derive(password)
	return err == nil && len(h.Hash) > 0 && subtle.ConstantTimeCompare(got, h.Hash) == 1
}

func (h passwordHash) derive(password string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, h.Salt, h.Rounds, sha256.Size)
}
