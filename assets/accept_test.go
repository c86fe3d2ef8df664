package assets

import "testing"

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := []struct{ accept, want string }{
		{"", "identity"},
		{"gzip, deflate, br, zstd", "br"},
		{"gzip, deflate", "gzip"},
		{"deflate, zstd", "identity"},
		{"br;q=0.5, gzip", "gzip"},
		{"br;q=0.5, gzip;q=0.5", "br"},
		{"gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"},
		{"br;q=0, gzip;q=0", "identity"},
		{"identity, br;q=0.9, gzip;q=0.8", "identity"},
		{"gzip;q=0.001", "gzip"},
		{"*", "br"},
		{"*;q=0.1", "br"},
		{"br;q=0, *", "gzip"},
		{"*;q=0", ""},
		{"identity;q=0", ""},
		{"identity;q=0, gzip", "gzip"},
		{"*;q=0, identity;q=0.1", "identity"},
		{"BR", "br"},
		{" x-gzip ", "gzip"},
		{"br ; Q = 0.2 , gzip", "gzip"},
		{"br;q=, gzip", "gzip"},
		{"br;q=2, gzip;q=-1", "identity"},
		{"br;q=NaN", "identity"},
		{"br;level=11", "identity"},
		{"brotli, gzipped", "identity"},
		{",,;,;q=1", "identity"},
	}
	for _, tt := range tests {
		if got := Negotiate(tt.accept); got != tt.want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", tt.accept, got, tt.want)
		}
	}
}
