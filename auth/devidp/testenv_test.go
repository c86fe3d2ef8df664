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

const secret = "+/%:&= ~" // characters that wrong form encoding changes

// sharedRSAKey is generated once, because generating RSA keys is slow.
var sharedRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// testEnv is a provider with an app: the server of the app and its OpenID client, made of oauth2 and go-oidc.
type testEnv struct {
	*testing.T
	*devidp.Provider
	config devidp.Config
	ctx    context.Context
	app    *testApp
	logs   *logBuffer

	handler atomic.Pointer[devidp.Provider] // restart replaces it

	discovered *oidc.Provider
	verifier   *oidc.IDTokenVerifier
	oauth      oauth2.Config
}

// newTestEnv starts a provider with a confidential client "app" and a public client "spa". change may change the
// configuration. It may be nil.
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
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.handler.Load().ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(func() {
		server.Close()
		p.Close()
	})
	e.ctx = context.Background()
	if e.discovered, err = oidc.NewProvider(e.ctx, p.Issuer()); err != nil {
		t.Fatal(err)
	}
	e.verifier = e.discovered.Verifier(&oidc.Config{ClientID: "app", Now: e.config.Now})
	e.oauth = oauth2.Config{
		ClientID: "app", ClientSecret: secret, RedirectURL: e.app.URL + "/callback",
		Scopes: []string{"openid", "profile", "email"}, Endpoint: e.discovered.Endpoint(),
	}
	e.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return e
}

// browser returns a browser without cookies.
func (e *testEnv) browser() *http.Client {
	e.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		e.Fatal(err)
	}
	// httptest closes the idle connections of http.DefaultTransport whenever a server of any test ends.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	e.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}

const codeVerifier = "a-verifier-that-is-long-enough-to-be-one-0123456789"

func challenge() oauth2.AuthCodeOption { return oauth2.S256ChallengeOption(codeVerifier) }
func verifier() oauth2.AuthCodeOption  { return oauth2.VerifierOption(codeVerifier) }

// authURL returns an authorization request of the client "app". params are names and values to add.
func (e *testEnv) authURL(params ...string) string {
	options := []oauth2.AuthCodeOption{challenge(), oidc.Nonce("the-nonce")}
	for i := 0; i < len(params); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(params[i], params[i+1]))
	}
	return e.oauth.AuthCodeURL("the-state", options...)
}

// callback signs a user in and returns the query that the app received at its redirect URI.
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

// code signs a user in and returns the authorization code.
func (e *testEnv) code(browser *http.Client, username string, params ...string) string {
	e.Helper()
	q := e.callback(browser, username, params...)
	if q.Get("code") == "" || q.Get("state") != "the-state" || q.Get("iss") != e.Issuer() {
		e.Fatalf("callback %v", q)
	}
	return q.Get("code")
}

// tokens signs a user in, exchanges the code and verifies the ID token.
func (e *testEnv) tokens(browser *http.Client, username string, params ...string) (*oauth2.Token, *oidc.IDToken) {
	e.Helper()
	token, err := e.oauth.Exchange(e.ctx, e.code(browser, username, params...), verifier())
	if err != nil {
		e.Fatal(err)
	}
	return token, e.verify(token)
}

// verify verifies the ID token of a token response.
func (e *testEnv) verify(token *oauth2.Token) *oidc.IDToken {
	e.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := e.verifier.Verify(e.ctx, raw)
	if err != nil {
		e.Fatal(err)
	}
	return id
}

// sid returns the sid claim.
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

// get sends a GET request and returns the response and its body.
func (e *testEnv) get(browser *http.Client, url string) (*http.Response, string) {
	e.Helper()
	resp, err := browser.Get(url)
	if err != nil {
		e.Fatal(err)
	}
	return resp, e.body(resp)
}

// post sends a form and returns the response and its body.
func (e *testEnv) post(browser *http.Client, url string, form url.Values) (*http.Response, string) {
	e.Helper()
	resp, err := browser.PostForm(url, form)
	if err != nil {
		e.Fatal(err)
	}
	return resp, e.body(resp)
}

// body reads and closes the body of a response.
func (e *testEnv) body(resp *http.Response) string {
	e.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.Fatal(err)
	}
	return string(body)
}

// signedIn reports whether the provider's account page says that the browser is signed in.
func (e *testEnv) signedIn(browser *http.Client) bool {
	e.Helper()
	_, body := e.get(browser, e.Issuer()+"/")
	return strings.Contains(body, "<h1>Signed in as")
}

// withoutRedirects returns the browser with the same cookies, but it does not follow redirects.
func withoutRedirects(browser *http.Client) *http.Client {
	stop := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Jar: browser.Jar, Transport: browser.Transport, CheckRedirect: stop}
}

// logBuffer collects the log of the provider.
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

// testClock is a clock that only advance moves. Its value is the time since 17 May 2031.
type testClock struct{ atomic.Int64 }

func (c *testClock) Now() time.Time {
	return time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.Load()))
}

func (c *testClock) advance(d time.Duration) { c.Add(int64(d)) }

// concurrently calls f n times at the same time and returns the results.
func concurrently[T any](n int, f func() T) []T {
	results := make([]T, n)
	var done sync.WaitGroup
	for i := range results {
		done.Go(func() { results[i] = f() })
	}
	done.Wait()
	return results
}
