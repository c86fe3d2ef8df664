package telemetry

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestEndpointsAreBounded checks that a provider that changes its paths cannot fill the memory with series.
func TestEndpointsAreBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	m := New()
	client := &http.Client{Transport: m.Transport(http.DefaultTransport)}
	for i := range maxEndpoints + 5 {
		resp, err := client.Get(fmt.Sprintf("%s/%d?code=secret", server.URL, i))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, nil)
	got := w.Body.String()
	if n := strings.Count(got, "app_provider_requests_total{"); n != maxEndpoints+1 {
		t.Errorf("got %d endpoints, want %d", n, maxEndpoints+1)
	}
	if !strings.Contains(got, `app_provider_requests_total{endpoint="other",status="404"} 5`) || strings.Contains(got, "secret") {
		t.Errorf("got %s", got)
	}
}

// TestNothingIsCounted checks that a nil *Metrics can be used.
func TestNothingIsCounted(t *testing.T) {
	t.Parallel()
	var m *Metrics
	m.Request("GET /", 200, 0)
	m.SignIn("")
	m.Refresh("x")
	m.SessionEnded("logout")
	if m.Store(nil) != nil {
		t.Error("the store is wrapped")
	}
}
