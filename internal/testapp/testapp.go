// Package testapp runs the whole app beside a development provider, for tests, and has a browser to use them with.
//
//	app := testapp.New(t, testapp.Options{})
//	ada := app.Browser(t).SignIn("ada")
//	app.Store.SetDown(true)
//	if got := ada.Get("/profile").Status; got != http.StatusServiceUnavailable { … }
//
// Browser works with any base URL, so it also tests the app as a process of its own. Tests that need JavaScript use
// package browsertest with App.URL instead.
package testapp

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

// Options configures an App. The zero value is the app as it starts in a fresh clone, with its sessions in memory.
type Options struct {
	// BaseURL is the public URL of the app. Browsers of the App reach it as if a proxy stood in front of the app.
	// The default is the address where the app listens, on localhost.
	BaseURL string

	// Auth configures sign-in. New sets Issuer, RedirectURL, PostLogoutRedirectURL, Store and Now, and, if ClientID
	// is empty, also ClientID and ClientSecret.
	Auth auth.Config

	// Provider configures the development provider. New sets Issuer, Key, Now, CSS and Clients.
	Provider devidp.Config

	// Sessions is the store. The default keeps sessions in memory.
	Sessions auth.Store

	// Metrics counts what happens in the app. The default counts nothing.
	Metrics *telemetry.Metrics

	// Handler builds the app. The default is [handlers.New].
	Handler func(handlers.Config) http.Handler
}

// App is the whole app beside a provider of its own. Both listen on free loopback ports: the app on localhost and the
// provider on 127.0.0.1, which are different sites, as in production.
type App struct {
	URL      string // public URL, without a trailing slash
	Provider *Provider
	Store    *Store
	Log      *Log

	address      string                      // where the app listens: host and port
	offset       atomic.Int64                // of the clock, from the real time
	logoutTokens atomic.Pointer[chan string] // if set, receives the logout tokens in place of the app
}

var (
	newAssets = sync.OnceValues(assets.New)
	newKey    = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
)

// New starts an App, which runs until the test ends.
func New(t testing.TB, o Options) *App {
	t.Helper()
	files, err := newAssets()
	check(t, err)
	if o.Sessions == nil {
		o.Sessions = memory.New()
	}
	server := httptest.NewUnstartedServer(nil)
	a := &App{
		URL: o.BaseURL, Provider: NewProvider(t), Store: &Store{Store: o.Sessions}, Log: &Log{},
		address: server.Listener.Addr().String(),
	}
	if a.URL == "" {
		_, port, _ := net.SplitHostPort(a.address)
		a.URL = "http://localhost:" + port
	}
	if o.Auth.ClientID == "" {
		o.Auth.ClientID, o.Auth.ClientSecret = "app", "secret"
	}
	o.Auth.Issuer, o.Auth.Store, o.Auth.Now = a.Provider.URL, o.Metrics.Store(a.Store), a.now
	o.Auth.WrapTransport = o.Metrics.Transport
	o.Auth.RedirectURL, o.Auth.PostLogoutRedirectURL = a.URL+handlers.CallbackPath, a.URL+handlers.LogoutPath
	client, err := auth.New(o.Auth)
	check(t, err)
	o.Provider.CSS, o.Provider.Now = files.CSS(), a.now
	o.Provider.Clients = []devidp.Client{Client(a.URL, o.Auth.ClientID, string(o.Auth.ClientSecret))}
	a.Provider.Start(t, o.Provider)
	if o.Handler == nil {
		o.Handler = handlers.New
	}
	app := o.Handler(handlers.Config{
		Auth: client, Assets: files, Logger: slog.New(slog.NewJSONHandler(a.Log, nil)), BaseURL: a.URL,
		Metrics: o.Metrics,
		DevUsers: []handlers.DevUser{
			{LoginHint: devidp.SignInAs + "ada", Name: "Ada"}, {LoginHint: devidp.SignInAs + "bob", Name: "Bob"},
		},
	})
	app = http.MaxBytesHandler(app, 64<<10) // the limit of the real server
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tokens := a.logoutTokens.Load(); tokens != nil && r.URL.Path == handlers.BackChannelPath {
			*tokens <- r.PostFormValue("logout_token")
			return
		}
		app.ServeHTTP(w, r)
	})
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		client.Wait()
		o.Sessions.Close()
	})
	return a
}

// Client registers an app with the public URL appURL at a provider.
func Client(appURL, id, secret string) devidp.Client {
	return devidp.Client{
		ID: id, Secret: secret, Name: "The app",
		RedirectURIs:           []string{appURL + handlers.CallbackPath},
		PostLogoutRedirectURIs: []string{appURL + handlers.LogoutPath},
		BackChannelLogoutURI:   appURL + handlers.BackChannelPath,
		FrontChannelLogoutURI:  appURL + handlers.FrontChannelPath,
	}
}

// Browser returns a browser of the app, signed out and without cookies.
func (a *App) Browser(t testing.TB) *Browser {
	b := NewBrowser(t, a.URL)
	b.Client.Transport = proxy{a, b.Client.Transport}
	return b
}

// proxy sends requests for the app's public URL to the address where the app listens, as a reverse proxy does.
type proxy struct {
	app  *App
	next http.RoundTripper
}

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	if origin(r.URL) != p.app.URL {
		return p.next.RoundTrip(r)
	}
	forwarded := r.Clone(r.Context())
	if forwarded.Host == "" { // in a request that follows a redirect
		forwarded.Host = r.URL.Host
	}
	forwarded.URL.Scheme, forwarded.URL.Host = "http", p.app.address
	resp, err := p.next.RoundTrip(forwarded)
	if err == nil {
		resp.Request = r
	}
	return resp, err
}

func (a *App) now() time.Time { return time.Now().Add(time.Duration(a.offset.Load())) }

// AdvanceClock moves the clock of the app and of the provider forward.
func (a *App) AdvanceClock(d time.Duration) { a.offset.Add(int64(d)) }

// LogoutToken signs the browser out at the provider and returns the logout token that the provider sends, and its sid.
// The app does not receive the token.
func (a *App) LogoutToken(t testing.TB, b *Browser) (token, sid string) {
	t.Helper()
	tokens := make(chan string, 1)
	a.logoutTokens.Store(&tokens)
	defer a.logoutTokens.Store(nil)
	b.Post(a.Provider.URL+"/signout", "")
	token = <-tokens
	_, payload, _ := strings.Cut(token, ".")
	payload, _, _ = strings.Cut(payload, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct{ SID string }
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.SID == "" {
		t.Fatalf("not a logout token: %v, %s", err, text)
	}
	return token, claims.SID
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
