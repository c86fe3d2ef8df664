package auth

import (
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRedact takes a secret of one repeated character out of a text of the same character. The time has to grow in
// proportion to the secret.
func BenchmarkRedact(b *testing.B) {
	text := strings.Repeat("a", 5000)
	for _, size := range []int{10 << 10, 100 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			secret := strings.Repeat("a", size)
			for b.Loop() {
				redact(text, secret)
			}
		})
	}
}
