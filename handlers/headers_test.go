package handlers_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

func overHTTPS(c *worldConfig) { c.base = "https://app.example" }

// TestHeaders: what browsers enforce, on every page, fragment and error.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*worldConfig){
		"http": func(*worldConfig) {}, "https": overHTTPS,
		"https on this machine": func(c *worldConfig) { c.base = "https://localhost:3443" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bend)
			hsts := ""
			if name == "https" {
				hsts = "max-age=63072000; includeSubDomains"
			}
			csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self' " + w.provider +
				"; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
			ada, stranger := w.signedIn(t, "ada"), w.visitor(t)
			for who, v := range map[string]*visitor{"a stranger": stranger, "ada": ada} {
				for _, request := range []string{"GET /", "GET /profile", "GET /components", "GET /nowhere", "PUT /", "GET /fragments/session?was=x", "POST /fragments/profile"} {
					method, path, _ := strings.Cut(request, " ")
					a := v.do(method, path, "")
					for header, want := range map[string]string{
						"X-Content-Type-Options":    "nosniff",
						"Strict-Transport-Security": hsts,
					} {
						if got := a.header.Get(header); got != want {
							t.Errorf("%s of %s: %s is %q, want %q", request, who, header, got, want)
						}
					}
					vary := strings.Join(a.header.Values("Vary"), ",")
					if !strings.Contains(vary, "Cookie") {
						t.Errorf("%s of %s: Vary is %q", request, who, vary)
					}
					if a.header.Get("Server") != "" || a.header.Get("X-Request-Id") == "" {
						t.Errorf("%s of %s: got %v", request, who, a.header)
					}
					if a.status == http.StatusSeeOther {
						if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
							t.Errorf("%s of %s: got %v", request, who, a.header)
						}
						continue
					}
					cache := "no-store"
					if who == "a stranger" && a.status == http.StatusOK && !strings.HasPrefix(path, "/fragments/") {
						cache = "private, no-cache"
					}
					for header, want := range map[string]string{
						"Content-Security-Policy":    csp,
						"Content-Type":               "text/html; charset=utf-8",
						"Referrer-Policy":            "same-origin",
						"Cross-Origin-Opener-Policy": "same-origin",
						"Permissions-Policy":         "camera=(), geolocation=(), microphone=(), payment=()",
						"Cache-Control":              cache,
					} {
						if got := a.header.Get(header); got != want {
							t.Errorf("%s of %s: %s is %q, want %q", request, who, header, got, want)
						}
					}
					if cache != "no-store" && !strings.Contains(vary, "Accept-Encoding") {
						t.Errorf("%s of %s: Vary is %q", request, who, vary)
					}
				}
			}
		})
	}
}

// TestPolicyBeforeDiscovery: a page that is served before the provider was reached lets a form lead to the issuer.
func TestPolicyBeforeDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.door("", away)
	if csp := w.visitor(t).get("/").header.Get("Content-Security-Policy"); !strings.Contains(csp, "; form-action 'self' "+w.provider+";") {
		t.Errorf("the policy is %q", csp)
	}
}

// TestPolicyOfAnIPv6Address: a browser drops a source that it cannot read, and the form would lead nowhere.
func TestPolicyOfAnIPv6Address(t *testing.T) {
	t.Parallel()
	files, err := stageAssets()
	if err != nil {
		t.Fatal(err)
	}
	memory, err := store.Open(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	const base = "http://localhost:3000"
	client, err := auth.New(auth.Config{Issuer: "http://[::1]:9998", ClientID: "app", Store: memory, RedirectURL: base + handlers.CallbackPath})
	if err != nil {
		t.Fatal(err)
	}
	app := handlers.New(handlers.Config{Auth: client, Assets: files, Logger: slog.New(slog.DiscardHandler), BaseURL: base})
	for path, want := range map[string]string{
		"/":                       "; form-action 'self' http:;",
		handlers.FrontChannelPath: "; frame-ancestors http:",
	} {
		answer := httptest.NewRecorder()
		app.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if csp := answer.Header().Get("Content-Security-Policy"); !strings.Contains(csp, want) {
			t.Errorf("%s: %s is missing in %q", path, want, csp)
		}
	}
}

// TestCookies: where the app is https its cookies are Secure, with the prefix that a browser holds them to.
func TestCookies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bend             func(*worldConfig)
		session, attempt string
		secure           bool
	}{
		"http":  {func(*worldConfig) {}, "session", "login-", false},
		"https": {overHTTPS, "__Host-session", "__Secure-login-", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.bend)
			v := w.visitor(t)
			check := func(a *answer, prefix, path string) {
				t.Helper()
				cookies := (&http.Response{Header: a.header}).Cookies()
				i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return strings.HasPrefix(c.Name, prefix) && c.MaxAge >= 0 })
				if i < 0 {
					t.Fatalf("no cookie %s among %v", prefix, cookies)
				}
				got := cookies[i]
				if !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != path || got.Domain != "" || got.Secure != c.secure {
					t.Errorf("the cookie is %v", got)
				}
			}
			check(v.get("/login"), c.attempt, "/login")
			v.signIn("ada")
			finish := v.callback("bob")
			check(v.get(finish), c.session, "/")
			if !v.isSignedIn() {
				t.Error("the cookie does not come back")
			}
		})
	}
}

// TestCompression: pages travel in the best coding that the browser takes, and caches are told so.
func TestCompression(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	plain := ada.get("/components/navbar", "Accept-Encoding", "identity")
	for accept, coding := range map[string]string{
		"br, gzip": "br", "gzip, deflate, br": "br", "gzip": "gzip", "gzip;q=1, br;q=0": "gzip",
		"identity": "identity", "": "identity", "deflate": "identity",
	} {
		for _, page := range []string{"/components/navbar", "/nowhere", "/fragments/session"} {
			a := ada.get(page, "Accept-Encoding", accept)
			var body io.Reader = strings.NewReader(a.body)
			switch got := a.header.Get("Content-Encoding"); {
			case got == "br" && coding == "br":
				body = brotli.NewReader(body)
			case got == "gzip" && coding == "gzip":
				var err error
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			case (got == "" || got == "identity") && coding == "identity":
			default:
				t.Errorf("%s for %q is in %q, want %q", page, accept, got, coding)
				continue
			}
			text, err := io.ReadAll(body)
			if err != nil || !strings.Contains(string(text), "Logged in as:") || a.header.Get("Vary") == "" {
				t.Errorf("%s for %q: got %v, %v and %q", page, accept, err, a.header, text)
			}
			if page == "/components/navbar" && string(text) != plain.body {
				t.Errorf("%s for %q is another page", page, accept)
			}
			if coding != "identity" && page == "/components/navbar" && len(a.body)*2 > len(plain.body) {
				t.Errorf("%s in %s has %d bytes of %d", page, coding, len(a.body), len(plain.body))
			}
		}
	}
}

// TestAPageThatIsTheSameIsNotSentAgain: only what a browser may keep has a validator, one for each coding.
func TestAPageThatIsTheSameIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, ada := w.visitor(t), w.signedIn(t, "ada")
	validators := map[string]string{}
	for _, coding := range []string{"br", "gzip", "identity"} {
		first := stranger.get("/", "Accept-Encoding", coding)
		validator := first.header.Get("ETag")
		if validators[validator] = coding; validator == "" || len(first.body) == 0 {
			t.Fatalf("in %s: got %v", coding, first.header)
		}
		again := stranger.get("/", "Accept-Encoding", coding, "If-None-Match", validator)
		if again.status != http.StatusNotModified || again.body != "" || again.header.Get("ETag") != validator ||
			again.header.Get("Content-Security-Policy") == "" || again.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("in %s: got status %d, %v and %q", coding, again.status, again.header, again.body)
		}
		if other := stranger.get("/components", "Accept-Encoding", coding, "If-None-Match", validator); other.status != http.StatusOK {
			t.Errorf("in %s: another page answers %d", coding, other.status)
		}
		signedIn := ada.get("/", "Accept-Encoding", coding, "If-None-Match", validator)
		if signedIn.status != http.StatusOK || signedIn.header.Get("ETag") != "" {
			t.Errorf("in %s: signed in, got status %d and %v", coding, signedIn.status, signedIn.header)
		}
	}
	if len(validators) != 3 {
		t.Errorf("three codings have the validators %v", validators)
	}
	if missing := stranger.get("/nowhere", "If-None-Match", "*"); missing.status != http.StatusNotFound || missing.header.Get("ETag") != "" {
		t.Errorf("an error: got status %d and %v", missing.status, missing.header)
	}
}
