package devidp

import "testing"

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	h, err := newPasswordHash("nanoseconds")
	if err != nil {
		t.Fatal(err)
	}
	if !h.matches("nanoseconds") || h.matches("microseconds") || h.matches("") {
		t.Error("matches is wrong")
	}
	if other, err := newPasswordHash("nanoseconds"); err != nil || string(other.Hash) == string(h.Hash) {
		t.Errorf("two hashes of one password are equal, or error %v", err)
	}
	if (passwordHash{}).matches("") || (passwordHash{Rounds: 1000}).matches("x") {
		t.Error("an empty hash matches a password")
	}
}
