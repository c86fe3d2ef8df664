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

// balancer is a load balancer that sends each request to the next instance in turn. It removes an instance that does
// not respond, and repeats the request at the next instance if that is safe.
type balancer struct {
	url       string
	transport *http.Transport

	mu        sync.Mutex
	instances []string          // host and port
	next      int               // index of the instance for the next request
	served    map[string]string // the instance that responded to the last request for a path
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{transport: http.DefaultTransport.(*http.Transport).Clone(), served: map[string]string{}}
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

// add adds an instance.
func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instances = append(b.instances, address)
}

// startAt sends the next request to the instance with the index n, so that a test does not depend on earlier requests.
func (b *balancer) startAt(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = n
}

// last returns the instance that responded to the last request for a path.
func (b *balancer) last(path string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.served[path]
}

// choose returns the instance for the next request.
func (b *balancer) choose() (address string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.instances) == 0 {
		return "", false
	}
	address = b.instances[b.next%len(b.instances)]
	b.next++
	return address, true
}

// RoundTrip sends a request to the next instance that responds.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for {
		address, ok := b.choose()
		if !ok {
			return nil, errors.New("no instance is left")
		}
		forwarded := r.Clone(r.Context())
		forwarded.URL.Host, forwarded.Host = address, address
		if r.Body != nil {
			forwarded.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := b.transport.RoundTrip(forwarded)
		b.mu.Lock()
		switch {
		case err == nil:
			b.served[r.URL.Path] = address
		case r.Context().Err() == nil:
			b.instances = slices.DeleteFunc(b.instances, func(i string) bool { return i == address })
		}
		b.mu.Unlock()
		if err == nil || r.Context().Err() != nil || !safeToRepeat(r, err) {
			return resp, err
		}
	}
}

// safeToRepeat reports whether a failed request has changed nothing: it did not reach the instance, or it is a GET or
// HEAD request.
func safeToRepeat(r *http.Request, err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "dial" || r.Method == http.MethodGet || r.Method == http.MethodHead
}
