package assets

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, header, want string }{
		{"no header", "", "identity"},
		{"browser", "gzip, deflate, br, zstd", "br"},
		{"no brotli", "gzip, deflate", "gzip"},
		{"unknown codings only", "deflate, zstd", "identity"},
		{"similar names", "brotli, gzipped", "identity"},
		{"upper case", "BR", "br"},
		{"smallest wins over the higher weight", "br;q=0.5, gzip", "br"},
		{"lowest weight", "gzip;q=0.001", "gzip"},
		{"weight with white space", "br ; Q=0.2 , gzip", "br"},
		{"one coding refused", "br;q=0, gzip", "gzip"},
		{"one coding refused with three digits", "br;q=0.000, gzip", "gzip"},
		{"both codings refused", "br;q=0, gzip;q=0", "identity"},
		{"last mention counts", "br, br;q=0", "identity"},
		{"wildcard", "*", "br"},
		{"wildcard with a weight", "*;q=0.1", "br"},
		{"wildcard and a refusal", "br;q=0, *", "gzip"},
		{"wildcard refuses the rest", "gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"},
		{"wildcard refuses everything", "*;q=0", ""},
		{"wildcard refuses all but identity", "*;q=0, identity;q=0.1", "identity"},
		{"identity refused", "identity;q=0", ""},
		{"identity refused beside gzip", "identity;q=0, gzip", "gzip"},
		{"empty weight", "br;q=, gzip", "gzip"},
		{"negative weight", "br;q=-1", "identity"},
		{"weight is not a number", "br;q=NaN", "identity"},
		{"empty items", ",,;,;q=1", "identity"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Negotiate(tt.header); got != tt.want {
				t.Errorf("Accept-Encoding %q: got %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}
