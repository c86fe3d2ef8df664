package auth

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	maxBody      = 1 << 20 // bytes of one response
	maxRedirects = 3       // that a request for a public document follows

	pingAfter = 2 * time.Second // without data, for the ping of an HTTP/2 connection and for its answer
)

// newHTTPClient returns the client for all requests to the provider. It does not follow redirects: the token endpoint
// could otherwise send the code and the secret to another host. See [Client.get] for the requests without secrets.
func newHTTPClient(cfg Config) *http.Client {
	base := cfg.Transport
	var closeIdle func() // nil for the application's own transport, which other requests may use
	if base == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 16
		t.MaxResponseHeaderBytes = 64 << 10
		// A connection may die without a word, for example if a firewall forgets it. All HTTP/2 requests share one, so
		// without pings none would succeed until the system gives the connection up, which takes minutes.
		t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter}
		base, closeIdle = t, t.CloseIdleConnections
	}
	var transport http.RoundTripper = boundedTransport{base, closeIdle}
	if cfg.WrapTransport != nil {
		transport = cfg.WrapTransport(transport)
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       cfg.ProviderTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// get fetches a public document of the provider: the discovery document or the keys. It follows redirects to the same
// host, and from http to https on the same host name. what names the document in errors. date is zero if the provider
// does not say when it answers. The error is ErrUnavailable, or ErrMisconfigured if the address has no such document.
func (c *Client) get(ctx context.Context, address, what string) (body []byte, date time.Time, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, date, misconfigured(fmt.Sprintf("%s has no valid address: %v", what, clipError(err)), "Issuer")
	}
	req.Header.Set("Accept", "application/json")
	client := *c.http
	client.CheckRedirect = func(next *http.Request, earlier []*http.Request) error {
		if from := earlier[len(earlier)-1].URL; len(earlier) > maxRedirects || !mayRedirect(from, next.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, date, callError(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	date, _ = http.ParseTime(resp.Header.Get("Date"))
	problem := fmt.Sprintf("%s is not at %s: ", what, clip(address, 200))
	switch {
	case err != nil:
		return nil, date, callError(err)
	case isTemporary(resp.StatusCode):
		return nil, date, fmt.Errorf("%w: %s: status %d", ErrProviderUnavailable, what, resp.StatusCode)
	case isRedirect(resp):
		return nil, date, misconfigured(fmt.Sprintf("%sit redirects to %s, and such a redirect is not followed", problem,
			clip(resp.Header.Get("Location"), 200)), "Issuer")
	case resp.StatusCode != http.StatusOK:
		return nil, date, misconfigured(fmt.Sprintf("%sstatus %d", problem, resp.StatusCode), "Issuer")
	}
	if body = trimJSON(body); len(body) == 0 || body[0] != '{' {
		return nil, date, misconfigured(fmt.Sprintf("%sthe response is not a JSON object, its content type is %q", problem,
			clip(resp.Header.Get("Content-Type"), 60)), "Issuer")
	}
	return body, date, nil
}

// mayRedirect reports whether a request without secrets follows a redirect.
func mayRedirect(from, to *url.URL) bool {
	if to.User != nil {
		return false
	}
	return from.Scheme == to.Scheme && from.Host == to.Host ||
		from.Scheme == "http" && to.Scheme == "https" && from.Hostname() == to.Hostname()
}

func isRedirect(resp *http.Response) bool {
	return resp.StatusCode/100 == 3 && resp.Header.Get("Location") != ""
}

// trimJSON removes white space and a byte order mark, which some servers write before a document.
func trimJSON(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
}

// callError returns the error of a request to the provider as ErrUnavailable, or as ErrMisconfigured if the connection
// cannot be trusted, which does not pass by itself.
func callError(err error) error {
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	if badCertificate || notTLS || errors.Is(err, http.ErrSchemeMismatch) {
		wrong := misconfigured("no trusted connection to the provider: "+clipError(err).Error(), "Issuer")
		wrong.cause = err
		return wrong
	}
	return fmt.Errorf("%w: %w", ErrProviderUnavailable, clipError(err))
}

// isTemporary reports whether an HTTP status means that a later request may succeed.
func isTemporary(status int) bool { return status >= 500 || status == http.StatusTooManyRequests }

// boundedTransport fails the reading of a response body that is larger than maxBody. The bodies are read whole, so the
// provider could otherwise use up the memory.
type boundedTransport struct {
	base      http.RoundTripper
	closeIdle func() // closes the idle connections of base; may be nil
}

// RoundTrip sends the request and bounds the body of the response.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil && t.closeIdle != nil { // the other idle connections may be dead too; do not find out one by one
		t.closeIdle()
	}
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	return resp, nil
}
