package devidp

import "testing"

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	h, err := hashPassword("nanoseconds")
	if err != nil {
		t.Fatal(err)
	}
	if !h.is("nanoseconds") || h.is("microseconds") || h.is("") {
		t.Error("wrong answer")
	}
	if other, err := hashPassword("nanoseconds"); err != nil || string(other.Hash) == string(h.Hash) {
		t.Errorf("two hashes of one password are equal, or %v", err)
	}
	if (passwordHash{}).is("") || (passwordHash{Rounds: 1000}).is("x") {
		t.Error("no hash is no password")
	}
}
