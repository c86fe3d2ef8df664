package handlers

import (
	"bytes"
	"testing"
	"time"
)

func FuzzFlowCodec(f *testing.F) {
	deadline := time.Unix(1_800_000_000, 0)
	stored, err := flowCodec{}.Encode(deadline, map[string]any{"sign-in": []byte("{}"), "refresh": []byte(nil)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte{})
	f.Add(stored[:len(stored)-1])
	got, values, err := flowCodec{}.Decode(stored)
	if flow, _ := values["sign-in"].([]byte); err != nil || !got.Equal(deadline) || len(values) != 1 || !bytes.Equal(flow, []byte("{}")) {
		f.Fatalf("got %v, %v and %v", got, values, err)
	}
	for i := range stored[:len(stored)-1] {
		if _, _, err := (flowCodec{}).Decode(stored[:i]); err == nil && i != 5 { // the deadline alone is complete
			f.Errorf("the first %d bytes are read", i)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		deadline, values, err := flowCodec{}.Decode(b)
		if err != nil {
			return
		}
		again, err := flowCodec{}.Encode(deadline, values)
		if err != nil {
			t.Fatal(err)
		}
		if _, same, err := (flowCodec{}).Decode(again); err != nil || len(same) != len(values) {
			t.Errorf("got %v and %v from %v", same, err, values)
		}
	})
}
