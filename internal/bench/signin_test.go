//go:build unix

package bench

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// signInsPerTurn is the number of sign-ins in one app before the other is asked.
const signInsPerTurn = 50

// BenchmarkSignIn measures a complete sign-in: the redirect to the provider, the callback with its two requests to the
// provider, and the session. Browser and provider are the child process. The metric ratio is the processor time of the
// app divided by that of a bare server that answers the two requests of the browser; inspect-ratio is the processor
// time with INSPECT divided by that without.
func BenchmarkSignIn(b *testing.B) {
	ask := startClient(b)
	apps := []*httptest.Server{httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)}
	var urls []string
	for _, app := range apps {
		urls = append(urls, "http://"+app.Listener.Addr().String())
	}
	issuer := ask(order{Apps: urls})
	var orders []order
	for i, app := range apps {
		app.Config.Handler = newApp(b, urls[i], issuer, clientID(i), i == 1)
		app.Start()
		b.Cleanup(app.Close)
		signIn := urls[i] + "/login?login_hint=sign-in-as:ada&return_to=/healthz"
		orders = append(orders, order{URL: signIn, Follow: true, Times: signInsPerTurn})
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			http.Redirect(w, r, handlers.CallbackPath, http.StatusSeeOther)
			return
		}
		w.WriteHeader(http.StatusOK)
	}))
	b.Cleanup(bare.Close)
	orders = append(orders, order{URL: bare.URL + "/login", Follow: true, Times: signInsPerTurn})
	for _, o := range orders {
		ask(o) // fetches the discovery document and the keys
	}
	used := takeTurns(b, orders, ask)
	b.ReportMetric(0, "ns/op") // wall-clock time of a turn, which says nothing
	b.ReportMetric(float64(used[0])/float64(b.N*signInsPerTurn), "app-cpu-ns/sign-in")
	b.ReportMetric(float64(used[0])/float64(used[2]), "ratio")
	b.ReportMetric(float64(used[1])/float64(used[0]), "inspect-ratio")
}

// newApp returns an app with the public URL url.
func newApp(b *testing.B, url, issuer, id string, inspect bool) http.Handler {
	files, err := assets.New()
	check(b, err)
	sessions := memory.New()
	client, err := auth.New(auth.Config{
		Issuer: issuer, ClientID: id, ClientSecret: "secret", Store: sessions,
		RedirectURL: url + handlers.CallbackPath, PostLogoutRedirectURL: url + handlers.LogoutPath,
	})
	check(b, err)
	b.Cleanup(func() {
		client.Wait()
		sessions.Close()
	})
	return handlers.New(handlers.Config{
		Auth: client, Assets: files, BaseURL: url, Inspect: inspect, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}
