package auth

import (
	"net/http"
	"time"
)

const (
	callTimeout = 5 * time.Second // for one request to the provider, from dialling to the last byte
	maxBody     = 1 << 20         // bytes of one response
)

// newHTTPClient returns the client for all requests to the provider. It does not follow redirects: the token endpoint
// could otherwise send the code and the secret to another host, and no endpoint needs one.
func newHTTPClient(base http.RoundTripper) *http.Client {
	if base == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 16
		t.MaxResponseHeaderBytes = 64 << 10
		base = t
	}
	return &http.Client{
		Transport:     boundedTransport{base},
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// boundedTransport fails the reading of a response body that is larger than maxBody. The libraries read bodies whole,
// so the provider could otherwise use up the memory.
type boundedTransport struct{ base http.RoundTripper }

// RoundTrip sends the request and bounds the body of the response.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	return resp, nil
}
