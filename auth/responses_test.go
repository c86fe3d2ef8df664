package auth_test

import (
	"bytes"
	"net/http"
	"sync/atomic"
)

// endlessJSON answers with JSON that does not end. It counts what it could send, in written, before the other side hung up.
func endlessJSON(written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := append([]byte(`{"a":"`), bytes.Repeat([]byte("a"), 64<<10)...)
		for range 1 << 14 { // a gigabyte, so that a test of what has no bound ends
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

// padAnswer lets an endpoint answer as it does, with size bytes of one more member.
func padResponse(h http.HandlerFunc, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h(&paddingWriter{w, size}, r)
	}
}

type paddingWriter struct {
	http.ResponseWriter
	size int
}

func (p *paddingWriter) Write(b []byte) (int, error) {
	if p.size > 0 && len(b) > 0 && b[0] == '{' {
		more := append([]byte(`{"padding":"`), bytes.Repeat([]byte("a"), p.size)...)
		if _, err := p.ResponseWriter.Write(append(more, `",`...)); err != nil {
			return 0, err
		}
		p.size = 0
		n, err := p.ResponseWriter.Write(b[1:])
		return n + 1, err
	}
	return p.ResponseWriter.Write(b)
}
