package auth

import (
	"net/http"
	"time"
)

const (
	callTimeout = 5 * time.Second // one call to the provider, from dialling to the last byte
	maxBody     = 1 << 20         // bytes of one answer of the provider
)

// newHTTPClient returns the one client through which the provider is asked. It follows no
// redirect: one at the token endpoint would carry code and secret elsewhere, and none of the
// endpoints has a reason to redirect.
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

// boundedTransport ends a body that is larger than maxBody with an error. Libraries read answers
// whole; without a bound the provider, or who pretends to be it, decides how much memory that takes.
type boundedTransport struct{ base http.RoundTripper }

func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	return resp, nil
}
