package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

// scrape reads the metrics with the parser of the format and returns a function that adds up the values of the series of
// a family that have all the given labels.
func scrape(t *testing.T, m *telemetry.Metrics) (sum func(name string, labels ...string) float64) {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string, labels ...string) (total float64) {
		for _, metric := range families[name].GetMetric() {
			if hasLabels(metric, labels) {
				total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() +
					float64(metric.GetHistogram().GetSampleCount())
			}
		}
		return total
	}
}

func hasLabels(metric *dto.Metric, labels []string) bool {
	found := map[string]string{}
	for _, label := range metric.GetLabel() {
		found[label.GetName()] = label.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if found[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// TestMetrics checks what the metrics say of a sign-in, one that is refused, a refresh, an outage of the store, a sign-out
// and a logout from outside.
func TestMetrics(t *testing.T) {
	t.Parallel()
	metrics := telemetry.New()
	app := testapp.New(t, testapp.Options{Metrics: metrics})
	ada, bob := app.Browser(t).SignIn("ada"), app.Browser(t).SignIn("bob")
	refused := app.Browser(t)
	refused.Get(cancel(t, app, refused, "/"))
	ada.Post("/profile", "")
	app.Store.SetDown(true)
	ada.Get("/")
	app.Store.SetDown(false)
	bob.Click("Logout")
	ada.Post(app.Provider.URL+"/signout", "everywhere=1")
	ada.Get("/no/such/" + strings.Repeat("x", 50))

	got := scrape(t, metrics)
	for _, c := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{2, "app_sign_ins_total", []string{"outcome", "succeeded"}},
		{1, "app_sign_ins_total", []string{"outcome", "failed", "cause", "access_denied"}},
		{2, "app_sessions_begun_total", nil},
		{1, "app_refreshes_total", []string{"outcome", "succeeded"}},
		{1, "app_sessions_ended_total", []string{"reason", "logout"}},
		{2, "app_sessions_ended_total", []string{"reason", "back_channel"}}, // the provider tells of bob's logout too
		{2, "app_logouts_total", []string{"channel", "back_channel"}},
		{1, "app_logouts_total", []string{"channel", "app"}},
		{3, "app_http_requests_total", []string{"route", "GET /login/callback", "status", "303"}},
		{1, "app_http_requests_total", []string{"route", "/", "status", "404"}},
		{3, "app_http_request_duration_seconds", []string{"route", "GET /login/callback"}},
		{2, "app_provider_requests_total", []string{"endpoint", "/token", "status", "200"}},
		{2, "app_provider_request_duration_seconds", []string{"endpoint", "/token"}},
		{2, "app_store_operation_duration_seconds", []string{"operation", "end_all"}},
		{1, "app_store_errors_total", []string{"operation", "find"}},
		{1, "app_build_info", nil},
	} {
		if value := got(c.name, c.labels...); value != c.want {
			t.Errorf("%s%v is %v, want %v", c.name, c.labels, value, c.want)
		}
	}
	if got("go_goroutines") == 0 {
		t.Error("nothing is known of the process")
	}
}

// TestAudit checks that the log names person and session of a sign-in and a sign-out by references, and nobody else.
func TestAudit(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	app.Browser(t).SignIn("ada").Click("Logout")
	app.Browser(t).SignIn("ada")
	records := app.Log.Records("audit")
	if len(records) != 4 || records[2]["reason"] != "back_channel" || records[2]["person"] != nil {
		t.Fatalf("got %v, want two sign-ins, a sign-out, and the logout from outside that follows it", records)
	}
	in, out, again := records[0], records[1], records[3]
	if in["event"] != "signed in" || out["event"] != "signed out" || out["reason"] != "logout" {
		t.Errorf("got %v and %v", in, out)
	}
	if in["person"] != out["person"] || in["session"] != out["session"] || in["session"] == "" || in["request"] == "" {
		t.Errorf("the references differ: %v and %v", in, out)
	}
	if again["person"] != in["person"] || again["session"] == in["session"] {
		t.Errorf("another session of the person: %v and %v", in, again)
	}
	if person, _ := in["person"].(string); person == "" || strings.Contains(person, "ada") {
		t.Errorf("the reference of the person is %q", person)
	}
}

// TestTraceparent checks that the trace of a request is in the log and in the requests to the provider, and that a
// malformed one is not.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	for header, want := range map[string]string{
		"00-" + trace + "-00f067aa0ba902b7-01":                   trace,
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01": "",
		"00-" + trace + "-00f067aa0ba902b7-01\" x=\"":            "",
		"ff-" + trace + "-00f067aa0ba902b7-01":                   "", "": "",
	} {
		app := testapp.New(t, testapp.Options{})
		b := app.Browser(t)
		callback := b.BeginSignIn("ada")
		var sent atomic.Value
		app.Provider.Override("/token", func(w http.ResponseWriter, r *http.Request) {
			sent.Store(r.Header.Get("Traceparent"))
			app.Provider.Forward(w, r)
		})
		b.Get(callback, "Traceparent", header)
		got, _ := sent.Load().(string)
		if want == "" && got != "" || want != "" && !strings.HasPrefix(got, "00-"+want+"-") {
			t.Errorf("%q: the provider received %q", header, got)
		}
		records := app.Log.Records(logRequestFinished)
		logged, _ := records[len(records)-1]["trace"].(string)
		if logged != want {
			t.Errorf("%q: the log has the trace %q", header, logged)
		}
	}
}
