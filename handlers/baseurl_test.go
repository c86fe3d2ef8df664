package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// setHeaders puts a proxy in front of the app that sets headers, given as names and values in turn.
func setHeaders(b *testapp.Browser, headers ...string) {
	b.Client.Transport = proxyWithHeaders{b.Client.Transport, strings.TrimPrefix(b.URL, "https://"), headers}
}

type proxyWithHeaders struct {
	next    http.RoundTripper
	host    string // of the app
	headers []string
}

func (p proxyWithHeaders) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == p.host {
		r = r.Clone(r.Context())
		for i := 0; i < len(p.headers); i += 2 {
			r.Header.Set(p.headers[i], p.headers[i+1])
		}
		r.Host = r.Header.Get("Host")
	}
	return p.next.RoundTrip(r)
}

// TestSignInBeginsAtBaseURL opens the app at other addresses than BaseURL, directly and through proxies that tell more
// or less about the browser's request. No request is redirected to BaseURL twice.
func TestSignInBeginsAtBaseURL(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, behindProxy) // https://app.example
	for name, c := range map[string]struct {
		headers []string
		moves   bool
	}{
		"at BaseURL":                       {[]string{"Host", "app.example"}, false},
		"in capitals, with default port":   {[]string{"Host", "APP.example:443"}, false},
		"at an address":                    {[]string{"Host", "127.0.0.1:3000"}, true},
		"at another name":                  {[]string{"Host", "www.app.example"}, true},
		"at another port":                  {[]string{"Host", "app.example:8443"}, true},
		"by http":                          {[]string{"Host", "app.example", "X-Forwarded-Proto", "http"}, true},
		"by https":                         {[]string{"Host", "app.example", "X-Forwarded-Proto", "https"}, false},
		"by https, two proxies":            {[]string{"Host", "app.example", "X-Forwarded-Proto", "https, http"}, false},
		"proxy that hides the host":        {[]string{"Host", "10.0.0.7:3000"}, true},
		"proxy that forwards the host":     {[]string{"Host", "10.0.0.7", "X-Forwarded-Host", "app.example"}, false},
		"proxy that forwards another host": {[]string{"Host", "10.0.0.7", "X-Forwarded-Host", "evil.example"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := app.Browser(t)
			setHeaders(b, c.headers...)
			resp := b.Get("/login?return_to=/profile%3Fx%3D1&prompt=login")
			if c.moves {
				checkRedirect(t, "first", resp, "https://app.example/login?moved=1&prompt=login&return_to=%2Fprofile%3Fx%3D1")
				if n := loginAttempts(t, b); n != 0 {
					t.Errorf("%d sign-ins have begun at the wrong address", n)
				}
				resp = b.Get(resp.Location()) // the proxy says the same of it
			}
			if got := authorizationRequest(t, resp).Get("prompt"); got != "login" {
				t.Errorf("the prompt is %q", got)
			}
			checkRedirect(t, "callback", b.Get(b.Authorize(resp.Location(), "ada")), "/profile?x=1")
		})
	}
}

// TestPostedSignInMovesToBaseURL checks that the parameters of a form survive the redirect to BaseURL, and that a long
// form is not made a URL.
func TestPostedSignInMovesToBaseURL(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, behindProxy)
	b := app.Browser(t)
	form := query("iss", app.Provider.URL, "login_hint", "ada")
	resp := b.Post("/login", form, "Host", "127.0.0.1:3000")
	checkRedirect(t, "form", resp, app.URL+"/login?iss="+url.QueryEscape(app.Provider.URL)+"&login_hint=ada&moved=1")
	authorizationRequest(t, b.Post("/login", form+"&x="+strings.Repeat("x", 5000), "Host", "127.0.0.1:3000"))
}

// TestSpellingOfBaseURL checks that BaseURL may have capitals and a default port. Browsers send neither in Origin.
func TestSpellingOfBaseURL(t *testing.T) {
	t.Parallel()
	for _, baseURL := range []string{"https://App.Example:443", "HTTPS://APP.EXAMPLE", "https://app.example:443/"} {
		app := testapp.New(t, testapp.Options{BaseURL: behindProxy.BaseURL, Handler: func(cfg handlers.Config) http.Handler {
			cfg.BaseURL = baseURL
			return handlers.New(cfg)
		}})
		b := app.Browser(t).SignIn("ada")
		setHeaders(b, "Host", "10.0.0.7:3000")
		resp := b.Post("/logout", "x=1", "Origin", "https://app.example")
		if resp.Status >= 400 || b.IsSignedIn() {
			t.Errorf("%s: got status %d, want a sign-out", baseURL, resp.Status)
		}
		path := "/login?" + query("iss", app.Provider.URL, "target_link_uri", "https://App.example:443/profile")
		checkRedirect(t, baseURL, b.Get(b.Authorize(b.Get(path).Location(), "ada")), "/profile")
	}
}
