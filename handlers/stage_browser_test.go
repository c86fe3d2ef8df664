package handlers_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// stage is the whole app for a browser, beside a whole provider: two sites, as in production. Their clock is the
// test's.
type stage struct {
	app, provider string // base URLs

	ahead atomic.Int64 // how far the clock is ahead of the real one
	mu    sync.Mutex
	idp   http.Handler
	doors map[string]http.HandlerFunc // what answers in its place, by path
}

// Made once, because they take a while.
var (
	stageAssets = sync.OnceValues(assets.New)
	stageKey    = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
)

// stagePeople are the usual ones, and one whom the navbar has no room for.
var stagePeople = append(devidp.DemoUsers(), devidp.User{Username: "hubert.wolfeschlegelsteinhausenbergerdorff-featherstonehaugh", Name: "Hubert"})

// newStage serves both until the test ends.
func newStage(t *testing.T) *stage { return newStageWith(t, handlers.New) }

// newStageWith is newStage with another constructor of the app.
func newStageWith(t *testing.T, newApp func(handlers.Config) http.Handler) *stage {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := stageAssets()
	must(err)
	key, err := stageKey()
	must(err)
	sessions, err := store.Open(context.Background(), "memory:")
	must(err)

	app, provider := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	s := &stage{
		app:      "http://localhost:" + strconv.Itoa(app.Listener.Addr().(*net.TCPAddr).Port),
		provider: "http://" + provider.Listener.Addr().String(), // 127.0.0.1
		doors:    map[string]http.HandlerFunc{},
	}
	idp, err := devidp.New(devidp.Config{
		Issuer: s.provider, CSS: files.CSS(), Key: key, Now: s.now, Users: stagePeople,
		Clients: []devidp.Client{{
			ID: "app", Secret: "secret", Name: "The app",
			RedirectURIs:           []string{s.app + handlers.CallbackPath},
			PostLogoutRedirectURIs: []string{s.app + handlers.LogoutPath},
			BackChannelLogoutURI:   s.app + handlers.BackChannelPath,
			FrontChannelLogoutURI:  s.app + handlers.FrontChannelPath,
		}},
	})
	must(err)
	s.idp = idp
	client, err := auth.New(auth.Config{
		Issuer: s.provider, ClientID: "app", ClientSecret: "secret", Store: sessions, Now: s.now,
		RedirectURL: s.app + handlers.CallbackPath, PostLogoutRedirectURL: s.app + handlers.LogoutPath,
	})
	must(err)
	provider.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		door := s.doors[r.URL.Path]
		s.mu.Unlock()
		if door == nil {
			door = s.idp.ServeHTTP
		}
		door(w, r)
	})
	app.Config.Handler = newApp(handlers.Config{
		Auth: client, Assets: files, Logger: slog.New(slog.DiscardHandler), BaseURL: s.app,
		DevUsers: []string{"ada", "bob"}, DevPassword: devidp.DemoPassword,
	})
	provider.Start()
	app.Start()
	t.Cleanup(func() {
		app.Close()
		provider.Close()
		client.Wait()
		idp.Close()
		sessions.Close()
	})
	return s
}

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// later lets time pass for the app and the provider.
func (s *stage) later(d time.Duration) { s.ahead.Add(int64(d)) }

// door lets answer answer in the provider's place at a path; nil: the provider again.
func (s *stage) door(path string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doors[path] = answer
}

// hold makes the provider wait at a path until open is called.
func (s *stage) hold(path string) (open func()) {
	held := make(chan struct{})
	s.door(path, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
			s.idp.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
	return sync.OnceFunc(func() { close(held) })
}

// away is a server that is down, as far as who asks can tell.
func away(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// at is true when a page is there, whole.
func at(url string) string {
	return `location.href === ` + strconv.Quote(url) + ` && document.readyState === "complete"`
}

// alive is true when the page's scripts have started.
const alive = `document.readyState === "complete"`

// onSignIn is true on the provider's page to sign in.
func (s *stage) onSignIn() string {
	return `location.href.startsWith("` + s.provider + `/signin?") && document.readyState === "complete"`
}

// signIn signs somebody in with one click on the provider's page and ends up on a page of the app.
func (s *stage) signIn(tab *browsertest.Tab, username, path string) {
	tab.Open(s.app + "/login?return_to=" + path)
	tab.Wait(s.onSignIn())
	tab.Click(`button[value="` + username + `"]`)
	tab.Wait(at(s.app + path))
}

// countRequests returns how often the tab has requested an address, whatever its query.
func countRequests(tab *browsertest.Tab, method, url string) (n int) {
	for _, request := range tab.Requests() {
		if got, _, _ := strings.Cut(request, "?"); got == method+" "+url {
			n++
		}
	}
	return n
}

// settled makes the page ask the server for something, once htmx is there if it has been sent for: what the page
// asked before has been answered or at least noted then.
func (s *stage) settled(tab *browsertest.Tab) {
	tab.Wait(`window.htmx || !document.querySelector("script[src*='/htmx-']")`)
	browsertest.Eval[int](tab, `fetch("/healthz").then(r => r.status)`)
}
