package auth_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestTwentyTabsSignInAtOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	const tabs = 20
	callbacks := make([]string, tabs)
	var wg sync.WaitGroup
	for i := range tabs {
		wg.Go(func() {
			authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: fmt.Sprint("/tab/", i)})
			if err != nil {
				t.Errorf("BeginLogin: %v", err)
				return
			}
			callbacks[i] = b.Authorize(authURL)
		})
	}
	wg.Wait()
	for _, i := range rand.Perm(tabs) {
		wg.Go(func() {
			if returnTo, err := b.FinishLogin(callbacks[i]); err != nil || returnTo != fmt.Sprint("/tab/", i) {
				t.Errorf("tab %d: got %q, %v", i, returnTo, err)
			}
		})
	}
	wg.Wait()
	if _, err := b.User(); err != nil {
		t.Errorf("User: %v", err)
	}
	if left := attemptsOf(b); len(left) != 0 {
		t.Errorf("got %d attempt cookies after all tabs signed in, want 0", len(left))
	}
}

func TestTabsFinishInAnyOrder(t *testing.T) {
	t.Parallel()
	app := newApp(t, newProvider(t), nil)
	b := app.browser()
	var callbacks []string
	for i := range 3 {
		authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: fmt.Sprint("/", i)})
		if err != nil {
			t.Fatal(err)
		}
		callbacks = append(callbacks, b.Authorize(authURL))
	}
	for _, i := range []int{2, 0, 1} {
		if returnTo, err := b.FinishLogin(callbacks[i]); err != nil || returnTo != fmt.Sprint("/", i) {
			t.Errorf("tab %d: got %q, %v", i, returnTo, err)
		}
	}
}

// Many unfinished sign-ins do not make the Cookie header too large, and the newest ones can be finished.
func TestNumberAndSizeOfAttemptCookiesAreLimited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		returnTo string
		interval time.Duration // between two attempts
		keep     int           // number of the newest attempts that can be finished
		attempts int
	}{
		"short paths":                  {"/profile", time.Second, 30, 100},
		"short paths at the same time": {"/profile", 0, 30, 100},
		"long paths":                   {"/" + strings.Repeat("x", 1000), time.Second, 3, 20},
		"long paths at the same time":  {"/" + strings.Repeat("x", 1000), 0, 3, 20},
		"paths that are too long":      {"/" + strings.Repeat("x", 4000), 0, 30, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b := newApp(t, p, nil).browser()
			var authURLs []string
			for range c.attempts {
				authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: c.returnTo})
				if err != nil {
					t.Fatal(err)
				}
				authURLs = append(authURLs, authURL)
				size, left := 0, attemptsOf(b)
				for name, value := range left {
					size += len(name) + len(value)
				}
				if len(left) > 30 || size > 6<<10 {
					t.Fatalf("got %d attempt cookies with %d bytes, want at most 30 with 6144", len(left), size)
				}
				p.Clock.Advance(c.interval)
			}
			for i, authURL := range authURLs[c.attempts-c.keep:] {
				if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
					t.Errorf("FinishLogin of attempt %d of %d: %v", c.attempts-c.keep+i+1, c.attempts, err)
				}
			}
			if _, err := b.FinishLogin(b.Authorize(authURLs[0])); !errors.Is(err, auth.ErrUnknownLogin) {
				t.Errorf("FinishLogin of the oldest attempt: got %v, want ErrUnknownLogin", err)
			}
		})
	}
}

// Only instances of the application that began an attempt can finish it. Another application with the same store
// cannot, because the key depends on the client secret, the client ID and the issuer.
func TestAttemptBelongsToOneClient(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	for name, c := range map[string]struct {
		change func(*auth.Config)
		want   error
	}{
		"another instance":      {func(*auth.Config) {}, nil},
		"another client secret": {func(cfg *auth.Config) { cfg.ClientSecret = "another" }, auth.ErrUnknownLogin},
		"another client ID":     {func(cfg *auth.Config) { cfg.ClientID = "another" }, auth.ErrUnknownLogin},
		"another issuer":        {func(cfg *auth.Config) { cfg.Issuer = newProvider(t).Issuer }, auth.ErrUnknownLogin},
	} {
		other := newApp(t, p, func(cfg *auth.Config) {
			cfg.Store = app.store
			c.change(cfg)
		})
		b := app.browser()
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.withApp(other).FinishLogin(b.Authorize(authURL)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// BeginLogin deletes attempt cookies that have expired or are not valid.
func TestInvalidAttemptCookiesAreDeleted(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(11 * time.Minute)
	b.jar.SetCookies(mustParseURL(t, app.baseURL+"/login"), []*http.Cookie{
		{Name: "login-garbage", Value: "garbage", Path: "/login"}, {Name: "login-", Value: "", Path: "/login"}})
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if left := attemptsOf(b); len(left) != 1 {
		t.Errorf("got the attempt cookies %v, want only that of the new attempt", left)
	}
	if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
		t.Error(err)
	}
}

// attemptsOf returns the names and values of a browser's attempt cookies.
func attemptsOf(b *browser) map[string]string {
	m := b.Cookies("/login/callback")
	for name := range m {
		if !strings.HasPrefix(name, "login-") && !strings.HasPrefix(name, "__Secure-login-") {
			delete(m, name)
		}
	}
	return m
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		redirectURL            string
		attempt, session, path string // path is that of the attempt cookie
		secure                 bool
	}{
		{"http://app.test/login/callback", "login-", "session", "/login", false},
		{"https://app.test/login/callback", "__Secure-login-", "__Host-session", "/login", true},
		{"HTTPS://app.test/a/b/callback", "__Secure-login-", "__Host-session", "/a/b", true},
	} {
		t.Run(c.redirectURL, func(t *testing.T) {
			t.Parallel()
			app := newApp(t, newProvider(t), func(cfg *auth.Config) { cfg.RedirectURL = c.redirectURL })
			b := app.browser()
			u := mustParseURL(t, c.redirectURL)
			// browser.BeginLogin requests baseURL + "/login", which must be a path of the attempt cookie.
			b.app.baseURL = u.Scheme + "://" + u.Host + strings.TrimSuffix(c.path, "/login")
			authURL, resp, err := b.beginLoginResponse(auth.LoginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			cookie := onlyCookie(t, resp)
			state := mustParseURL(t, authURL).Query().Get("state")
			if cookie.Name != c.attempt+state || cookie.Path != c.path || cookie.MaxAge != 600 {
				t.Errorf("attempt cookie: got %s, want name %s, path %s and Max-Age 600", cookie, c.attempt+state, c.path)
			}
			checkCookie(t, cookie, c.secure)
			_, resp, err = b.finishLoginResponse(b.Authorize(authURL))
			if err != nil {
				t.Fatal(err)
			}
			for _, cookie := range resp.Cookies() {
				checkCookie(t, cookie, c.secure)
				deleted := cookie.MaxAge < 0 && cookie.Value == "" && cookie.Path == c.path
				created := cookie.MaxAge > 0 && len(cookie.Value) == 43 && cookie.Path == "/"
				switch {
				case cookie.Name == c.attempt+state && deleted:
				case cookie.Name == c.session && created:
				default:
					t.Errorf("got the cookie %s, want a deleted attempt cookie or a session cookie", cookie)
				}
			}
			if n := len(resp.Cookies()); n != 2 {
				t.Errorf("got %d cookies, want 2", n)
			}
		})
	}
}

// onlyCookie returns the cookie of a response that sets exactly one.
func onlyCookie(t *testing.T, resp *http.Response) *http.Cookie {
	t.Helper()
	cookies := resp.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("got the cookies %v, want one", cookies)
	}
	return cookies[0]
}

// checkCookie checks the attributes that all cookies of the package have.
func checkCookie(t *testing.T, c *http.Cookie, secure bool) {
	t.Helper()
	if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
		t.Errorf("got the cookie %s, want HttpOnly, SameSite=Lax, no Domain, and Secure: %v", c, secure)
	}
}

// Visitors and unfinished sign-ins do not use the store, except for one request for the key of the attempt cookies.
func TestNothingIsStoredBeforeSignIn(t *testing.T) {
	t.Parallel()
	spy := newSpy(t)
	app := newApp(t, newProvider(t), func(cfg *auth.Config) { cfg.Store = spy })
	for range 5 {
		b := app.browser()
		b.CheckSignedOut()
		for range 3 {
			if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if cookies := b.Cookies("/"); len(cookies) != 0 {
			t.Errorf("got the cookies %v on a page outside of /login, want none", cookies)
		}
	}
	want := map[string]int{"LoadOrStore": 1}
	if !maps.Equal(spy.calls, want) {
		t.Errorf("calls of the store: got %v, want %v", spy.calls, want)
	}
}
