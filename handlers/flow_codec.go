package handlers

import (
	"encoding/binary"
	"errors"
	"time"
)

// flowCodec is the codec of the session manager of the flows. It stores the deadline and the flows one after the other,
// each with its length, because gob and JSON would parse flows that the request does not look at.
type flowCodec struct{}

// Encode implements scs.Codec.
func (flowCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	b := binary.AppendVarint(nil, deadline.Unix())
	for kind, value := range values {
		if flow, ok := value.([]byte); ok && flow != nil {
			b = appendSized(appendSized(b, []byte(kind)), flow)
		}
	}
	return b, nil
}

// Decode implements scs.Codec.
func (flowCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	values := map[string]any{}
	deadline, n := binary.Varint(b)
	if n <= 0 {
		return time.Time{}, nil, errFlows
	}
	for b = b[n:]; len(b) > 0; {
		var kind, flow []byte
		var ok bool
		if kind, b, ok = cutSized(b); ok {
			flow, b, ok = cutSized(b)
		}
		if !ok {
			return time.Time{}, nil, errFlows
		}
		values[string(kind)] = flow
	}
	return time.Unix(deadline, 0), values, nil
}

var errFlows = errors.New("the stored flows cannot be read")

func appendSized(b, value []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(value))), value...)
}

func cutSized(b []byte) (value, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
}
