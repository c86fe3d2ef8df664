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
)

// browser calls the application in-process and the provider over the network. It keeps cookies like a real browser. It
// is safe for concurrent use, like the tabs of a browser.
type browser struct {
	app            *app
	jar            *cookiejar.Jar
	trace          *auth.Trace     // hears of its requests; optional
	ctx            context.Context // of its requests; if nil, the context of the test
	providerClient *http.Client    // for requests to the provider; does not follow redirects
}

// browser returns a new browser without cookies.
func (a *app) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	transport := a.provider.server.Client().Transport
	return &browser{app: a, jar: jar, providerClient: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// withApp returns the same browser, with the same cookies, for another instance of the application.
func (b *browser) withApp(a *app) *browser {
	other := *b
	other.app = a
	return &other
}

// withContext returns the same browser, whose requests have the context ctx.
func (b *browser) withContext(ctx context.Context) *browser {
	other := *b
	other.ctx = ctx
	return &other
}

// visit sends a request through middleware, for example Client.Load, to page, and stores the cookies of the response.
// target is a path with an optional query, or an absolute URL.
func (b *browser) visit(middleware func(http.Handler) http.Handler, method, target string,
	page http.HandlerFunc) *http.Response {
	u, err := url.Parse(target)
	if err == nil && !u.IsAbs() {
		u, err = url.Parse(b.app.baseURL + target)
	}
	if err != nil {
		b.app.t.Fatal(err)
	}
	r := httptest.NewRequest(method, u.String(), nil)
	ctx := b.ctx
	if ctx == nil {
		ctx = b.app.t.Context()
	}
	steps, checks := b.app.output.addStep, b.app.output.addCheck
	if b.trace != nil {
		steps = func(s auth.Step) { b.app.output.addStep(s); b.trace.Step(s) }
		checks = func(c auth.Check) { b.app.output.addCheck(c); b.trace.Check(c) }
	}
	r = r.WithContext(auth.WithTrace(ctx, &auth.Trace{Step: steps, Check: checks}))
	for _, c := range b.jar.Cookies(u) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	middleware(page).ServeHTTP(w, r)
	resp := w.Result()
	for _, c := range resp.Cookies() {
		b.app.output.addSecret("cookie "+c.Name, c.Value)
	}
	b.jar.SetCookies(u, resp.Cookies())
	return resp
}

// BeginLogin calls Client.BeginLogin.
func (b *browser) BeginLogin(o auth.LoginOptions) (authURL string, err error) {
	authURL, _, err = b.beginLoginResponse(o)
	return authURL, err
}

// beginLoginResponse calls Client.BeginLogin and returns the response as well.
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

// Authorize sends the authorization request to the provider and returns the URL that the provider redirects to.
func (b *browser) Authorize(authURL string) (callback string) {
	resp, err := b.providerClient.Get(authURL)
	if err != nil {
		b.app.t.Errorf("authorize: %v", err)
		return ""
	}
	defer resp.Body.Close()
	if callback = resp.Header.Get("Location"); callback == "" {
		b.app.t.Errorf("authorize: got status %s, want a redirect", resp.Status)
	}
	return callback
}

// FinishLogin calls Client.FinishLogin.
func (b *browser) FinishLogin(callback string) (returnTo string, err error) {
	returnTo, _, err = b.finishLoginResponse(callback)
	return returnTo, err
}

// finishLoginResponse calls Client.FinishLogin and returns the response as well.
func (b *browser) finishLoginResponse(callback string) (returnTo string, resp *http.Response, err error) {
	resp = b.visit(b.app.client.Load, "GET", callback, func(w http.ResponseWriter, r *http.Request) {
		returnTo, err = b.app.client.FinishLogin(w, r)
	})
	b.app.output.addError(err)
	if err != nil && returnTo != "" {
		b.app.t.Errorf("FinishLogin: got %q and the error %v, want only one of them", returnTo, err)
	}
	return returnTo, resp, err
}

// SignIn signs in with BeginLogin, Authorize and FinishLogin.
func (b *browser) SignIn() error {
	_, err := b.signInWith(auth.LoginOptions{})
	return err
}

// signInWith signs in like SignIn, with the options o.
func (b *browser) signInWith(o auth.LoginOptions) (returnTo string, err error) {
	authURL, err := b.BeginLogin(o)
	if err != nil {
		return "", fmt.Errorf("BeginLogin: %w", err)
	}
	return b.FinishLogin(b.Authorize(authURL))
}

// MustSignIn signs in and returns the user. The test ends if that fails.
func (b *browser) MustSignIn() auth.User {
	b.app.t.Helper()
	if err := b.SignIn(); err != nil {
		b.app.t.Fatalf("SignIn: %v", err)
	}
	u, err := b.User()
	if err != nil {
		b.app.t.Fatalf("User after SignIn: %v", err)
	}
	return u
}

// User sends a request through Client.Load and returns the user of its session.
func (b *browser) User() (u auth.User, err error) { return b.userThrough(b.app.client.Load) }

// Peek sends a request through Client.Peek, which does not extend the session, and returns the user.
func (b *browser) Peek() (u auth.User, err error) { return b.userThrough(b.app.client.Peek) }

func (b *browser) userThrough(middleware func(http.Handler) http.Handler) (u auth.User, err error) {
	b.visit(middleware, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		u, err = b.app.client.User(r.Context())
	})
	b.app.output.addError(err)
	return u, err
}

// CheckSignedOut reports an error if this browser is signed in.
func (b *browser) CheckSignedOut() {
	b.app.t.Helper()
	if u, err := b.User(); !errors.Is(err, auth.ErrSignedOut) {
		b.app.t.Errorf("User: got %q, %v, want ErrSignedOut", u.Subject, err)
	}
}

// Refresh calls Client.Refresh.
func (b *browser) Refresh() (u auth.User, err error) {
	b.visit(b.app.client.Load, "POST", "/profile", func(w http.ResponseWriter, r *http.Request) {
		u, err = b.app.client.Refresh(w, r)
	})
	b.app.output.addError(err)
	return u, err
}

// BeginLogout calls Client.BeginLogout.
func (b *browser) BeginLogout() (endURL string, err error) {
	b.visit(b.app.client.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) {
		endURL, err = b.app.client.BeginLogout(w, r)
	})
	b.app.output.addError(err)
	return endURL, err
}

// FinishLogout calls Client.FinishLogout for the URL that the provider redirected to.
func (b *browser) FinishLogout(target string) (ended bool) {
	b.visit(b.app.client.Load, "GET", target, func(w http.ResponseWriter, r *http.Request) {
		ended = b.app.client.FinishLogout(w, r)
	})
	return ended
}

// Cookies returns the names and values of the cookies that the browser sends to a path of the application.
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

// sessionCookie returns the session cookie of an http application with this token, for cookiejar.Jar.SetCookies.
func sessionCookie(token string) []*http.Cookie {
	return []*http.Cookie{{Name: "session", Value: token, Path: "/"}}
}
