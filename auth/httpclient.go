package auth

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	callTimeout = 5 * time.Second // one call to the provider, from dialling to the last byte
	maxBody     = 1 << 20         // bytes of one answer of the provider
)

var errBodyTooLarge = errors.New("the provider's answer is larger than 1 MiB")

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
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxBody}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errBodyTooLarge
	}
	return n, err
}
