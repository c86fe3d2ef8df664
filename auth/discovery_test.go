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

func isRefusal(err error, code string) bool {
	refusal := (*auth.ProviderError)(nil)
	return errors.As(err, &refusal) && refusal.Code == code
}

const discoveryPath = "/.well-known/openid-configuration"

// document sets one member of the discovery document; nil removes it.
func document(name string, value any) func(*provider) {
	return func(op *provider) {
		op.Discovery = func(doc map[string]any) {
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
		"two megabytes":             func(op *provider) { op.Handle(discoveryPath, padAnswer(op.discovery, 2<<20)) },
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		cases[name+" missing"] = document(name, nil)
		cases[name+" is no string"] = document(name, 7)
	}
	temporary := []string{"status 500", "a connection that is lost", "an answer without end", "two megabytes"}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			bend(op)
			app := newApp(t, op, nil)
			want := auth.ErrMisconfigured
			if slices.Contains(temporary, name) {
				want = auth.ErrUnavailable
			}
			refusedDiscovery(t, app, want)
			if err := app.c.Ready(t.Context()); !errors.Is(err, want) {
				t.Errorf("Ready: %v", err)
			}
			op.bend(func(b *bends) { b.Discovery = nil })
			op.Handle(discoveryPath, nil)
			op.Clock.Advance(time.Second)
			app.browser().MustSignIn()
			if err := app.c.Ready(t.Context()); err != nil {
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
			op := newProvider(t)
			app := newApp(t, op, nil)
			for _, bad := range []string{"javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x", "/relative", "//evil.example/x",
				"https://user:pass@op.example/x", "https://op.example/x#fragment", "ftp://op.example/x", "https://", "://", "file:///etc/passwd"} {
				document(name, bad)(op)
				refusedDiscovery(t, app, auth.ErrMisconfigured)
				op.Clock.Advance(time.Second)
			}
			op.Discovery = nil
			app.browser().MustSignIn()
		})
	}
}

var endpointNames = []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
	"end_session_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"}

func refusedDiscovery(t *testing.T, app *app, want error) {
	t.Helper()
	authURL, resp, err := app.browser().begin(auth.LoginOptions{})
	if !errors.Is(err, want) || authURL != "" || len(resp.Cookies()) != 0 {
		t.Errorf("got %q, %v, %v; want %v and nothing", authURL, resp.Cookies(), err, want)
	}
	if errors.Is(err, auth.ErrUnavailable) && errors.Is(err, auth.ErrMisconfigured) {
		t.Errorf("%v is both ErrUnavailable and ErrMisconfigured", err)
	}
	app.heard.error(err)
	if err != nil && len(err.Error()) > 800 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// An issuer with https has no endpoint without (RFC 9700 section 2.6).
func TestDiscoveryOverTLS(t *testing.T) {
	t.Parallel()
	newApp(t, newTLSProvider(t), nil).browser().MustSignIn()
	for _, name := range endpointNames {
		op := newTLSProvider(t)
		op.Discovery = func(doc map[string]any) { doc[name] = strings.Replace(doc[name].(string), "https:", "http:", 1) }
		refusedDiscovery(t, newApp(t, op, nil), auth.ErrMisconfigured)
	}
}

// Waiting does not make a certificate trusted.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	op := newTLSProvider(t)
	refusedDiscovery(t, newApp(t, op, func(cfg *auth.Config) { cfg.Transport = nil }), auth.ErrMisconfigured)
}

func TestProviderDownAtFirst(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.Down(true)
	app := newApp(t, op, nil)
	b := app.browser()
	b.SignedOut() // pages are served
	for range 50 {
		refusedDiscovery(t, app, auth.ErrUnavailable)
	}
	if n := op.Calls(discoveryPath); n != 1 {
		t.Errorf("%d calls for 50 visitors in one second, want 1", n)
	}
	op.Down(false)
	op.Clock.Advance(time.Second)
	b.MustSignIn()
}

// The answer of the provider reaches an instance that cannot reach the provider: reloading the page works later.
func TestAnswerWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	first := newApp(t, op, nil)
	second := newApp(t, op, func(cfg *auth.Config) { cfg.Store = first.store })
	b := first.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: "/profile"})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	op.Down(true)
	before := maps.Clone(attemptsOf(b))
	if _, err := b.at(second).FinishLogin(callback); !errors.Is(err, auth.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	if !maps.Equal(before, attemptsOf(b)) {
		t.Error("the attempt is lost")
	}
	op.Down(false)
	op.Clock.Advance(time.Second)
	if returnTo, err := b.at(second).FinishLogin(callback); err != nil || returnTo != "/profile" {
		t.Errorf("%q, %v", returnTo, err)
	}
}

func TestLastGoodDiscoveryIsUsed(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	app.browser().MustSignIn()
	op.Handle(discoveryPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	op.Clock.Advance(2 * time.Hour)
	app.browser().MustSignIn()
	if n := op.Calls(discoveryPath); n < 2 {
		t.Errorf("%d calls: it was not asked again", n)
	}
	op.Handle(discoveryPath, nil)
	op.Discovery = func(doc map[string]any) { doc["prompt_values_supported"] = []string{"select_account"} }
	op.Clock.Advance(time.Second)
	authURL, err := app.browser().BeginLogin(auth.LoginOptions{Prompt: "select_account"})
	if err != nil || !strings.Contains(authURL, "prompt=select_account") {
		t.Errorf("what is new is not seen: %v", err)
	}
}

func TestIssuerWithAPath(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	root := op.Issuer
	op.Issuer += "/tenant/"
	op.endpoint("/tenant"+discoveryPath, op.discovery)
	op.Discovery = func(doc map[string]any) {
		for _, name := range endpointNames {
			doc[name] = strings.Replace(doc[name].(string), op.Issuer, root, 1)
		}
	}
	newApp(t, op, nil).browser().MustSignIn()
	newApp(t, op, func(cfg *auth.Config) { cfg.Issuer = strings.TrimSuffix(op.Issuer, "/") }).browser().MustSignIn()
}
