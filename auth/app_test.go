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
	t     *testing.T
	op    *provider
	c     *auth.Client
	cfg   auth.Config
	store auth.Store
	base  string // its address, such as http://app.test
	heard *heard
}

// newApp makes a Client of the provider with a store in memory, and registers its redirect URI there.
// change may be nil. Whatever comes out of the app is searched for secrets when the test ends.
func newApp(t *testing.T, op *provider, change func(*auth.Config)) *app {
	t.Helper()
	heard := newHeard(t, op)
	b := op.bent()
	cfg := auth.Config{
		Issuer: op.Issuer, ClientID: b.ClientID, ClientSecret: auth.Secret(b.ClientSecret),
		RedirectURL: "http://app.test/login/callback", PostLogoutRedirectURL: "http://app.test/logout",
		Transport: op.srv.Client().Transport, Now: op.Clock.Now, Logger: heard.logger(),
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
	op.bend(func(b *bends) { b.RedirectURI = cfg.RedirectURL })
	heard.hide("client secret", string(cfg.ClientSecret))
	heard.prints(c, &cfg, cfg)
	t.Cleanup(c.Wait)
	return &app{t: t, op: op, c: c, cfg: cfg, store: cfg.Store, base: u.Scheme + "://" + u.Host, heard: heard}
}

// newClient is newApp for a test that needs the Client alone.
func newClient(t *testing.T, op *provider, change func(*auth.Config)) *auth.Client {
	t.Helper()
	return newApp(t, op, change).c
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
	app  *app
	jar  *cookiejar.Jar
	ctx  context.Context // of its requests; nil: the test's
	http *http.Client    // to the provider; follows no redirect
}

func (a *app) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	transport := a.op.srv.Client().Transport
	return &browser{app: a, jar: jar, http: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// at is the same browser at another instance of the app.
func (b *browser) at(a *app) *browser {
	other := *b
	other.app = a
	return &other
}

// with is the same browser whose requests carry ctx.
func (b *browser) with(ctx context.Context) *browser {
	other := *b
	other.ctx = ctx
	return &other
}

// visit sends a request through Load (or what else is around the pages) and takes the cookies of the answer.
func (b *browser) visit(around func(http.Handler) http.Handler, method, target string, page http.HandlerFunc) *http.Response {
	u, err := url.Parse(b.app.base + target)
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
		b.app.heard.hide("cookie "+c.Name, c.Value)
	}
	b.jar.SetCookies(u, resp.Cookies())
	return resp
}

// Begin is a visit to the login page.
func (b *browser) BeginLogin(o auth.LoginOptions) (authURL string, err error) {
	authURL, _, err = b.begin(o)
	return authURL, err
}

func (b *browser) begin(o auth.LoginOptions) (authURL string, resp *http.Response, err error) {
	resp = b.visit(b.app.c.Load, "GET", "/login", func(w http.ResponseWriter, r *http.Request) {
		authURL, err = b.app.c.BeginLogin(w, r, o)
	})
	b.app.heard.error(err)
	if u, perr := url.Parse(authURL); perr == nil {
		b.app.heard.hide("state", u.Query().Get("state"))
		b.app.heard.hide("nonce", u.Query().Get("nonce"))
	}
	return authURL, resp, err
}

// Authorize is the visit to the provider. It returns the callback's address that the provider answers with.
func (b *browser) Authorize(authURL string) (callback string) {
	resp, err := b.http.Get(authURL)
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
	returnTo, _, err = b.finish(callback)
	return returnTo, err
}

func (b *browser) finish(callback string) (returnTo string, resp *http.Response, err error) {
	resp = b.visit(b.app.c.Load, "GET", callback, func(w http.ResponseWriter, r *http.Request) {
		returnTo, err = b.app.c.FinishLogin(w, r)
	})
	b.app.heard.error(err)
	if err != nil && returnTo != "" {
		b.app.t.Errorf("Finish returned %q beside an error", returnTo)
	}
	return returnTo, resp, err
}

// SignIn goes all the way.
func (b *browser) SignIn() error {
	_, err := b.signIn(auth.LoginOptions{})
	return err
}

func (b *browser) signIn(o auth.LoginOptions) (returnTo string, err error) {
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
func (b *browser) User() (u auth.User, err error) { return b.user(b.app.c.Load) }

// Peek is User in a request that does not prolong the session.
func (b *browser) Peek() (u auth.User, err error) { return b.user(b.app.c.Peek) }

func (b *browser) user(around func(http.Handler) http.Handler) (u auth.User, err error) {
	b.visit(around, "GET", "/", func(_ http.ResponseWriter, r *http.Request) { u, err = b.app.c.User(r.Context()) })
	b.app.heard.error(err)
	return u, err
}

// SignedOut fails the test when somebody is signed in.
func (b *browser) SignedOut() {
	b.app.t.Helper()
	if u, err := b.User(); !errors.Is(err, auth.ErrSignedOut) {
		b.app.t.Errorf("signed in as %q, %v; want nobody", u.Subject, err)
	}
}

// Refresh asks the provider again.
func (b *browser) Refresh() (u auth.User, err error) {
	b.visit(b.app.c.Load, "POST", "/profile", func(w http.ResponseWriter, r *http.Request) { u, err = b.app.c.Refresh(w, r) })
	b.app.heard.error(err)
	return u, err
}

// End signs out here.
func (b *browser) BeginLogout() (endURL string, err error) {
	b.visit(b.app.c.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) { endURL, err = b.app.c.BeginLogout(w, r) })
	b.app.heard.error(err)
	return endURL, err
}

// Ended is the visit to the address that the provider sends a signed-out browser to.
func (b *browser) FinishLogout(target string) (ended bool) {
	b.visit(b.app.c.Load, "GET", target, func(w http.ResponseWriter, r *http.Request) { ended = b.app.c.FinishLogout(w, r) })
	return ended
}

// Cookies are the names and values that the browser would send to a path of the app.
func (b *browser) Cookies(path string) map[string]string {
	u, err := url.Parse(b.app.base + path)
	if err != nil {
		b.app.t.Fatal(err)
	}
	m := map[string]string{}
	for _, c := range b.jar.Cookies(u) {
		m[c.Name] = c.Value
	}
	return m
}

func mustURL(t *testing.T, raw string) *url.URL {
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
