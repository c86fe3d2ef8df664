package handlers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestHealth checks that /healthz reports the process, and /readyz also the provider and the store.
func TestHealth(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	check := func(name string, ready int) {
		t.Helper()
		for path, want := range map[string]int{"/healthz": 200, "/readyz": ready} {
			resp := b.Get(path)
			if resp.Status != want || resp.Header.Get("Cache-Control") != "no-store" || strings.Contains(resp.Body, "dial tcp") {
				t.Errorf("%s, %s: got status %d, %v and %s", name, path, resp.Status, resp.Header, resp.Body)
			}
		}
	}
	app.Provider.Override("", testapp.Unavailable)
	check("provider unavailable", 503)
	app.Provider.Override("", nil)
	app.AdvanceClock(2 * time.Second) // failed discoveries are retried after one second
	check("ready", 200)
	app.Store.SetDown(true)
	check("store down", 503)
}

// TestReadyWhileStopping checks that a load balancer learns that the app is about to stop.
func TestReadyWhileStopping(t *testing.T) {
	t.Parallel()
	var stopping atomic.Bool
	app := testapp.New(t, testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
		cfg.Stopping = stopping.Load
		return handlers.New(cfg)
	}})
	for _, want := range []int{200, 503} {
		if resp := app.Browser(t).Get("/readyz"); resp.Status != want {
			t.Errorf("got status %d, want %d", resp.Status, want)
		}
		stopping.Store(true)
	}
	if resp := app.Browser(t).Get("/healthz"); resp.Status != 200 {
		t.Errorf("/healthz: got status %d", resp.Status)
	}
}
