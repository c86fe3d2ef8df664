package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// TestHealthCommand checks the exit status of the container's health check.
func TestHealthCommand(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(status)
	}))
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"HOST": "0.0.0.0", "PORT": u.Port()}
	if err := health(t.Context(), vars); err != nil {
		t.Errorf("alive: got %v", err)
	}
	status = http.StatusInternalServerError
	if err := health(t.Context(), vars); err == nil {
		t.Error("a status of 500 is healthy")
	}
	server.Close()
	if err := health(t.Context(), vars); err == nil {
		t.Error("an app that does not run is healthy")
	}
	app, process := child(t, t.TempDir(), []string{"health"}, "PORT="+u.Port())
	app.stop()
	if code := process.ProcessState.ExitCode(); code != 1 {
		t.Errorf("got exit status %d, want 1", code)
	}
}
