package handlers_test

import (
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestPrefetch checks that a request that the person has not made begins no sign-in, redeems no code and signs nobody
// out.
func TestPrefetch(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for name, c := range map[string]struct{ method, header, value string }{
		"HEAD":                    {"HEAD", "X-Any", "x"},
		"HEAD of a link preview":  {"HEAD", "User-Agent", "bot"},
		"prefetch":                {"GET", "Sec-Purpose", "prefetch"},
		"prerender":               {"GET", "Sec-Purpose", "prefetch;prerender"},
		"prefetch, older browser": {"GET", "Purpose", "prefetch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := app.Browser(t)
			prefetch := func(path string) {
				t.Helper()
				resp := b.Do(c.method, path, "", c.header, c.value)
				if resp.Status != 503 || resp.Location() != "" || resp.Header.Get("Set-Cookie") != "" ||
					resp.Header.Get("Cache-Control") != "no-store" || resp.Body != "" {
					t.Errorf("%s: got status %d and %v", path, resp.Status, resp.Header)
				}
			}
			prefetch("/login")
			if n := loginAttempts(t, b); n != 0 {
				t.Errorf("%d sign-ins have begun", n)
			}
			callback := b.BeginSignIn("ada")
			prefetch(callback)
			if b.IsSignedIn() {
				t.Error("signed in")
			}
			checkRedirect(t, "the callback itself", b.Get(callback), "/")
			prefetch("/logout")
			if !b.IsSignedIn() {
				t.Error("signed out")
			}
		})
	}
}

// TestReturnTo checks that a sign-in ends at the page for which it began, and never at another site.
func TestReturnTo(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for returnTo, want := range map[string]string{
		"/profile":              "/profile",
		"/components?x=1#top":   "/components?x=1#top",
		"//evil.example":        "/",
		`/\evil.example`:        "/",
		"https://evil.example/": "/",
		"/\t/evil.example":      "/",
		"javascript:alert(1)":   "/",
		"":                      "/",
	} {
		b := app.Browser(t)
		callback := b.Authorize(b.Get("/login?"+query("return_to", returnTo)).Location(), "bob")
		checkRedirect(t, "return_to="+returnTo, b.Get(callback), want)
	}
}

// TestReturnToWhileSignedIn uses the list of package auth. A signed-in person is redirected at once.
func TestReturnToWhileSignedIn(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada := app.Browser(t).SignIn("ada")
	base, err := url.Parse(app.URL)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("../auth/testdata/returnto.txt")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for line := range strings.Lines(string(list)) {
		sign, quoted, ok := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if !ok || sign != "+" && sign != "-" {
			continue
		}
		returnTo, err := strconv.Unquote(`"` + strings.ReplaceAll(quoted, `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		tested++
		got := ada.Get("/login?" + query("return_to", returnTo)).Location()
		u, err := base.Parse(got)
		if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || sign == "-" && got != "/" {
			t.Errorf("%q leads to %q", returnTo, got)
		}
	}
	if tested < 100 {
		t.Errorf("tested %d values, want at least 100", tested)
	}
}

// TestLoginParameters checks what a link to /login can choose.
func TestLoginParameters(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	b := app.Browser(t)
	for parameters, want := range map[string]string{
		"":                      "",
		"prompt=login":          "login",
		"prompt=create":         "create",
		"prompt=select_account": "select_account",
		"prompt=none":           "",
		"prompt=consent":        "",
		"prompt=login+none":     "",
		"prompt=":               "",
	} {
		if got := authorizationRequest(t, b.Get("/login?"+parameters)).Get("prompt"); got != want {
			t.Errorf("%q: the prompt is %q, want %q", parameters, got, want)
		}
	}
	request := authorizationRequest(t, b.Get("/login?login_hint=ada@example.com&scope=admin&"+
		"redirect_uri=https://evil.example&client_id=evil&state=evil&max_age=0"))
	for name, want := range map[string]string{
		"login_hint":            "ada@example.com",
		"scope":                 "openid profile email",
		"redirect_uri":          app.URL + handlers.CallbackPath,
		"client_id":             "app",
		"response_type":         "code",
		"code_challenge_method": "S256",
	} {
		if got := request.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if request.Get("state") == "evil" || request.Has("max_age") {
		t.Errorf("the link chose state or max_age: %v", request)
	}
	other := authorizationRequest(t, b.Get("/login"))
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if request.Get(name) == "" || request.Get(name) == other.Get(name) {
			t.Errorf("%s is %q and %q, want two different values", name, request.Get(name), other.Get(name))
		}
	}
}

// TestThirdPartyLogin begins a sign-in at another site (OpenID Connect Core section 4).
func TestThirdPartyLogin(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for name, c := range map[string]struct{ name, value, returnTo string }{
		"page of this app":           {"target_link_uri", app.URL + "/profile?tab=1", "/profile?tab=1"},
		"path":                       {"target_link_uri", "/components", "/components"},
		"page of another site":       {"target_link_uri", "https://evil.example/profile", "/"},
		"host with the same prefix":  {"target_link_uri", app.URL + ".evil.example/", "/"},
		"app as the user of the URL": {"target_link_uri", app.URL + "@evil.example/", "/"},
		"two slashes":                {"target_link_uri", app.URL + "//evil.example/", "/"},
		"return_to is ignored":       {"return_to", "/profile", "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := app.Browser(t)
			path := "/login?" + query("iss", app.Provider.URL, c.name, c.value)
			checkRedirect(t, "callback", b.Get(b.Authorize(b.Get(path).Location(), "ada")), c.returnTo)
			authorizationRequest(t, b.Get(path)) // although signed in
		})
	}
	t.Run("form", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t)
		begin := b.Post("/login", query("iss", app.Provider.URL, "login_hint", "ada"),
			"Sec-Fetch-Site", "cross-site", "Origin", app.Provider.URL)
		if got := authorizationRequest(t, begin).Get("login_hint"); got != "ada" {
			t.Errorf("login_hint is %q", got)
		}
		checkRedirect(t, "callback", b.Get(b.Authorize(begin.Location(), "ada")), "/")
	})
	t.Run("another issuer", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t)
		issuer := app.Provider.URL
		others := []string{"https://evil.example", issuer + "/", strings.ToUpper(issuer), issuer + ".evil.example"}
		for _, iss := range others {
			form := query("iss", iss)
			for _, resp := range []*testapp.Response{b.Get("/login?" + form), b.Post("/login", form)} {
				if resp.Status != 400 || resp.Location() != "" || loginAttempts(t, b) != 0 {
					t.Errorf("iss=%s: got status %d and Location %q", iss, resp.Status, resp.Location())
				}
			}
		}
	})
	t.Run("malformed form", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t)
		if resp := b.Post("/login", "return_to=%zz"); resp.Status != 400 || loginAttempts(t, b) != 0 {
			t.Errorf("got status %d", resp.Status)
		}
	})
}

// TestCallback checks that a callback works once, for ten minutes, in the browser where the sign-in began.
func TestCallback(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	checkRejected := func(t *testing.T, b *testapp.Browser, callback string) {
		t.Helper()
		resp := followFailedLogin(b, b.Get(callback))
		if resp.Status != 400 || !strings.Contains(resp.Body, `href="/login"`) {
			t.Errorf("got status %d: %s", resp.Status, resp.Body)
		}
		if b.IsSignedIn() {
			t.Error("signed in")
		}
	}
	t.Run("in another browser", func(t *testing.T) {
		t.Parallel()
		checkRejected(t, app.Browser(t), app.Browser(t).BeginSignIn("ada"))
	})
	t.Run("with another state", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t)
		checkRejected(t, b, strings.Replace(b.BeginSignIn("ada"), "state=", "state=x", 1))
	})
	t.Run("repeated while signed in and after the logout", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t)
		callback := b.BeginSignIn("ada")
		checkRedirect(t, "the first time", b.Get(callback), "/")
		checkRedirect(t, "the second time", b.Get(callback), "/")
		if !b.IsSignedIn() {
			t.Error("not signed in")
		}
		b.Post("/logout", "")
		checkRejected(t, b, callback)
	})
	t.Run("after eleven minutes", func(t *testing.T) {
		t.Parallel()
		app := testapp.New(t, testapp.Options{})
		b := app.Browser(t)
		callback := b.BeginSignIn("ada")
		app.AdvanceClock(11 * time.Minute)
		checkRejected(t, b, callback)
	})
	t.Run("of another browser while signed in", func(t *testing.T) {
		t.Parallel()
		b := app.Browser(t).SignIn("bob")
		checkRedirect(t, "the callback", b.Get(app.Browser(t).BeginSignIn("ada")), "/")
		if body := b.Get("/").Body; !strings.Contains(body, "Hello, <bdi>bob</bdi>") || strings.Contains(body, "ada</bdi>") {
			t.Errorf("bob is signed in as another person: %s", body)
		}
	})
}

// TestLongForms sends forms that are longer than the server reads.
func TestLongForms(t *testing.T) {
	t.Parallel()
	ada := testapp.New(t, testapp.Options{}).Browser(t).SignIn("ada")
	form := "return_to=/profile&x=" + strings.Repeat("x", 64<<10)
	for _, path := range []string{"/login", "/logout/backchannel"} {
		if resp := ada.Post(path, form); resp.Status != 400 {
			t.Errorf("%s: got status %d, want 400", path, resp.Status)
		}
	}
	if !ada.IsSignedIn() || loginAttempts(t, ada) != 0 {
		t.Error("a form was processed")
	}
}
