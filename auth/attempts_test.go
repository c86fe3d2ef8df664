package auth_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestTwentyTabs(t *testing.T) {
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
				t.Errorf("begin: %v", err)
				return
			}
			callbacks[i] = b.Authorize(authURL)
		})
	}
	wg.Wait()
	for _, i := range rand.Perm(tabs) {
		wg.Go(func() {
			if returnTo, err := b.FinishLogin(callbacks[i]); err != nil || returnTo != fmt.Sprint("/tab/", i) {
				t.Errorf("tab %d: %q, %v", i, returnTo, err)
			}
		})
	}
	wg.Wait()
	if _, err := b.User(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if left := attemptsOf(b); len(left) != 0 {
		t.Errorf("%d attempts left over", len(left))
	}
}

func TestTabsFinishInAnotherOrder(t *testing.T) {
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
			t.Errorf("%d: %q, %v", i, returnTo, err)
		}
	}
}

// A hundred sign-ins that nobody finishes never fill the headers of a request, and the newest can be finished.
func TestAttemptsAreCapped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		returnTo string
		pace     time.Duration // between two of them
		keeps    int           // the newest of them can all be finished
		begins   int
	}{
		"short addresses":                {"/profile", time.Second, 30, 100},
		"short addresses, all at once":   {"/profile", 0, 30, 100},
		"long addresses":                 {"/" + strings.Repeat("x", 1000), time.Second, 3, 20},
		"long addresses, all at once":    {"/" + strings.Repeat("x", 1000), 0, 3, 20},
		"addresses longer than is taken": {"/" + strings.Repeat("x", 4000), 0, 30, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			b := newApp(t, p, nil).browser()
			var newest []string
			for range c.begins {
				authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: c.returnTo})
				if err != nil {
					t.Fatal(err)
				}
				newest = append(newest, authURL)
				size, left := 0, attemptsOf(b)
				for name, value := range left {
					size += len(name) + len(value)
				}
				if len(left) > 30 || size > 6<<10 {
					t.Fatalf("%d attempts of %d bytes", len(left), size)
				}
				p.Clock.Advance(c.pace)
			}
			for i, authURL := range newest[c.begins-c.keeps:] {
				if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
					t.Errorf("newest but %d: %v", c.keeps-1-i, err)
				}
			}
			if _, err := b.FinishLogin(b.Authorize(newest[0])); !errors.Is(err, auth.ErrUnknownLogin) {
				t.Errorf("the oldest: %v, want ErrUnknownLogin", err)
			}
		})
	}
}

// An attempt can be finished by the instances of the application that began it, and by no other that shares
// their store: the client's secret, its id and the issuer are part of the key.
func TestAttemptBelongsToOneClient(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	for name, c := range map[string]struct {
		change func(*auth.Config)
		want   error
	}{
		"another instance": {func(*auth.Config) {}, nil},
		"another secret":   {func(cfg *auth.Config) { cfg.ClientSecret = "another" }, auth.ErrUnknownLogin},
		"another client":   {func(cfg *auth.Config) { cfg.ClientID = "another" }, auth.ErrUnknownLogin},
		"another issuer":   {func(cfg *auth.Config) { cfg.Issuer = newProvider(t).Issuer }, auth.ErrUnknownLogin},
	} {
		stranger := newApp(t, p, func(cfg *auth.Config) {
			cfg.Store = app.store
			c.change(cfg)
		})
		b := app.browser()
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.withApp(stranger).FinishLogin(b.Authorize(authURL)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// What is named like an attempt and is none, or is too old, is cleared away.
func TestUselessAttemptsAreDropped(t *testing.T) {
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
		t.Errorf("%d attempts, want the new one: %v", len(left), left)
	}
	if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
		t.Error(err)
	}
}

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
		redirectURL              string
		attempt, session, path   string
		secure                   bool
		outsideOfTheLoginsFolder string
	}{
		{"http://app.test/login/callback", "login-", "session", "/login", false, "/profile"},
		{"https://app.test/login/callback", "__Secure-login-", "__Host-session", "/login", true, "/profile"},
		{"HTTPS://app.test/a/b/callback", "__Secure-login-", "__Host-session", "/a/b", true, "/a"},
	} {
		t.Run(c.redirectURL, func(t *testing.T) {
			t.Parallel()
			app := newApp(t, newProvider(t), func(cfg *auth.Config) { cfg.RedirectURL = c.redirectURL })
			b := app.browser()
			u := mustParseURL(t, c.redirectURL)
			b.app.baseURL = u.Scheme + "://" + u.Host + strings.TrimSuffix(c.path, "/login") // Begin is at base + /login
			authURL, resp, err := b.beginLoginResponse(auth.LoginOptions{})
			if err != nil {
				t.Fatal(err)
			}
			cookie := onlyCookie(t, resp)
			state := mustParseURL(t, authURL).Query().Get("state")
			if cookie.Name != c.attempt+state || cookie.Path != c.path || cookie.MaxAge != 600 {
				t.Errorf("attempt cookie %s", cookie)
			}
			checkCookie(t, cookie, c.secure)
			_, resp, err = b.finishLoginResponse(b.Authorize(authURL))
			if err != nil {
				t.Fatal(err)
			}
			for _, cookie := range resp.Cookies() {
				checkCookie(t, cookie, c.secure)
				switch {
				case cookie.Name == c.attempt+state && cookie.MaxAge < 0 && cookie.Value == "" && cookie.Path == c.path:
				case cookie.Name == c.session && cookie.Path == "/" && cookie.Domain == "" && len(cookie.Value) == 43 && cookie.MaxAge > 0:
				default:
					t.Errorf("cookie %s", cookie)
				}
			}
			if len(resp.Cookies()) != 2 {
				t.Errorf("%d cookies", len(resp.Cookies()))
			}
		})
	}
}

func onlyCookie(t *testing.T, resp *http.Response) *http.Cookie {
	t.Helper()
	cookies := resp.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies %v, want one", cookies)
	}
	return cookies[0]
}

func checkCookie(t *testing.T, c *http.Cookie, secure bool) {
	t.Helper()
	if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
		t.Errorf("attributes of %s", c)
	}
}

// Visitors cost the store nothing, and neither does a sign-in that is never finished.
func TestNothingIsWrittenBeforeTheSignIn(t *testing.T) {
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
			t.Errorf("a visitor has cookies on every page: %v", cookies)
		}
	}
	if all, key := spy.count(append(writes, "Find", "HasLabel", "Ping")...), spy.count("LoadOrStore"); all != 1 || key != 1 {
		t.Errorf("%d calls of the store, %d of them for a key; want the one for the sealing key", all, key)
	}
}
