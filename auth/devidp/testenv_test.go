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

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// world is a provider with one application: its server, and what oauth2 and go-oidc make of it.
type world struct {
	*testing.T
	*devidp.Provider
	cfg devidp.Config
	ctx context.Context
	app *app
	log *logs

	handler atomic.Pointer[devidp.Provider]

	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
}

// newWorld starts a provider with a confidential client "app" and a public one "spa". change, which may be nil, has the last word.
func newWorld(t *testing.T, change func(*devidp.Config)) *world {
	t.Helper()
	w := &world{T: t, app: newApp(t), log: &logs{}}
	server := httptest.NewUnstartedServer(nil)
	w.cfg = devidp.Config{
		Issuer: "http://" + server.Listener.Addr().String(),
		Clients: []devidp.Client{{
			ID: "app", Secret: secret, Name: "The app",
			RedirectURIs:           []string{w.app.URL + "/callback"},
			PostLogoutRedirectURIs: []string{w.app.URL + "/bye"},
			BackChannelLogoutURI:   w.app.URL + "/backchannel",
		}, {
			ID:                   "spa",
			RedirectURIs:         []string{w.app.URL + "/spa?keep=1"},
			BackChannelLogoutURI: w.app.URL + "/backchannel",
		}},
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&w.cfg)
	}
	if w.cfg.SigningAlg == "" && w.cfg.File == "" {
		w.cfg.Key = rsaKey()
	}
	p, err := devidp.New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.Provider = p
	w.handler.Store(p)
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.handler.Load().ServeHTTP(rw, r) })
	server.Start()
	t.Cleanup(func() {
		server.Close()
		p.Close()
	})
	w.ctx = context.Background()
	if w.provider, err = oidc.NewProvider(w.ctx, p.Issuer()); err != nil {
		t.Fatal(err)
	}
	w.verifier = w.provider.Verifier(&oidc.Config{ClientID: "app", Now: w.cfg.Now})
	w.oauth = oauth2.Config{
		ClientID: "app", ClientSecret: secret, RedirectURL: w.app.URL + "/callback",
		Scopes: []string{"openid", "profile", "email"}, Endpoint: w.provider.Endpoint(),
	}
	w.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return w
}

// browser is a browser with no cookies yet.
func (w *world) browser() *http.Client {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

const verifierS256 = "a-verifier-that-is-long-enough-to-be-one-0123456789"

func challenge() oauth2.AuthCodeOption { return oauth2.S256ChallengeOption(verifierS256) }
func verifier() oauth2.AuthCodeOption  { return oauth2.VerifierOption(verifierS256) }

// authURL is an authorization request of the confidential client.
func (w *world) authURL(params ...string) string {
	options := []oauth2.AuthCodeOption{challenge(), oidc.Nonce("the-nonce")}
	for i := 0; i < len(params); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(params[i], params[i+1]))
	}
	return w.oauth.AuthCodeURL("the-state", options...)
}

// callback signs somebody in and returns the query that the application got.
func (w *world) callback(browser *http.Client, username string, params ...string) url.Values {
	w.Helper()
	resp, err := devidp.SignIn(browser, w.authURL(params...), username)
	if err != nil {
		w.Fatal(err)
	}
	resp.Body.Close()
	if !strings.HasPrefix(resp.Request.URL.String(), w.app.URL) {
		w.Fatalf("the browser ended up at %s", resp.Request.URL)
	}
	return resp.Request.URL.Query()
}

// code is callback when it has to succeed.
func (w *world) code(browser *http.Client, username string, params ...string) string {
	w.Helper()
	q := w.callback(browser, username, params...)
	if q.Get("code") == "" || q.Get("state") != "the-state" || q.Get("iss") != w.Issuer() {
		w.Fatalf("callback %v", q)
	}
	return q.Get("code")
}

// tokens signs somebody in and exchanges the code.
func (w *world) tokens(browser *http.Client, username string, params ...string) (*oauth2.Token, *oidc.IDToken) {
	w.Helper()
	token, err := w.oauth.Exchange(w.ctx, w.code(browser, username, params...), verifier())
	if err != nil {
		w.Fatal(err)
	}
	return token, w.verify(token)
}

func (w *world) verify(token *oauth2.Token) *oidc.IDToken {
	w.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := w.verifier.Verify(w.ctx, raw)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// sid is the claim of that name.
func (w *world) sid(id *oidc.IDToken) string {
	w.Helper()
	var claims struct {
		SID string `json:"sid"`
	}
	if err := id.Claims(&claims); err != nil || claims.SID == "" {
		w.Fatalf("sid %q, %v", claims.SID, err)
	}
	return claims.SID
}

// get opens a page and returns the answer with its body.
func (w *world) get(browser *http.Client, url string) (*http.Response, string) {
	w.Helper()
	resp, err := browser.Get(url)
	if err != nil {
		w.Fatal(err)
	}
	return resp, w.body(resp)
}

func (w *world) post(browser *http.Client, url string, form url.Values) (*http.Response, string) {
	w.Helper()
	resp, err := browser.PostForm(url, form)
	if err != nil {
		w.Fatal(err)
	}
	return resp, w.body(resp)
}

func (w *world) body(resp *http.Response) string {
	w.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return string(body)
}

// signedIn tells who the provider's own page says is signed in.
func (w *world) signedIn(browser *http.Client) bool {
	w.Helper()
	_, body := w.get(browser, w.Issuer()+"/")
	return strings.Contains(body, "<h1>Signed in as")
}

// noRedirects is the browser without its eagerness.
func noRedirects(browser *http.Client) *http.Client {
	return &http.Client{Jar: browser.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// app is an application's server. It records what the provider sends it.
type app struct {
	*httptest.Server
	mu      sync.Mutex
	tokens  []string          // logout tokens
	respond func(try int) int // status for the next logout token; nil: 200
}

func newApp(t *testing.T) *app {
	a := &app{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the application") })
	mux.HandleFunc("POST /backchannel", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.tokens = append(a.tokens, r.PostFormValue("logout_token"))
		try, respond := len(a.tokens), a.respond
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
func (a *app) logoutTokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.tokens...)
}

// logs is what the provider logs.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
