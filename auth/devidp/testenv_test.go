package devidp_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

const secret = "+/%:&= ~" // what form encoding gets wrong

var sharedRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// world is a provider with one application: its server, and what oauth2 and go-oidc make of it.
type testEnv struct {
	*testing.T
	*devidp.Provider
	config devidp.Config
	ctx    context.Context
	app    *testApp
	logs   *logBuffer

	handler atomic.Pointer[devidp.Provider]

	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
}

// newWorld starts a provider with a confidential client "app" and a public one "spa". change, which may be nil, has the last word.
func newTestEnv(t *testing.T, change func(*devidp.Config)) *testEnv {
	t.Helper()
	e := &testEnv{T: t, app: newTestApp(t), logs: &logBuffer{}}
	server := httptest.NewUnstartedServer(nil)
	e.config = devidp.Config{
		Issuer: "http://" + server.Listener.Addr().String(),
		Clients: []devidp.Client{{
			ID: "app", Secret: secret, Name: "The app",
			RedirectURIs:           []string{e.app.URL + "/callback"},
			PostLogoutRedirectURIs: []string{e.app.URL + "/bye"},
			BackChannelLogoutURI:   e.app.URL + "/backchannel",
		}, {
			ID:                   "spa",
			RedirectURIs:         []string{e.app.URL + "/spa?keep=1"},
			BackChannelLogoutURI: e.app.URL + "/backchannel",
		}},
		Logger: slog.New(slog.NewTextHandler(e.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&e.config)
	}
	if e.config.SigningAlg == "" && e.config.File == "" {
		e.config.Key = sharedRSAKey()
	}
	p, err := devidp.New(e.config)
	if err != nil {
		t.Fatal(err)
	}
	e.Provider = p
	e.handler.Store(p)
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { e.handler.Load().ServeHTTP(rw, r) })
	server.Start()
	t.Cleanup(func() {
		server.Close()
		p.Close()
	})
	e.ctx = context.Background()
	if e.provider, err = oidc.NewProvider(e.ctx, p.Issuer()); err != nil {
		t.Fatal(err)
	}
	e.verifier = e.provider.Verifier(&oidc.Config{ClientID: "app", Now: e.config.Now})
	e.oauth = oauth2.Config{
		ClientID: "app", ClientSecret: secret, RedirectURL: e.app.URL + "/callback",
		Scopes: []string{"openid", "profile", "email"}, Endpoint: e.provider.Endpoint(),
	}
	e.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return e
}

// browser is a browser with no cookies yet.
func (e *testEnv) browser() *http.Client {
	e.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

const codeVerifier = "a-verifier-that-is-long-enough-to-be-one-0123456789"

func challenge() oauth2.AuthCodeOption { return oauth2.S256ChallengeOption(codeVerifier) }
func verifier() oauth2.AuthCodeOption  { return oauth2.VerifierOption(codeVerifier) }

// authURL is an authorization request of the confidential client.
func (e *testEnv) authURL(params ...string) string {
	options := []oauth2.AuthCodeOption{challenge(), oidc.Nonce("the-nonce")}
	for i := 0; i < len(params); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(params[i], params[i+1]))
	}
	return e.oauth.AuthCodeURL("the-state", options...)
}

// callback signs somebody in and returns the query that the application got.
func (e *testEnv) callback(browser *http.Client, username string, params ...string) url.Values {
	e.Helper()
	resp, err := devidp.SignIn(browser, e.authURL(params...), username)
	if err != nil {
		e.Fatal(err)
	}
	resp.Body.Close()
	if !strings.HasPrefix(resp.Request.URL.String(), e.app.URL) {
		e.Fatalf("the browser ended up at %s", resp.Request.URL)
	}
	return resp.Request.URL.Query()
}

// code is callback when it has to succeed.
func (e *testEnv) code(browser *http.Client, username string, params ...string) string {
	e.Helper()
	q := e.callback(browser, username, params...)
	if q.Get("code") == "" || q.Get("state") != "the-state" || q.Get("iss") != e.Issuer() {
		e.Fatalf("callback %v", q)
	}
	return q.Get("code")
}

// tokens signs somebody in and exchanges the code.
func (e *testEnv) tokens(browser *http.Client, username string, params ...string) (*oauth2.Token, *oidc.IDToken) {
	e.Helper()
	token, err := e.oauth.Exchange(e.ctx, e.code(browser, username, params...), verifier())
	if err != nil {
		e.Fatal(err)
	}
	return token, e.verify(token)
}

func (e *testEnv) verify(token *oauth2.Token) *oidc.IDToken {
	e.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := e.verifier.Verify(e.ctx, raw)
	if err != nil {
		e.Fatal(err)
	}
	return id
}

// sid is the claim of that name.
func (e *testEnv) sid(id *oidc.IDToken) string {
	e.Helper()
	var claims struct {
		SID string `json:"sid"`
	}
	if err := id.Claims(&claims); err != nil || claims.SID == "" {
		e.Fatalf("sid %q, %v", claims.SID, err)
	}
	return claims.SID
}

// get opens a page and returns the answer with its body.
func (e *testEnv) get(browser *http.Client, url string) (*http.Response, string) {
	e.Helper()
	resp, err := browser.Get(url)
	if err != nil {
		e.Fatal(err)
	}
	return resp, e.body(resp)
}

func (e *testEnv) post(browser *http.Client, url string, form url.Values) (*http.Response, string) {
	e.Helper()
	resp, err := browser.PostForm(url, form)
	if err != nil {
		e.Fatal(err)
	}
	return resp, e.body(resp)
}

func (e *testEnv) body(resp *http.Response) string {
	e.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.Fatal(err)
	}
	return string(body)
}

// signedIn tells who the provider's own page says is signed in.
func (e *testEnv) signedIn(browser *http.Client) bool {
	e.Helper()
	_, body := e.get(browser, e.Issuer()+"/")
	return strings.Contains(body, "<h1>Signed in as")
}

// noRedirects is the browser without its eagerness.
func withoutRedirects(browser *http.Client) *http.Client {
	return &http.Client{Jar: browser.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// app is an application's server. It records what the provider sends it.
type testApp struct {
	*httptest.Server
	mu       sync.Mutex
	received []string          // logout tokens
	respond  func(try int) int // status for the next logout token; nil: 200
}

func newTestApp(t *testing.T) *testApp {
	a := &testApp{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the application") })
	mux.HandleFunc("POST /backchannel", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.received = append(a.received, r.PostFormValue("logout_token"))
		try, respond := len(a.received), a.respond
		a.mu.Unlock()
		if respond != nil {
			w.Header().Set("Location", "/backchannel") // for a redirect
			w.WriteHeader(respond(try))
		}
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// logoutTokens are those that have arrived so far.
func (a *testApp) logoutTokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.received...)
}

// logs is what the provider logs.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// clock is a clock that stands still until it is moved.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock { return &testClock{now: time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC)} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
