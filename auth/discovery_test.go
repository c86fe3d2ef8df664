package auth_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func isRefusal(err error, code string) bool {
	refusal := (*auth.ProviderError)(nil)
	return errors.As(err, &refusal) && refusal.Code == code
}

const discoveryPath = "/.well-known/openid-configuration"

// document sets one member of the discovery document; nil removes it.
func document(name string, value any) func(*provider) {
	return func(p *provider) {
		p.Discovery = func(doc map[string]any) {
			if doc[name] = value; value == nil {
				delete(doc, name)
			}
		}
	}
}

// A document that is not right is not believed: nobody is sent anywhere. It is when it has been mended, without a restart.
func TestDiscoveryRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*provider){
		"issuer of somebody else":   document("issuer", "https://evil.example"),
		"issuer with a slash more":  func(p *provider) { document("issuer", p.Issuer+"/")(p) },
		"issuer missing":            document("issuer", nil),
		"status 500":                status(discoveryPath, 500, asJSON, "{}"),
		"status 404":                status(discoveryPath, 404, "text/html", "<h1>"+strings.Repeat("long ", 1000)),
		"garbage":                   status(discoveryPath, 200, asJSON, "garbage"),
		"a page":                    status(discoveryPath, 200, "text/html", "<!doctype html>"),
		"nothing":                   status(discoveryPath, 200, asJSON, ""),
		"null":                      status(discoveryPath, 200, asJSON, "null"),
		"a redirect":                handle(discoveryPath, redirectTo("https://evil.example/")),
		"a connection that is lost": handle(discoveryPath, lostConnection),
		"an answer without end":     handle(discoveryPath, endlessJSON(nil)),
		"two megabytes":             func(p *provider) { p.Handle(discoveryPath, padResponse(p.discovery, 2<<20)) },
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		cases[name+" missing"] = document(name, nil)
		cases[name+" is no string"] = document(name, 7)
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			bend(p)
			app := newApp(t, p, nil)
			refusedDiscovery(t, app)
			if err := app.client.Ready(t.Context()); !errors.Is(err, auth.ErrUnavailable) {
				t.Errorf("Ready: %v", err)
			}
			p.override(func(b *overrides) { b.Discovery = nil })
			p.Handle(discoveryPath, nil)
			p.Clock.Advance(time.Second)
			app.browser().MustSignIn()
			if err := app.client.Ready(t.Context()); err != nil {
				t.Errorf("Ready: %v", err)
			}
		})
	}
}

// An endpoint is a place that a browser is sent to, or that secrets are.
func TestEndpointsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, name := range endpointNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, nil)
			for _, bad := range []string{"javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x", "/relative", "//evil.example/x",
				"https://user:pass@op.example/x", "https://op.example/x#fragment", "ftp://op.example/x", "https://", "://", "file:///etc/passwd"} {
				document(name, bad)(p)
				refusedDiscovery(t, app)
				p.Clock.Advance(time.Second)
			}
			p.Discovery = nil
			app.browser().MustSignIn()
		})
	}
}

var endpointNames = []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
	"end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"}

func refusedDiscovery(t *testing.T, app *app) {
	t.Helper()
	authURL, resp, err := app.browser().beginLoginResponse(auth.LoginOptions{})
	if !errors.Is(err, auth.ErrUnavailable) || authURL != "" || len(resp.Cookies()) != 0 {
		t.Errorf("got %q, %v, %v; want ErrUnavailable and nothing", authURL, resp.Cookies(), err)
	}
	app.output.addError(err)
	if err != nil && len(err.Error()) > 800 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// An issuer with https has no endpoint without (RFC 9700 section 2.6).
func TestDiscoveryOverTLS(t *testing.T) {
	t.Parallel()
	newApp(t, newTLSProvider(t), nil).browser().MustSignIn()
	for _, name := range endpointNames {
		p := newTLSProvider(t)
		p.Discovery = func(doc map[string]any) { doc[name] = strings.Replace(doc[name].(string), "https:", "http:", 1) }
		refusedDiscovery(t, newApp(t, p, nil))
	}
}

// A certificate that is not trusted is a provider that cannot be reached.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	p := newTLSProvider(t)
	refusedDiscovery(t, newApp(t, p, func(cfg *auth.Config) { cfg.Transport = nil }))
}

func TestProviderDownAtFirst(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.SetDown(true)
	app := newApp(t, p, nil)
	b := app.browser()
	b.CheckSignedOut() // pages are served
	for range 50 {
		refusedDiscovery(t, app)
	}
	if n := p.RequestCount(discoveryPath); n != 1 {
		t.Errorf("%d calls for 50 visitors in one second, want 1", n)
	}
	p.SetDown(false)
	p.Clock.Advance(time.Second)
	b.MustSignIn()
}

// The answer of the provider reaches an instance that cannot reach the provider: reloading the page works later.
func TestAnswerWhileTheProviderIsAway(t *testing.T) {
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
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	if !maps.Equal(before, attemptsOf(b)) {
		t.Error("the attempt is lost")
	}
	p.SetDown(false)
	p.Clock.Advance(time.Second)
	if returnTo, err := b.withApp(second).FinishLogin(callback); err != nil || returnTo != "/profile" {
		t.Errorf("%q, %v", returnTo, err)
	}
}

func TestLastGoodDiscoveryIsUsed(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	app.browser().MustSignIn()
	p.Handle(discoveryPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	p.Clock.Advance(2 * time.Hour)
	app.browser().MustSignIn()
	if n := p.RequestCount(discoveryPath); n < 2 {
		t.Errorf("%d calls: it was not asked again", n)
	}
	p.Handle(discoveryPath, nil)
	p.Discovery = func(doc map[string]any) { doc["prompt_values_supported"] = []string{"select_account"} }
	p.Clock.Advance(time.Second)
	authURL, err := app.browser().BeginLogin(auth.LoginOptions{Prompt: "select_account"})
	if err != nil || !strings.Contains(authURL, "prompt=select_account") {
		t.Errorf("what is new is not seen: %v", err)
	}
}

func TestIssuerWithAPath(t *testing.T) {
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
	err := newApp(t, p, func(cfg *auth.Config) { cfg.Issuer = strings.TrimSuffix(p.Issuer, "/") }).browser().SignIn()
	if !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("without the slash that is part of it: %v", err)
	}
}
