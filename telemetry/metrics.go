// Package telemetry tells the people who run the app what it does: metrics in Prometheus' format, and the trace id of
// W3C Trace Context in log lines and in requests to the provider. A nil *Metrics counts nothing.
package telemetry

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// seconds are the upper bounds of all histograms.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// maxEndpoints is how many paths of the provider have their own label. The rest is "other".
const maxEndpoints = 20

// Metrics counts what happens in the app. Its labels have few values: none comes from a request, except the paths of
// the provider. It is safe for concurrent use.
type Metrics struct {
	set *metrics.Set

	mu        sync.Mutex
	endpoints map[string]bool
}

// New returns Metrics that have counted nothing yet.
func New() *Metrics {
	metrics.ExposeMetadata(true)
	m := &Metrics{set: metrics.NewSet(), endpoints: map[string]bool{}}
	version, revision, goVersion := "(devel)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = info.Main.Version, info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	m.set.GetOrCreateGauge(series("app_build_info", "version", version, "revision", revision, "go", goVersion),
		func() float64 { return 1 })
	return m
}

// ServeHTTP serves the metrics, and those of the process and the Go runtime.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}

// Request counts a request that was answered. route is the pattern of the route and not the path, which anybody
// chooses.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.count("app_http_requests_total", "route", route, "status", strconv.Itoa(status))
	m.observe("app_http_request_duration_seconds", took, "route", route)
}

// SignIn counts a sign-in that has ended. cause is "" if it succeeded, else the code of the error.
func (m *Metrics) SignIn(cause string) {
	if m == nil {
		return
	}
	outcome := "failed"
	if cause == "" {
		outcome = "succeeded"
		m.count("app_sessions_begun_total")
	}
	m.count("app_sign_ins_total", "outcome", outcome, "cause", cause)
}

// Refresh counts a refresh of a profile. cause is "" if it succeeded, else the code of the error.
func (m *Metrics) Refresh(cause string) {
	if m == nil {
		return
	}
	outcome := "failed"
	if cause == "" {
		outcome = "succeeded"
	}
	m.count("app_refreshes_total", "outcome", outcome, "cause", cause)
}

// SessionEnded counts a session that has ended before it expired: logout, sessions_page (on the page
// of the sessions), back_channel, front_channel (a logout from outside, which may end several) or refresh_rejected.
func (m *Metrics) SessionEnded(reason string) {
	if m == nil {
		return
	}
	m.count("app_sessions_ended_total", "reason", reason)
	switch reason {
	case "back_channel", "front_channel":
		m.count("app_logouts_total", "channel", reason)
	case "logout", "sessions_page":
		m.count("app_logouts_total", "channel", "app")
	}
}

// endpoint returns the path as a label.
func (m *Metrics) endpoint(path string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.endpoints[path] {
		if len(m.endpoints) >= maxEndpoints {
			return "other"
		}
		m.endpoints[path] = true
	}
	return path
}

func (m *Metrics) count(name string, labels ...string) {
	m.set.GetOrCreateCounter(series(name, labels...)).Inc()
}

func (m *Metrics) observe(name string, took time.Duration, labels ...string) {
	m.set.GetOrCreatePrometheusHistogramExt(series(name, labels...), seconds).Update(took.Seconds())
}

// series returns the name of a time series: name{label="value",…}.
func series(name string, labels ...string) string {
	for i := 0; i < len(labels); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		name += fmt.Sprintf("%s%s=%q", separator, labels[i], labels[i+1])
	}
	if labels != nil {
		name += "}"
	}
	return name
}
