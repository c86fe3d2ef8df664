package auth_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// isRefusal reports whether err is a ProviderError with this code.
func isRefusal(err error, code string) bool {
	providerErr := (*auth.ProviderError)(nil)
	return errors.As(err, &providerErr) && providerErr.Code == code
}

const discoveryPath = "/.well-known/openid-configuration"

// document returns a change of the provider that sets a member of its discovery document. If value is nil, the member
// is removed.
func document(name string, value any) func(*provider) {
	return func(p *provider) {
		p.Discovery = func(doc map[string]any) {
			if doc[name] = value; value == nil {
				delete(doc, name)
			}
		}
	}
}

// BeginLogin fails if the discovery document is not valid. It works without a restart after the provider is repaired.
func TestInvalidDiscoveryIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*provider){
		"another issuer":            document("issuer", "https://evil.example"),
		"issuer missing":            document("issuer", nil),
		"status 500":                status(discoveryPath, 500, asJSON, "{}"),
		"status 404":                status(discoveryPath, 404, "text/html", "<h1>"+strings.Repeat("long ", 1000)),
		"response is not JSON":      status(discoveryPath, 200, asJSON, "garbage"),
		"HTML page":                 status(discoveryPath, 200, "text/html", "<!doctype html>"),
		"empty response":            status(discoveryPath, 200, asJSON, ""),
		"null":                      status(discoveryPath, 200, asJSON, "null"),
		"redirect":                  handle(discoveryPath, redirectTo("https://evil.example/")),
		"connection lost":           handle(discoveryPath, lostConnection),
		"endless response":          handle(discoveryPath, endlessJSON(nil)),
		"response of two megabytes": func(p *provider) { p.Handle(discoveryPath, padResponse(p.discovery, 2<<20)) },
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		cases[name+" missing"] = document(name, nil)
		cases[name+" is not a string"] = document(name, 7)
	}
	temporary := []string{"status 500", "connection lost", "endless response", "response of two megabytes"}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := auth.ErrMisconfigured
			if slices.Contains(temporary, name) {
				want = auth.ErrUnavailable
			}
			p := newProvider(t)
			prepare(p)
			app := newApp(t, p, nil)
			checkDiscoveryFails(t, app, want)
			if err := app.client.Ready(t.Context()); !errors.Is(err, want) {
				t.Errorf("Ready: got %v, want %v", err, want)
			}
			p.override(func(o *overrides) { o.Discovery = nil })
			p.Handle(discoveryPath, nil)
			p.Clock.Advance(time.Second)
			app.browser().MustSignIn()
			if err := app.client.Ready(t.Context()); err != nil {
				t.Errorf("Ready after the provider was repaired: %v", err)
			}
		})
	}
}

// Endpoints must be absolute URLs, because they receive browsers or secrets.
func TestInvalidEndpointsAreRejected(t *testing.T) {
	t.Parallel()
	for _, name := range endpointNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, nil)
			for _, endpoint := range []string{
				"javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x", "/relative",
				"//evil.example/x", "https://user:pass@op.example/x", "https://op.example/x#fragment",
				"ftp://op.example/x", "https://", "://", "file:///etc/passwd",
			} {
				document(name, endpoint)(p)
				checkDiscoveryFails(t, app, auth.ErrMisconfigured)
				p.Clock.Advance(time.Second)
			}
			p.Discovery = nil
			app.browser().MustSignIn()
		})
	}
}

var endpointNames = []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
	"end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"}

// checkDiscoveryFails checks that BeginLogin fails with one kind of error and a short message and sets no cookie.
func checkDiscoveryFails(t *testing.T, app *app, want error) {
	t.Helper()
	authURL, resp, err := app.browser().beginLoginResponse(auth.LoginOptions{})
	if !errors.Is(err, want) || authURL != "" || len(resp.Cookies()) != 0 {
		t.Errorf("BeginLogin: got %q, the cookies %v and %v, want only %v", authURL, resp.Cookies(), err, want)
	}
	if errors.Is(err, auth.ErrUnavailable) && errors.Is(err, auth.ErrMisconfigured) {
		t.Errorf("BeginLogin: %v is both ErrUnavailable and ErrMisconfigured", err)
	}
	if err != nil && len(err.Error()) > 800 {
		t.Errorf("got an error message of %d bytes, want at most 800", len(err.Error()))
	}
}

// If the issuer is an https URL, endpoints with http are rejected (RFC 9700 section 2.6).
func TestHTTPSIssuerRequiresHTTPSEndpoints(t *testing.T) {
	t.Parallel()
	newApp(t, newTLSProvider(t), nil).browser().MustSignIn()
	for _, name := range endpointNames {
		p := newTLSProvider(t)
		p.Discovery = func(doc map[string]any) {
			doc[name] = strings.Replace(doc[name].(string), "https:", "http:", 1)
		}
		checkDiscoveryFails(t, newApp(t, p, nil), auth.ErrMisconfigured)
	}
}

func TestUntrustedCertificateIsRejected(t *testing.T) {
	t.Parallel()
	p := newTLSProvider(t)
	checkDiscoveryFails(t, newApp(t, p, func(cfg *auth.Config) { cfg.Transport = nil }), auth.ErrMisconfigured)
}

// If the provider is unavailable when the application starts, pages are served, and the provider receives one request
// per second for all visitors.
func TestProviderUnavailableAtStart(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.SetDown(true)
	app := newApp(t, p, nil)
	b := app.browser()
	b.CheckSignedOut()
	for range 50 {
		checkDiscoveryFails(t, app, auth.ErrUnavailable)
	}
	if n := p.RequestCount(discoveryPath); n != 1 {
		t.Errorf("got %d discovery requests for 50 visitors in one second, want 1", n)
	}
	p.SetDown(false)
	p.Clock.Advance(time.Second)
	b.MustSignIn()
}

// If the callback reaches an instance that has not reached the provider yet, the attempt stays valid and reloading the
// page later finishes it.
func TestCallbackCanBeReloadedAfterDiscoveryFailed(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	first := newApp(t, p, nil)
	second := newApp(t, p, func(cfg *auth.Config) { cfg.Store = first.store })
	b := first.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: "/profile"})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	p.SetDown(true)
	before := maps.Clone(attemptsOf(b))
	if _, err := b.withApp(second).FinishLogin(callback); !errors.Is(err, auth.ErrUnavailable) {
		t.Fatalf("FinishLogin: got %v, want ErrUnavailable", err)
	}
	if after := attemptsOf(b); !maps.Equal(after, before) {
		t.Errorf("attempt cookies: got %v, want %v", after, before)
	}
	p.SetDown(false)
	p.Clock.Advance(time.Second)
	if returnTo, err := b.withApp(second).FinishLogin(callback); err != nil || returnTo != "/profile" {
		t.Errorf("FinishLogin after reloading: got %q, %v, want /profile", returnTo, err)
	}
}

// If the discovery document cannot be fetched again, the old one is used until it can.
func TestOldDiscoveryIsUsedIfFetchingFails(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	app.browser().MustSignIn()
	p.Handle(discoveryPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	p.Clock.Advance(2 * time.Hour)
	app.browser().MustSignIn()
	if n := p.RequestCount(discoveryPath); n < 2 {
		t.Errorf("got %d discovery requests, want at least 2", n)
	}
	p.Handle(discoveryPath, nil)
	p.Discovery = func(doc map[string]any) { doc["prompt_values_supported"] = []string{"select_account"} }
	p.Clock.Advance(time.Second)
	authURL, err := app.browser().BeginLogin(auth.LoginOptions{Prompt: "select_account"})
	if err != nil || !strings.Contains(authURL, "prompt=select_account") {
		t.Errorf("BeginLogin with a prompt of the new document: got %q, %v", authURL, err)
	}
}

func TestIssuerWithPath(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	root := p.Issuer
	p.Issuer += "/tenant/"
	p.endpoint("/tenant"+discoveryPath, p.discovery)
	p.Discovery = func(doc map[string]any) {
		for _, name := range endpointNames {
			doc[name] = strings.Replace(doc[name].(string), p.Issuer, root, 1)
		}
	}
	newApp(t, p, nil).browser().MustSignIn()
}
