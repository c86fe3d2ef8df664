package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Transport returns a transport that passes the trace of the context on to the provider, in the header traceparent (W3C
// Trace Context), and counts the requests with their durations. m may be nil.
func (m *Metrics) Transport(base http.RoundTripper) http.RoundTripper { return transport{base, m} }

type transport struct {
	base    http.RoundTripper
	metrics *Metrics
}

// RoundTrip implements http.RoundTripper. The status of a request without a response is 0.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := TraceOf(r.Context()); trace != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Traceparent", "00-"+trace+"-"+newSpan()+"-01")
	}
	start := time.Now()
	resp, err := t.base.RoundTrip(r)
	if t.metrics != nil {
		status := 0
		if err == nil {
			status = resp.StatusCode
		}
		endpoint := t.metrics.endpoint(r.URL.Path)
		t.metrics.count("app_provider_requests_total", "endpoint", endpoint, "status", strconv.Itoa(status))
		t.metrics.observe("app_provider_request_duration_seconds", time.Since(start), "endpoint", endpoint)
	}
	return resp, err
}

var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)`)

type traceKey struct{}

// WithTrace returns a context with the trace that the header traceparent of a request names, or ctx itself if it names
// none.
func WithTrace(ctx context.Context, header string) context.Context {
	m := traceparent.FindStringSubmatch(header)
	if m == nil || m[1] == "00000000000000000000000000000000" || header[:2] == "ff" {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, m[1])
}

// TraceOf returns the trace id of a context, 32 hexadecimal digits, or "".
func TraceOf(ctx context.Context) string {
	id, _ := ctx.Value(traceKey{}).(string)
	return id
}

func newSpan() string {
	var span [8]byte
	rand.Read(span[:])
	return hex.EncodeToString(span[:])
}
