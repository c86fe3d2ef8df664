package assets

import (
	"slices"
	"testing"
)

// FuzzNegotiate: any header gets an answer, and what is refused by name is never sent.
func FuzzNegotiate(f *testing.F) {
	for _, accept := range []string{"", "br", "gzip;q=0.5, br;q=0", "*;q=0", "identity;q=0", "x-gzip", ";;,q=", "br;q=NaN", "BR ; Q=1.000", "gzip;q=1e-9"} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		got := Negotiate(accept)
		if got != "" && !slices.Contains(codings, got) {
			t.Fatalf("%q: got %q", accept, got)
		}
		for _, coding := range codings {
			if again := Negotiate(accept + "," + coding + ";q=0"); again == coding {
				t.Fatalf("%q is sent although it is refused after %q", coding, accept)
			}
		}
	})
}
