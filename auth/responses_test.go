package auth_test

import (
	"bytes"
	"net/http"
	"sync/atomic"
)

// endlessJSON returns a handler that sends JSON until the client closes the connection, but at most a gigabyte. It
// adds the number of bytes that it sent to written, which may be nil.
func endlessJSON(written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := append([]byte(`{"a":"`), bytes.Repeat([]byte("a"), 64<<10)...)
		for range 1 << 14 {
			n, err := w.Write(chunk)
			if written != nil {
				written.Add(int64(n))
			}
			if err != nil {
				return
			}
			chunk = chunk[6:]
			chunk = append(chunk, "aaaaaa"...)
		}
	}
}

// padResponse returns a handler that adds a member of size bytes to the JSON object that h responds with.
func padResponse(h http.HandlerFunc, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h(&paddingWriter{w, size}, r)
	}
}

// paddingWriter adds a member to the first JSON object that is written.
type paddingWriter struct {
	http.ResponseWriter
	size int
}

// Write writes b, with the member added after the first brace.
func (p *paddingWriter) Write(b []byte) (int, error) {
	if p.size > 0 && len(b) > 0 && b[0] == '{' {
		member := append([]byte(`{"padding":"`), bytes.Repeat([]byte("a"), p.size)...)
		if _, err := p.ResponseWriter.Write(append(member, `",`...)); err != nil {
			return 0, err
		}
		p.size = 0
		n, err := p.ResponseWriter.Write(b[1:])
		return n + 1, err
	}
	return p.ResponseWriter.Write(b)
}
