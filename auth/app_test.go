package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// app is an application that uses the package: one Client, and what it said.
type app struct {
	t        *testing.T
	provider *provider
	client   *auth.Client
	cfg      auth.Config
	store    auth.Store
	baseURL  string // its address, such as http://app.test
	output   *outputRecorder
}

// newApp makes a Client of the provider with a store in memory, and registers its redirect URI there.
// change may be nil. Whatever comes out of the app is searched for secrets when the test ends.
func newApp(t *testing.T, p *provider, change func(*auth.Config)) *app {
	t.Helper()
	heard := newOutputRecorder(t, p)
	b := p.currentOverrides()
	cfg := auth.Config{
		Issuer: p.Issuer, ClientID: b.ClientID, ClientSecret: auth.Secret(b.ClientSecret),
		RedirectURL: "http://app.test/login/callback", PostLogoutRedirectURL: "http://app.test/logout",
		Transport: p.server.Client().Transport, Now: p.Clock.Now, Logger: heard.logger(),
	}
	if b.AuthMethod == "client_secret_post" {
		cfg.ClientAuthMethod = b.AuthMethod
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.Store == nil {
		cfg.Store = newStore(t)
	}
	c, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(cfg.RedirectURL)
	if err != nil {
		t.Fatal(err)
	}
	p.override(func(b *overrides) { b.RedirectURI = cfg.RedirectURL })
	heard.addSecret("client secret", string(cfg.ClientSecret))
	heard.addValues(c, &cfg, cfg)
	t.Cleanup(c.Wait)
	return &app{t: t, provider: p, client: c, cfg: cfg, store: cfg.Store, baseURL: u.Scheme + "://" + u.Host, output: heard}
}

// newClient is newApp for a test that needs the Client alone.
func newClient(t *testing.T, p *provider, change func(*auth.Config)) *auth.Client {
	t.Helper()
	return newApp(t, p, change).client
}

func newStore(t *testing.T) auth.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// browser visits the app in-process, under real cookie rules, and the provider over the network. It is safe for
// concurrent use, as the tabs of a browser are.
type browser struct {
	app            *app
	jar            *cookiejar.Jar
	ctx            context.Context // of its requests; nil: the test's
	providerClient *http.Client    // to the provider; follows no redirect
}

func (a *app) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	transport := a.provider.server.Client().Transport
	return &browser{app: a, jar: jar, providerClient: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// at is the same browser at another instance of the app.
func (b *browser) withApp(a *app) *browser {
	other := *b
	other.app = a
	return &other
}

// with is the same browser whose requests carry ctx.
func (b *browser) withContext(ctx context.Context) *browser {
	other := *b
	other.ctx = ctx
	return &other
}

// visit sends a request through Load (or what else is around the pages) and takes the cookies of the answer.
func (b *browser) visit(around func(http.Handler) http.Handler, method, target string, page http.HandlerFunc) *http.Response {
	u, err := url.Parse(b.app.baseURL + target)
	if err != nil {
		u, err = url.Parse(target) // an absolute address, as a redirect gives one
	}
	if p, perr := url.Parse(target); perr == nil && p.IsAbs() {
		u, err = p, nil
	}
	if err != nil {
		b.app.t.Fatal(err)
	}
	r := httptest.NewRequest(method, u.String(), nil)
	ctx := b.ctx
	if ctx == nil {
		ctx = b.app.t.Context()
	}
	r = r.WithContext(ctx)
	for _, c := range b.jar.Cookies(u) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	around(page).ServeHTTP(w, r)
	resp := w.Result()
	for _, c := range resp.Cookies() {
		b.app.output.addSecret("cookie "+c.Name, c.Value)
	}
	b.jar.SetCookies(u, resp.Cookies())
	return resp
}

// Begin is a visit to the login page.
func (b *browser) BeginLogin(o auth.LoginOptions) (authURL string, err error) {
	authURL, _, err = b.beginLoginResponse(o)
	return authURL, err
}

func (b *browser) beginLoginResponse(o auth.LoginOptions) (authURL string, resp *http.Response, err error) {
	resp = b.visit(b.app.client.Load, "GET", "/login", func(w http.ResponseWriter, r *http.Request) {
		authURL, err = b.app.client.BeginLogin(w, r, o)
	})
	b.app.output.addError(err)
	if u, perr := url.Parse(authURL); perr == nil {
		b.app.output.addSecret("state", u.Query().Get("state"))
		b.app.output.addSecret("nonce", u.Query().Get("nonce"))
	}
	return authURL, resp, err
}

// Authorize is the visit to the provider. It returns the callback's address that the provider answers with.
func (b *browser) Authorize(authURL string) (callback string) {
	resp, err := b.providerClient.Get(authURL)
	if err != nil {
		b.app.t.Errorf("authorize: %v", err)
		return ""
	}
	defer resp.Body.Close()
	if callback = resp.Header.Get("Location"); callback == "" {
		b.app.t.Errorf("authorize: the provider answered %s", resp.Status)
	}
	return callback
}

// Finish is the visit to the callback.
func (b *browser) FinishLogin(callback string) (returnTo string, err error) {
	returnTo, _, err = b.finishLoginResponse(callback)
	return returnTo, err
}

func (b *browser) finishLoginResponse(callback string) (returnTo string, resp *http.Response, err error) {
	resp = b.visit(b.app.client.Load, "GET", callback, func(w http.ResponseWriter, r *http.Request) {
		returnTo, err = b.app.client.FinishLogin(w, r)
	})
	b.app.output.addError(err)
	if err != nil && returnTo != "" {
		b.app.t.Errorf("Finish returned %q beside an error", returnTo)
	}
	return returnTo, resp, err
}

// SignIn goes all the way.
func (b *browser) SignIn() error {
	_, err := b.signInWith(auth.LoginOptions{})
	return err
}

func (b *browser) signInWith(o auth.LoginOptions) (returnTo string, err error) {
	authURL, err := b.BeginLogin(o)
	if err != nil {
		return "", fmt.Errorf("begin: %w", err)
	}
	return b.FinishLogin(b.Authorize(authURL))
}

// MustSignIn goes all the way and returns who is signed in then.
func (b *browser) MustSignIn() auth.User {
	b.app.t.Helper()
	if err := b.SignIn(); err != nil {
		b.app.t.Fatalf("sign in: %v", err)
	}
	u, err := b.User()
	if err != nil {
		b.app.t.Fatalf("after the sign-in: %v", err)
	}
	return u
}

// User is who is signed in, in a request of its own.
func (b *browser) User() (u auth.User, err error) { return b.userThrough(b.app.client.Load) }

// Peek is User in a request that does not prolong the session.
func (b *browser) Peek() (u auth.User, err error) { return b.userThrough(b.app.client.Peek) }

func (b *browser) userThrough(around func(http.Handler) http.Handler) (u auth.User, err error) {
	b.visit(around, "GET", "/", func(_ http.ResponseWriter, r *http.Request) { u, err = b.app.client.User(r.Context()) })
	b.app.output.addError(err)
	return u, err
}

// SignedOut fails the test when somebody is signed in.
func (b *browser) CheckSignedOut() {
	b.app.t.Helper()
	if u, err := b.User(); !errors.Is(err, auth.ErrSignedOut) {
		b.app.t.Errorf("signed in as %q, %v; want nobody", u.Subject, err)
	}
}

// Refresh asks the provider again.
func (b *browser) Refresh() (u auth.User, err error) {
	b.visit(b.app.client.Load, "POST", "/profile", func(w http.ResponseWriter, r *http.Request) { u, err = b.app.client.Refresh(w, r) })
	b.app.output.addError(err)
	return u, err
}

// End signs out here.
func (b *browser) BeginLogout() (endURL string, err error) {
	b.visit(b.app.client.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) { endURL, err = b.app.client.BeginLogout(w, r) })
	b.app.output.addError(err)
	return endURL, err
}

// Ended is the visit to the address that the provider sends a signed-out browser to.
func (b *browser) FinishLogout(target string) (ended bool) {
	b.visit(b.app.client.Load, "GET", target, func(w http.ResponseWriter, r *http.Request) { ended = b.app.client.FinishLogout(w, r) })
	return ended
}

// Cookies are the names and values that the browser would send to a path of the app.
func (b *browser) Cookies(path string) map[string]string {
	u, err := url.Parse(b.app.baseURL + path)
	if err != nil {
		b.app.t.Fatal(err)
	}
	m := map[string]string{}
	for _, c := range b.jar.Cookies(u) {
		m[c.Name] = c.Value
	}
	return m
}

func mustParseURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func sessionCookie(token string) []*http.Cookie {
	return []*http.Cookie{{Name: "session", Value: token, Path: "/"}}
}
