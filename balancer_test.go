package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// balancer is a proxy as plain as they come: each request goes to the next instance, whoever sends it.
// It takes an instance out that does not answer, and asks the next where nothing can have happened yet.
type balancer struct {
	url       string
	transport *http.Transport

	mu        sync.Mutex
	instances []string // host and port
	turn      int
	answered  map[string]string // by path, the instance that answered the last request for it
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{transport: http.DefaultTransport.(*http.Transport).Clone(), answered: map[string]string{}}
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "instance"}) },
		Transport: b,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	})
	server.Start()
	t.Cleanup(func() { server.Close(); b.transport.CloseIdleConnections() })
	b.url = server.URL
	return b
}

// add lets an instance take part.
func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instances = append(b.instances, address)
}

// startAt makes the nth instance the next, so that a test does not depend on how many requests went before.
func (b *balancer) startAt(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn = n
}

// last is the instance that answered the last request for a path.
func (b *balancer) last(path string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answered[path]
}

func (b *balancer) next() (address string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.instances) == 0 {
		return "", false
	}
	address = b.instances[b.turn%len(b.instances)]
	b.turn++
	return address, true
}

// RoundTrip sends a request to the next instance that answers.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for {
		address, ok := b.next()
		if !ok {
			return nil, errors.New("no instance is left")
		}
		to := r.Clone(r.Context())
		to.URL.Host, to.Host = address, address
		if r.Body != nil {
			to.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := b.transport.RoundTrip(to)
		b.mu.Lock()
		switch {
		case err == nil:
			b.answered[r.URL.Path] = address
		case r.Context().Err() == nil:
			b.instances = slices.DeleteFunc(b.instances, func(i string) bool { return i == address })
		}
		b.mu.Unlock()
		if err == nil || r.Context().Err() != nil || !safeToRepeat(r, err) {
			return resp, err
		}
	}
}

// safeToRepeat reports whether nothing can have happened: the instance was never reached, or was asked
// for a page only.
func safeToRepeat(r *http.Request, err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "dial" || r.Method == http.MethodGet || r.Method == http.MethodHead
}
