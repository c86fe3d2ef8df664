package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestMetricsAddress checks that the metrics are at METRICS_ADDR, and not at the public address.
func TestMetricsAddress(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"METRICS_ADDR": "localhost:0"})
	found := regexp.MustCompile(`url=(http://\S+/metrics)`).FindStringSubmatch(p.out.String())
	if found == nil {
		t.Fatalf("the log does not say where the metrics are: %s", p.out)
	}
	get := func(url string) (int, string) {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	get(p.url + "/")
	if status, body := get(found[1]); status != 200 || !strings.Contains(body, `app_http_requests_total{route="GET /{$}",status="200"} 1`) {
		t.Errorf("got status %d and %s", status, body)
	}
	if status, _ := get(p.url + "/metrics"); status != 404 {
		t.Errorf("the public address: got status %d, want 404", status)
	}
	for _, address := range []string{"9464", "localhost:"} {
		if _, err := readConfig(map[string]string{"METRICS_ADDR": address}); err == nil || !strings.Contains(err.Error(), "METRICS_ADDR") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
