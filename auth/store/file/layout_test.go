package store

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSessionLayout(t *testing.T) {
	t.Parallel()
	for _, e := range []session{
		{},
		{began: 1, expiry: math.MaxInt64, data: []byte("data")},
		{began: math.MinInt64, expiry: -1, labels: mustPack(t, "one", "", "two"), data: []byte{0}},
		{labels: mustPack(t, strings.Repeat("x", math.MaxUint16-2))},
	} {
		got, ok := parseSession(e.encode())
		if !ok || got.began != e.began || got.expiry != e.expiry || !bytes.Equal(got.labels, e.labels) || !bytes.Equal(got.data, e.data) {
			t.Errorf("got %+v, %v; want %+v", got, ok, e)
		}
	}
}

func TestLabelsTooLong(t *testing.T) {
	t.Parallel()
	if _, err := packLabels([]string{strings.Repeat("x", 40_000), strings.Repeat("x", 40_000)}); err == nil {
		t.Error("labels are packed that do not fit")
	}
}

func mustPack(t *testing.T, list ...string) labels {
	t.Helper()
	packed, err := packLabels(list)
	if err != nil {
		t.Fatal(err)
	}
	if got := packed.strings(); !slices.Equal(got, list) {
		t.Fatalf("got %q, want %q", got, list)
	}
	return packed
}

// FuzzParseSession: whatever is in the file, reading it neither panics nor reads beyond it, and
// what is read as a session is written back as the same bytes.
func FuzzParseSession(f *testing.F) {
	packed, _ := packLabels([]string{"one", "two"})
	whole := session{began: time.Now().UnixMicro(), expiry: farFuture.UnixMicro(), labels: packed, data: []byte("data")}.encode()
	for n := range whole {
		f.Add(whole[:n])
	}
	f.Add(whole)
	f.Add(append([]byte{sessionVersion}, bytes.Repeat([]byte{0xff}, 64)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parseSession(b)
		if !ok {
			return
		}
		if !bytes.Equal(s.encode(), b) {
			t.Errorf("%x is written back as %x", b, s.encode())
		}
		e := s.entry()
		if again, err := packLabels(e.Labels); err != nil || !bytes.Equal(again, s.labels) {
			t.Errorf("labels %x are read as %q", s.labels, e.Labels)
		}
		if e.Created.UnixMicro() != s.began || e.Expiry.UnixMicro() != s.expiry {
			t.Errorf("times %d, %d are read as %v, %v", s.began, s.expiry, e.Created, e.Expiry)
		}
	})
}
