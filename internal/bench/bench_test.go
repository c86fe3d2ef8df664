//go:build unix

// Package bench measures the processor time of a request beside a bare net/http server that writes the same bytes:
//
//	go test -run='^$' -bench=. -count=6 ./internal/bench | tee new.txt   # then: benchstat new.txt
//
// The client is a child process, so that the processor time of this process is that of the servers. Both are asked in
// turns, so that other work on the machine disturbs both alike.
package bench

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// perTurn is the number of requests that one server answers before the other is asked.
const perTurn = 500

func TestMain(m *testing.M) {
	if os.Getenv(clientVariable) != "" {
		runClient(os.Stdin, os.Stdout)
		return
	}
	ballast := make([]byte, 16<<20) // as in the program
	code := dbtest.Run(m)
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// processorTime returns what this process has used.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkPages measures each page in each store, as it is and as browsers ask for it. The metric ratio is the processor
// time of the app divided by that of the bare server.
func BenchmarkPages(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) string{
		"memory":     func(*testing.B) string { return "memory:" },
		"file":       func(b *testing.B) string { return "file:" + filepath.Join(b.TempDir(), "sessions.db") },
		"redis":      func(b *testing.B) string { return dbtest.Redis(b).URL },
		"postgresql": func(b *testing.B) string { return dbtest.Postgres(b).URL },
	} {
		b.Run("store="+name, func(b *testing.B) {
			sessions, err := store.Open(b.Context(), open(b))
			check(b, err)
			benchmarkPages(b, sessions) // closes the store
		})
	}
}

func benchmarkPages(b *testing.B, sessions auth.Store) {
	app := testapp.New(b, testapp.Options{Sessions: sessions, Handler: func(cfg handlers.Config) http.Handler {
		cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
		return handlers.New(cfg)
	}})
	ada := app.Browser(b).SignIn("ada")
	u, err := url.Parse(app.URL)
	check(b, err)
	var cookies []string
	for _, c := range ada.Client.Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	signedIn := strings.Join(cookies, "; ")
	_, asset, _ := strings.Cut(ada.Get("/").Body, `<link rel="stylesheet" href="`)
	asset, _, _ = strings.Cut(asset, `"`)
	ask := startClient(b)
	for _, page := range []struct{ name, path, cookie string }{
		{"home", "/", ""}, {"home-in", "/", signedIn}, {"profile", "/profile", signedIn}, {"asset", asset, ""},
	} {
		for coding, accept := range map[string]string{"identity": "identity", "browser": "gzip, deflate, br, zstd"} {
			b.Run("page="+page.name+"/coding="+coding, func(b *testing.B) {
				resp := app.Browser(b).Get(page.path, "Accept-Encoding", accept, "Cookie", page.cookie)
				if resp.Status != http.StatusOK {
					b.Fatalf("status %d", resp.Status)
				}
				body := []byte(resp.Body)
				bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					w.Write(body)
				}))
				b.Cleanup(bare.Close)
				orders := []order{
					{URL: app.URL + page.path, Cookie: page.cookie, AcceptEncoding: accept, Times: perTurn},
					{URL: bare.URL, Cookie: page.cookie, AcceptEncoding: accept, Times: perTurn},
				}
				for i := range orders {
					ask(orders[i]) // draws and compresses what is kept
				}
				used := takeTurns(b, orders, ask)
				b.ReportMetric(0, "ns/op") // wall-clock time of a turn, which says nothing
				b.ReportMetric(float64(used[0])/float64(b.N*perTurn), "app-cpu-ns/request")
				b.ReportMetric(float64(used[1])/float64(b.N*perTurn), "bare-cpu-ns/request")
				b.ReportMetric(float64(used[0])/float64(used[1]), "ratio")
			})
		}
	}
}

// takeTurns carries out the orders in turns, and returns the processor time of each.
func takeTurns(b *testing.B, orders []order, ask func(order) string) []time.Duration {
	used := make([]time.Duration, len(orders))
	for b.Loop() {
		for i := range orders {
			runtime.GC() // the garbage of one server is not collected at the cost of the other
			start := processorTime(b)
			ask(orders[i])
			runtime.GC()
			used[i] += processorTime(b) - start
		}
	}
	return used
}
