//go:build unix

package handlers_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// BenchmarkSignIn measures a sign-in, provider and browser included, with and without a record of it. The metric
// cpu-ns/op is the processor time of the process.
func BenchmarkSignIn(b *testing.B) {
	for name, inspect := range map[string]bool{"inspect=false": false, "inspect=true": true} {
		b.Run(name, func(b *testing.B) {
			app := testapp.New(b, testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
				cfg.Inspect = inspect
				return handlers.New(cfg)
			}})
			browser := app.Browser(b).SignIn("ada") // discovery and keys are cached from now on
			start := cpuTime(b)
			for b.Loop() {
				authURL := browser.Get("/login?prompt=login").Location()
				browser.Get(browser.Authorize(authURL, "ada"))
			}
			b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
