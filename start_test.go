package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

var (
	listeningMessage = regexp.MustCompile(`Listening on (127\.0\.0\.1:\d+)`)
	providerWarning  = regexp.MustCompile(`level=WARN msg="people cannot sign in" (.*)`)
)

func TestStartPrintsTheURIsToRegister(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	app := startWith(t, provider, authVars(provider))
	app.out.wait(t, regexp.MustCompile(`(?m)^  initiate login URI        (\S+)$`)) // the last line
	want := "Register these URIs for the client app at " + provider.URL + " (the last three if it supports them):\n" +
		"  redirect URI              " + app.url + "/login/callback\n" +
		"  post-logout redirect URI  " + app.url + "/logout\n" +
		"  back-channel logout URI   " + app.url + "/logout/backchannel\n" +
		"  front-channel logout URI  " + app.url + "/logout/frontchannel\n" +
		"  initiate login URI        " + app.url + "/login\n"
	if got := app.out.String(); !strings.Contains(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for _, line := range strings.Split(want, "\n")[1:6] {
		uri := line[strings.LastIndex(line, " ")+1:]
		if got := app.browser(t).Get(uri); got.Status == http.StatusNotFound {
			t.Errorf("%s has no route", uri)
		}
	}
}

func TestStartWithTheDevelopmentProviderPrintsNoURIs(t *testing.T) {
	t.Parallel()
	app := start(t, nil)
	app.out.wait(t, listeningMessage)
	if got := app.out.String(); strings.Contains(got, "Register") {
		t.Errorf("got:\n%s", got)
	}
}

// TestStartReportsAnUnusableProvider checks that the log names the variable and the cure before anybody signs in.
func TestStartReportsAnUnusableProvider(t *testing.T) {
	t.Parallel()
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	otherIssuer := testapp.NewProvider(t)
	otherIssuer.Override("", testapp.Respond(http.StatusOK, "application/json", `{"issuer": "https://other.example"}`))
	noDocument := testapp.NewProvider(t)
	noDocument.Override("", testapp.Respond(http.StatusNotFound, "text/html", "not found"))
	for name, c := range map[string]struct{ issuer, want string }{
		"nothing listens": {"http://" + refused.Addr().String(), `cure="nothing listens at AUTH_URL`},
		"unknown host":    {"https://unknown.invalid", `cure="check the host name in AUTH_URL`},
		"other issuer":    {otherIssuer.URL, "https://other.example"},
		"no document":     {noDocument.URL, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := start(t, map[string]string{"AUTH_URL": c.issuer, "CLIENT_ID": "app"})
			got := app.out.wait(t, providerWarning)
			if !strings.HasPrefix(got, "variable=AUTH_URL cure=") || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want AUTH_URL and %s", got, c.want)
			}
		})
	}
}

func TestStartReportsNothingAboutAUsableProvider(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	app := startWith(t, provider, authVars(provider))
	app.browser(t).SignIn("ada")
	if err := app.stop(); err != nil {
		t.Fatal(err)
	}
	if got := app.out.String(); strings.Contains(got, "people cannot sign in") {
		t.Errorf("got:\n%s", got)
	}
}

// TestStopDuringTheFirstRequestToTheProvider checks that the program does not wait for a provider that does not answer.
func TestStopDuringTheFirstRequestToTheProvider(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	requested, release := provider.Hold("/.well-known/openid-configuration")
	defer release()
	app := start(t, authVars(provider))
	<-requested
	if err := app.stop(); err != nil {
		t.Fatal(err)
	}
	if got := app.out.String(); strings.Contains(got, "people cannot sign in") {
		t.Errorf("got:\n%s", got)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	variables := (&config{ClientSecretFile: "secret"}).variables()
	unavailable := func(err error) error { return fmt.Errorf("provider: %w: %w", auth.ErrUnavailable, err) }
	for name, c := range map[string]struct {
		err            error
		variable, cure string
	}{
		"misconfigured": {
			fmt.Errorf("provider: %w", &auth.MisconfiguredError{
				Fields:  []string{"ClientSecret", "ClientAuthMethod", "RedirectURL", "PostLogoutRedirectURL", "Another"},
				Problem: "the provider says no",
			}),
			"CLIENT_SECRET_FILE, CLIENT_AUTH_METHOD, BASE_URL, Another", "the provider says no",
		},
		"provider's mistake": {&auth.MisconfiguredError{Problem: "an endpoint is missing"}, "AUTH_URL",
			"correct the provider: an endpoint is missing"},
		"unknown host":      {unavailable(&net.DNSError{IsNotFound: true}), "AUTH_URL", "DNS"},
		"unknown authority": {unavailable(x509.UnknownAuthorityError{}), "AUTH_URL", "SSL_CERT_FILE"},
		"other host": {unavailable(x509.HostnameError{Certificate: &x509.Certificate{}}), "AUTH_URL",
			"not valid for this host"},
		"expired certificate": {unavailable(x509.CertificateInvalidError{Cert: &x509.Certificate{}}), "AUTH_URL", "clock"},
		"refused":             {unavailable(syscall.ECONNREFUSED), "AUTH_URL", "nothing listens at AUTH_URL"},
		"timeout":             {unavailable(context.DeadlineExceeded), "AUTH_URL", "PROVIDER_TIMEOUT"},
		"anything else":       {auth.ErrUnavailable, "AUTH_URL", "check AUTH_URL"},
	} {
		variable, cure := explain(c.err, variables)
		if variable != c.variable || !strings.Contains(cure, c.cure) {
			t.Errorf("%s: got %q, %q, want %q and %q", name, variable, cure, c.variable, c.cure)
		}
	}
}

func TestStartReportsAStoreThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	provider.Start(t, devidp.Config{})
	memory, err := store.Open(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	sessions := &testapp.Store{Store: memory}
	client, err := auth.New(auth.Config{
		Issuer: provider.URL, ClientID: "app", RedirectURL: "http://localhost:3000/login/callback", Store: sessions,
	})
	if err != nil {
		t.Fatal(err)
	}
	for down, want := range map[bool]string{true: "variable=SESSION_STORE ", false: ""} {
		sessions.SetDown(down)
		out := newOutput()
		checkProvider(t.Context(), client, sessions, (&config{}).variables(), newLogger(config{}, out))
		if got := out.String(); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("with the store down (%t): got %q, want %q", down, got, want)
		}
	}
}

// TestBaseURLInAnotherSpelling checks that the form of a browser is accepted whose Origin is BASE_URL as browsers write
// it. The browser sends no Sec-Fetch-Site, and a proxy has changed the Host header.
func TestBaseURLInAnotherSpelling(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	for baseURL, origin := range map[string]string{
		"https://App.Example.test:443/": "https://app.example.test",
		"HTTP://app.example.test:080":   "http://app.example.test",
		"https://[2001:DB8:0::1]:8443":  "https://[2001:db8::1]:8443",
	} {
		vars := authVars(provider)
		vars["BASE_URL"] = baseURL
		app := start(t, vars)
		address := "http://" + app.out.wait(t, listeningMessage)
		b := testapp.NewBrowser(t, address)
		if got := b.Post("/logout", "", "Origin", origin); got.Status != http.StatusSeeOther || app.url != origin {
			t.Errorf("%s: got status %d and URL %s, want 303 and %s", baseURL, got.Status, app.url, origin)
		}
		if got := b.Post("/logout", "", "Origin", "https://evil.example"); got.Status != http.StatusForbidden {
			t.Errorf("another origin: got status %d, want 403", got.Status)
		}
	}
}

func TestSignInWithASecretFile(t *testing.T) {
	t.Parallel()
	provider := testapp.NewProvider(t)
	vars := authVars(provider)
	delete(vars, "CLIENT_SECRET")
	vars["CLIENT_SECRET_FILE"] = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(vars["CLIENT_SECRET_FILE"], []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := startWith(t, provider, vars)
	app.browser(t).SignIn("ada")
}

func TestAccountURLIsLinkedOnTheProfile(t *testing.T) {
	t.Parallel()
	const link = `<a href="https://account.example.com/me?tenant=1&amp;x=y">Manage your account at `
	app := start(t, map[string]string{"ACCOUNT_URL": "https://account.example.com/me?tenant=1&x=y"})
	b := app.browser(t).SignIn("ada").Open("/profile").WantText("Manage your account at account.example.com")
	for name, page := range map[string]string{
		"page": b.Page.Body, "fragment": b.Post("/fragments/profile", "").Body,
	} {
		if !strings.Contains(page, link) {
			t.Errorf("the %s has no link %s:\n%s", name, link, page)
		}
	}
	if b := start(t, nil).browser(t).SignIn("ada").Open("/profile"); strings.Contains(b.Page.Text(), "Manage your account") {
		t.Errorf("without ACCOUNT_URL: %s", b.Page.Text())
	}
}

// TestHSTS checks that the program passes HSTS_MAX_AGE on.
func TestHSTS(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"": "max-age=31536000", "1h": "max-age=3600", "0": ""} {
		app := start(t, map[string]string{
			"AUTH_URL": "https://tenant.invalid", "CLIENT_ID": "app",
			"BASE_URL": "https://app.example.test", "HSTS_MAX_AGE": value,
		})
		b := testapp.NewBrowser(t, "http://"+app.out.wait(t, listeningMessage))
		if got := b.Get("/").Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("HSTS_MAX_AGE=%s: got %q, want %q", value, got, want)
		}
	}
}

// TestExplainAnUntrustedCertificate asks a provider whose certificate this machine does not trust.
func TestExplainAnUntrustedCertificate(t *testing.T) {
	t.Parallel()
	provider := httptest.NewUnstartedServer(http.NotFoundHandler())
	provider.Config.ErrorLog = log.New(io.Discard, "", 0)
	provider.StartTLS()
	defer provider.Close()
	sessions, err := store.Open(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer sessions.Close()
	client, err := auth.New(auth.Config{
		Issuer: provider.URL, ClientID: "app", RedirectURL: "https://app.example/login/callback", Store: sessions,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = client.Ready(t.Context())
	variable, cure := explain(err, (&config{}).variables())
	if !errors.Is(err, auth.ErrMisconfigured) || variable != "AUTH_URL" || !strings.Contains(cure, "SSL_CERT_FILE") {
		t.Errorf("%v: got %q, %q", err, variable, cure)
	}
}
