package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// validConfig returns a Config that has only the required fields.
func validConfig(t *testing.T) auth.Config {
	return auth.Config{
		Issuer: "https://op.example", ClientID: "id", RedirectURL: "https://app.example/login/callback",
		Store: newStore(t),
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := func(u string) func(*auth.Config) { return func(c *auth.Config) { c.Issuer = u } }
	redirect := func(u string) func(*auth.Config) { return func(c *auth.Config) { c.RedirectURL = u } }
	for name, test := range map[string]struct {
		change func(*auth.Config)
		want   string // field with the mistake, or "" if the Config is valid
	}{
		"valid":                                   {func(*auth.Config) {}, ""},
		"issuer with a trailing slash":            {func(c *auth.Config) { c.Issuer += "/" }, ""},
		"http issuer on a loopback address":       {issuer("http://127.0.0.1:9998"), ""},
		"http issuer on an IPv6 loopback address": {issuer("http://[::1]:9998"), ""},
		"http issuer on localhost":                {issuer("http://localhost:9998/x"), ""},
		"issuer missing":                          {issuer(""), "Issuer"},
		"http issuer":                             {issuer("http://op.example"), "Issuer"},
		"http issuer on localhost.evil.example":   {issuer("http://localhost.evil.example"), "Issuer"},
		"http issuer on 127.0.0.1.evil.example":   {issuer("http://127.0.0.1.evil.example"), "Issuer"},
		"issuer with a query":                     {func(c *auth.Config) { c.Issuer += "?a=b" }, "Issuer"},
		"issuer with a fragment":                  {func(c *auth.Config) { c.Issuer += "#a" }, "Issuer"},
		"issuer with a password":                  {issuer("https://u:p@op.example"), "Issuer"},
		"issuer without a scheme":                 {issuer("op.example"), "Issuer"},
		"client ID missing":                       {func(c *auth.Config) { c.ClientID = "" }, "ClientID"},
		"redirect URL missing":                    {redirect(""), "RedirectURL"},
		"redirect URL is a path":                  {redirect("/login/callback"), "RedirectURL"},
		"redirect URL with a fragment":            {func(c *auth.Config) { c.RedirectURL += "#a" }, "RedirectURL"},
		"redirect URL with scheme javascript":     {redirect("javascript:alert(1)"), "RedirectURL"},
		"post-logout redirect URL is a path": {func(c *auth.Config) {
			c.PostLogoutRedirectURL = "/logout"
		}, "PostLogoutRedirectURL"},
		"scope openid missing": {func(c *auth.Config) { c.Scopes = []string{"profile"} }, "Scopes"},
		"unknown client authentication method": {func(c *auth.Config) {
			c.ClientAuthMethod = "client_secret_jwt"
		}, "ClientAuthMethod"},
		"private key missing":    {func(c *auth.Config) { c.ClientAuthMethod = auth.PrivateKeyJWT }, "ClientKey"},
		"key without its method": {func(c *auth.Config) { c.ClientKey = newKey("ES256", "", 0).key }, "ClientKey"},
		"key and secret": {func(c *auth.Config) {
			c.ClientAuthMethod, c.ClientKey, c.ClientSecret = auth.PrivateKeyJWT, newKey("ES256", "", 0).key, "s"
		}, "ClientSecret"},
		"key on P-224": {func(c *auth.Config) {
			c.ClientAuthMethod, c.ClientKey = auth.PrivateKeyJWT, p224
		}, "ClientKey"},
		"algorithm none":               {func(c *auth.Config) { c.SigningAlg = "none" }, "SigningAlg"},
		"algorithm HS256":              {func(c *auth.Config) { c.SigningAlg = "HS256" }, "SigningAlg"},
		"algorithm in lower case":      {func(c *auth.Config) { c.SigningAlg = "rs256" }, "SigningAlg"},
		"clock skew of an hour":        {func(c *auth.Config) { c.ClockSkew = time.Hour }, "ClockSkew"},
		"negative clock skew":          {func(c *auth.Config) { c.ClockSkew = -time.Second }, "ClockSkew"},
		"session lifetime of a second": {func(c *auth.Config) { c.SessionLifetime = time.Second }, "SessionLifetime"},
		"idle timeout of a second":     {func(c *auth.Config) { c.IdleTimeout = time.Second }, "IdleTimeout"},
		"store missing":                {func(c *auth.Config) { c.Store = nil }, "Store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := validConfig(t)
			test.change(&cfg)
			_, err := auth.New(cfg)
			if got := strings.Join(mistakenFields(err), " "); got != test.want || (err != nil) != (test.want != "") {
				t.Errorf("fields with mistakes: got %q, want %q; error: %v", got, test.want, err)
			}
		})
	}
}

func TestConfigReportsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{Scopes: []string{"x"}, SigningAlg: "x"})
	want := []string{"Issuer", "ClientID", "RedirectURL", "Scopes", "SigningAlg", "Store"}
	if got := mistakenFields(err); !slices.Equal(got, want) {
		t.Errorf("fields with mistakes: got %v, want %v", got, want)
	}
}

// mistakenFields returns the fields of all ConfigErrors in err.
func mistakenFields(err error) (fields []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			fields = append(fields, mistakenFields(e)...)
		}
		return fields
	}
	if mistake := (*auth.ConfigError)(nil); errors.As(err, &mistake) {
		fields = append(fields, mistake.Field)
	}
	return fields
}

// New sends no request, so that an application starts even if its provider is unavailable.
func TestNewSendsNoRequest(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	if got := app.client.Issuer(); got != p.Issuer {
		t.Errorf("Issuer: got %q, want %q", got, p.Issuer)
	}
	if n := p.RequestCount(discoveryPath); n != 0 {
		t.Errorf("got %d discovery requests, want 0", n)
	}
}
