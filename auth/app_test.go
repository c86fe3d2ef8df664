package auth_test

import (
	"net/url"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// app is an application that uses package auth: one Client, and a recorder of its errors and logs.
type app struct {
	t        *testing.T
	provider *provider
	client   *auth.Client
	cfg      auth.Config
	store    auth.Store
	baseURL  string // for example http://app.test
	output   *outputRecorder
}

// newApp returns an application that signs people in at the provider. It stores sessions in memory unless change sets
// another store. change may be nil. newApp registers the redirect URI at the provider. At the end of the test, it
// checks that the application's errors and logs contain no secret.
func newApp(t *testing.T, p *provider, change func(*auth.Config)) *app {
	t.Helper()
	output := newOutputRecorder(t, p)
	o := p.currentOverrides()
	cfg := auth.Config{
		Issuer: p.Issuer, ClientID: o.ClientID, ClientSecret: auth.Secret(o.ClientSecret),
		RedirectURL: "http://app.test/login/callback", PostLogoutRedirectURL: "http://app.test/logout",
		Transport: p.server.Client().Transport, Now: p.Clock.Now, Logger: output.logger(),
	}
	if o.AuthMethod == auth.ClientSecretPost {
		cfg.ClientAuthMethod = o.AuthMethod
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.Store == nil {
		cfg.Store = newStore(t)
	}
	c, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(cfg.RedirectURL)
	if err != nil {
		t.Fatal(err)
	}
	p.override(func(o *overrides) { o.RedirectURI = cfg.RedirectURL })
	output.addSecret("client secret", string(cfg.ClientSecret))
	output.addValues(c, &cfg, cfg)
	t.Cleanup(c.Wait)
	return &app{
		t: t, provider: p, client: c, cfg: cfg, store: cfg.Store, baseURL: u.Scheme + "://" + u.Host, output: output,
	}
}

// newClient returns the Client of a new application.
func newClient(t *testing.T, p *provider, change func(*auth.Config)) *auth.Client {
	t.Helper()
	return newApp(t, p, change).client
}

// newStore returns a store in memory, which is closed at the end of the test.
func newStore(t *testing.T) auth.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
