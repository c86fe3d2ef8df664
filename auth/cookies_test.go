package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// TestApplicationsOnTwoPortsOfLocalhost signs in to two applications on one host at the same time. Browsers send the
// cookies of one to the other too, because cookies ignore the port.
func TestApplicationsOnTwoPortsOfLocalhost(t *testing.T) {
	t.Parallel()
	onPort := func(port string) *app {
		base := "http://localhost" + port
		return newApp(t, newProvider(t), func(cfg *auth.Config) {
			cfg.RedirectURL, cfg.PostLogoutRedirectURL = base+"/login/callback", base+"/logout"
		})
	}
	for _, ports := range [][]string{{":3000", ":3001"}, {"", ":3000"}} {
		first, second := onPort(ports[0]).browser(), onPort(ports[1])
		other := first.withApp(second)
		callback, otherCallback := first.beginAt("/a"), other.beginAt("/b")
		for _, b := range []*browser{first, other} {
			b.beginAt("/") // deletes what it cannot open
		}
		if returnTo, err := first.FinishLogin(callback); err != nil || returnTo != "/a" {
			t.Errorf("%v: the first application: got %q and %v", ports, returnTo, err)
		}
		if returnTo, err := other.FinishLogin(otherCallback); err != nil || returnTo != "/b" {
			t.Errorf("%v: the second application: got %q and %v", ports, returnTo, err)
		}
		for name, b := range map[string]*browser{"first": first, "second": other} {
			if _, err := b.User(); err != nil {
				t.Errorf("%v: the %s application: %v", ports, name, err)
			}
		}
		state, otherState := first.logoutQuery().Get("state"), other.logoutQuery().Get("state")
		if !first.FinishLogout("/logout?state="+state) || !other.FinishLogout("/logout?state="+otherState) {
			t.Errorf("%v: one sign-out does not know its state", ports)
		}
	}
}

// TestCookieNamesOnLoopback checks that the cookies have the port in their names only on loopback hosts.
func TestCookieNamesOnLoopback(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://localhost:3000":  "session-3000",
		"http://127.0.0.1:3000":  "session-3000",
		"http://[::1]:3000":      "session-3000",
		"http://localhost":       "session-80",
		"https://localhost":      "__Host-session-443",
		"https://app.localhost":  "__Host-session-443",
		"http://app.test:3000":   "session",
		"https://app.test:8443":  "__Host-session",
		"https://localhost.test": "__Host-session",
	} {
		b := newApp(t, newProvider(t), func(cfg *auth.Config) { cfg.RedirectURL = base + "/login/callback" }).browser()
		_, resp, err := b.finishLoginResponse(b.beginAt("/"))
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		found := false
		for _, cookie := range resp.Cookies() {
			found = found || cookie.Name == want && cookie.Value != ""
		}
		if !found {
			t.Errorf("%s: got %v, want %s", base, resp.Cookies(), want)
		}
	}
}

// TestCookieOfAnotherApplication sends session cookies that another application has set on the host or the domain,
// before and after the right one.
func TestCookieOfAnotherApplication(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	b := newApp(t, newProvider(t), withStore(s)).browser()
	b.MustSignIn()
	token := b.token()
	request := func(values ...string) error {
		r, err := http.NewRequest(http.MethodGet, b.app.baseURL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range values {
			r.AddCookie(&http.Cookie{Name: "session", Value: value})
		}
		b.app.client.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err = b.app.client.User(r.Context())
		})).ServeHTTP(discardResponse{}, r)
		return err
	}
	other := strings.Repeat("x", 43)
	for _, values := range [][]string{
		{token}, {other, token}, {token, other}, {"short", "", other, token}, {other, other, other, other, token},
	} {
		if err := request(values...); err != nil {
			t.Errorf("cookie %d of %d: %v", len(values), len(values), err)
		}
	}
	s.reset()
	if err := request(strings.Fields(strings.Repeat(other+" ", 50))...); err == nil || s.count("Find") > 5 {
		t.Errorf("fifty cookies: got %v after %d reads of the store", err, s.count("Find"))
	}
}

// discardResponse is a response that nobody reads.
type discardResponse struct{}

func (discardResponse) Header() http.Header         { return http.Header{} }
func (discardResponse) Write(b []byte) (int, error) { return len(b), nil }
func (discardResponse) WriteHeader(int)             {}

// TestHeaderOfARedirectStaysSmall begins sign-ins in a browser with many cookies of attempts that are no longer valid.
// The response has at most 3.5 kB of headers, and after some sign-ins all those cookies are deleted.
func TestHeaderOfARedirectStaysSmall(t *testing.T) {
	t.Parallel()
	for name, returnTo := range map[string]string{"short": "/profile", "long": "/" + strings.Repeat("x", 1000)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const base = "https://app.test"
			b := newApp(t, newProvider(t), func(cfg *auth.Config) { cfg.RedirectURL = base + "/login/callback" }).browser()
			u := mustParseURL(t, base+"/login")
			for i := range 60 {
				b.jar.SetCookies(u, []*http.Cookie{{
					Name: fmt.Sprintf("__Secure-login-%022d", i), Value: strings.Repeat("x", 200), Path: "/login", Secure: true,
				}})
			}
			for range 30 {
				authURL, resp, err := b.beginLoginResponse(auth.LoginOptions{ReturnTo: returnTo, LoginHint: strings.Repeat("h", 300)})
				if err != nil {
					t.Fatal(err)
				}
				size := len("Location: \r\n") + len(authURL)
				for _, line := range resp.Header.Values("Set-Cookie") {
					size += len("Set-Cookie: \r\n") + len(line)
				}
				if size > 3500 {
					t.Fatalf("the header has %d bytes", size)
				}
			}
			for name := range attemptsOf(b) {
				if strings.HasPrefix(name, "__Secure-login-0000") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

// TestSignInAsksForTheAccount checks the sign-ins after a sign-out that did not reach the provider: they ask for the
// account until the provider has answered one of them.
func TestSignInAsksForTheAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prompts any // prompt_values_supported; nil if it is not published
		want    string
	}{
		"no list":               {nil, "select_account"},
		"select_account listed": {[]string{"none", "login", "select_account"}, "select_account"},
		"login listed":          {[]string{"none", "login"}, "login"},
		"neither listed":        {[]string{"none"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.Discovery = func(doc map[string]any) {
				delete(doc, "end_session_endpoint")
				doc["prompt_values_supported"] = c.prompts
				if c.prompts == nil {
					delete(doc, "prompt_values_supported")
				}
			}
			b := newApp(t, p, nil).browser()
			prompt := func(o auth.LoginOptions) (authURL, prompt string) {
				t.Helper()
				authURL, err := b.BeginLogin(o)
				if err != nil {
					t.Fatal(err)
				}
				return authURL, mustParseURL(t, authURL).Query().Get("prompt")
			}
			b.MustSignIn()
			if _, got := prompt(auth.LoginOptions{}); got != "" {
				t.Errorf("before the sign-out: got %q", got)
			}
			if to, err := b.BeginLogout(); to != "" || err != nil {
				t.Fatalf("got %q and %v", to, err)
			}
			for range 2 {
				if _, got := prompt(auth.LoginOptions{}); got != c.want {
					t.Errorf("after the sign-out: got %q, want %q", got, c.want)
				}
			}
			authURL, _ := prompt(auth.LoginOptions{})
			if _, err := b.FinishLogin(b.Authorize(authURL)); err != nil {
				t.Fatal(err)
			}
			if _, got := prompt(auth.LoginOptions{}); got != "" {
				t.Errorf("after the next sign-in: got %q", got)
			}
		})
	}
}
