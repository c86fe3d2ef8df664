package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestHeaders checks the security and cache headers of pages, fragments and errors.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for baseURL, hsts := range map[string]string{
		"":                       "",
		behindProxy.BaseURL:      "max-age=7200",
		"https://localhost:3443": "", // would apply to all ports of localhost
	} {
		t.Run(baseURL, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{BaseURL: baseURL, Handler: func(cfg handlers.Config) http.Handler {
				cfg.HSTSMaxAge = 2 * time.Hour
				return handlers.New(cfg)
			}})
			browsers := map[string]*testapp.Browser{
				"signed out": app.Browser(t), "signed in": app.Browser(t).SignIn("ada"),
			}
			for name, b := range browsers {
				for _, request := range []string{"GET /", "GET /profile", "GET /components", "GET /nowhere", "PUT /",
					"GET /fragments/session?was=x", "POST /fragments/profile"} {
					method, path, _ := strings.Cut(request, " ")
					resp := b.Do(method, path, "")
					mayKeep := name == "signed out" && resp.Status == 200 && !strings.HasPrefix(path, "/fragments/")
					checkHeaders(t, request+", "+name, app, resp, hsts, mayKeep)
				}
			}
		})
	}
}

// checkHeaders checks the headers of a page, a fragment, an error or a redirect. A browser may keep a page if mayKeep
// is true.
func checkHeaders(t *testing.T, name string, app *testapp.App, resp *testapp.Response, hsts string, mayKeep bool) {
	t.Helper()
	want := map[string]string{
		"X-Content-Type-Options":    "nosniff",
		"Strict-Transport-Security": hsts,
		"Cache-Control":             "no-store",
		"Server":                    "",
	}
	if mayKeep {
		want["Cache-Control"] = "private, no-cache"
	}
	if resp.Status == http.StatusSeeOther {
		want["Referrer-Policy"] = "no-referrer"
	} else {
		want["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"connect-src 'self'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'; " +
			"require-trusted-types-for 'script'; trusted-types htmx"
		want["Content-Type"] = "text/html; charset=utf-8"
		want["Referrer-Policy"] = "same-origin"
		want["Cross-Origin-Opener-Policy"] = "same-origin"
	}
	for header, value := range want {
		if got := resp.Header.Get(header); got != value {
			t.Errorf("%s: %s is %q, want %q", name, header, got, value)
		}
	}
	vary := strings.Join(resp.Header.Values("Vary"), ",")
	if mayKeep && (!strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Accept-Encoding")) {
		t.Errorf("%s: Vary is %q", name, vary)
	}
	if resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s: no request ID", name)
	}
}

// TestPolicyOfIPv6Issuer checks that the policy of the front-channel frame allows the scheme of an issuer with an IPv6
// address, because browsers ignore a source with such an address.
func TestPolicyOfIPv6Issuer(t *testing.T) {
	t.Parallel()
	files, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	sessions := memory.New()
	defer sessions.Close()
	const baseURL = "http://localhost:3000"
	client, err := auth.New(auth.Config{
		Issuer: "http://[::1]:9998", ClientID: "app", Store: sessions, RedirectURL: baseURL + handlers.CallbackPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	app := handlers.New(handlers.Config{
		Auth: client, Assets: files, Logger: slog.New(slog.DiscardHandler), BaseURL: baseURL,
	})
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, handlers.FrontChannelPath, nil))
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "; frame-ancestors http:") {
		t.Errorf("the policy is %q", csp)
	}
}

// TestCookies checks the attributes of the cookies. With an https URL they are Secure and have a prefix that makes
// browsers enforce it.
func TestCookies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options          testapp.Options
		session, attempt string
		secure           bool
	}{
		"http":  {testapp.Options{}, "session", "login-", false},
		"https": {behindProxy, "__Host-session", "__Secure-login-", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := testapp.New(t, c.options).Browser(t)
			check := func(resp *testapp.Response, prefix, path string) {
				t.Helper()
				cookies := (&http.Response{Header: resp.Header}).Cookies()
				i := slices.IndexFunc(cookies, func(c *http.Cookie) bool {
					return strings.HasPrefix(c.Name, prefix) && c.MaxAge >= 0
				})
				if i < 0 {
					t.Fatalf("no cookie %s among %v", prefix, cookies)
				}
				got := cookies[i]
				if !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != path || got.Domain != "" ||
					got.Secure != c.secure {
					t.Errorf("the cookie is %v", got)
				}
			}
			check(b.Get("/login"), c.attempt, "/login")
			b.SignIn("ada")
			check(b.Get(b.BeginSignIn("bob")), c.session, "/")
			if !b.IsSignedIn() {
				t.Error("the browser does not send the cookie back")
			}
		})
	}
}
