package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func goodConfig(t *testing.T) auth.Config {
	return auth.Config{Issuer: "https://op.example", ClientID: "id", RedirectURL: "https://app.example/login/callback", Store: newStore(t)}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*auth.Config)
		field  string // with the fault; "": there is none
	}{
		"good":                            {func(*auth.Config) {}, ""},
		"an issuer with a slash":          {func(cfg *auth.Config) { cfg.Issuer += "/" }, ""},
		"an issuer on this machine":       {func(cfg *auth.Config) { cfg.Issuer = "http://127.0.0.1:9998" }, ""},
		"an issuer on this machine, IPv6": {func(cfg *auth.Config) { cfg.Issuer = "http://[::1]:9998" }, ""},
		"an issuer by the name localhost": {func(cfg *auth.Config) { cfg.Issuer = "http://localhost:9998/x" }, ""},
		"no issuer":                       {func(cfg *auth.Config) { cfg.Issuer = "" }, "Issuer"},
		"an issuer without TLS":           {func(cfg *auth.Config) { cfg.Issuer = "http://op.example" }, "Issuer"},
		"an issuer that seems local":      {func(cfg *auth.Config) { cfg.Issuer = "http://localhost.evil.example" }, "Issuer"},
		"an issuer by a local-looking IP": {func(cfg *auth.Config) { cfg.Issuer = "http://127.0.0.1.evil.example" }, "Issuer"},
		"an issuer with a query":          {func(cfg *auth.Config) { cfg.Issuer += "?a=b" }, "Issuer"},
		"an issuer with a fragment":       {func(cfg *auth.Config) { cfg.Issuer += "#a" }, "Issuer"},
		"an issuer with a user":           {func(cfg *auth.Config) { cfg.Issuer = "https://u:p@op.example" }, "Issuer"},
		"an issuer without a scheme":      {func(cfg *auth.Config) { cfg.Issuer = "op.example" }, "Issuer"},
		"no client":                       {func(cfg *auth.Config) { cfg.ClientID = "" }, "ClientID"},
		"no redirect":                     {func(cfg *auth.Config) { cfg.RedirectURL = "" }, "RedirectURL"},
		"a redirect that is a path":       {func(cfg *auth.Config) { cfg.RedirectURL = "/login/callback" }, "RedirectURL"},
		"a redirect with a fragment":      {func(cfg *auth.Config) { cfg.RedirectURL += "#a" }, "RedirectURL"},
		"a redirect to a script":          {func(cfg *auth.Config) { cfg.RedirectURL = "javascript:alert(1)" }, "RedirectURL"},
		"a logout address that is a path": {func(cfg *auth.Config) { cfg.PostLogoutRedirectURL = "/logout" }, "PostLogoutRedirectURL"},
		"no openid":                       {func(cfg *auth.Config) { cfg.Scopes = []string{"profile"} }, "Scopes"},
		"a way that is not known":         {func(cfg *auth.Config) { cfg.ClientAuthMethod = "client_secret_jwt" }, "ClientAuthMethod"},
		"a key is missing":                {func(cfg *auth.Config) { cfg.ClientAuthMethod = auth.PrivateKeyJWT }, "ClientKey"},
		"a key without its method":        {func(cfg *auth.Config) { cfg.ClientKey = newKey("ES256", "", 0).key }, "ClientKey"},
		"a key beside a secret": {func(cfg *auth.Config) {
			cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientSecret = auth.PrivateKeyJWT, newKey("ES256", "", 0).key, "s"
		}, "ClientSecret"},
		"a key on a weak curve":      {func(cfg *auth.Config) { cfg.ClientAuthMethod, cfg.ClientKey = auth.PrivateKeyJWT, p224 }, "ClientKey"},
		"alg none":                   {func(cfg *auth.Config) { cfg.SigningAlg = "none" }, "SigningAlg"},
		"alg HS256":                  {func(cfg *auth.Config) { cfg.SigningAlg = "HS256" }, "SigningAlg"},
		"alg in small letters":       {func(cfg *auth.Config) { cfg.SigningAlg = "rs256" }, "SigningAlg"},
		"clocks an hour apart":       {func(cfg *auth.Config) { cfg.ClockSkew = time.Hour }, "ClockSkew"},
		"clocks apart the wrong way": {func(cfg *auth.Config) { cfg.ClockSkew = -time.Second }, "ClockSkew"},
		"sessions of a second":       {func(cfg *auth.Config) { cfg.SessionLifetime = time.Second }, "SessionLifetime"},
		"idle for a second":          {func(cfg *auth.Config) { cfg.IdleTimeout = time.Second }, "IdleTimeout"},
		"no store":                   {func(cfg *auth.Config) { cfg.Store = nil }, "Store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := goodConfig(t)
			c.change(&cfg)
			_, err := auth.New(cfg)
			if got := faults(err); c.field == "" && err != nil || c.field != "" && !slices.Equal(got, []string{c.field}) {
				t.Errorf("faults %v, want %q: %v", got, c.field, err)
			}
		})
	}
}

// All faults are told at once, each with its field.
func TestAllConfigFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{Scopes: []string{"x"}, SigningAlg: "x"})
	if got, want := faults(err), []string{"Issuer", "ClientID", "RedirectURL", "Scopes", "SigningAlg", "Store"}; !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
}

func faults(err error) (fields []string) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			fields = append(fields, faults(e)...)
		}
		return fields
	}
	if fault := (*auth.ConfigError)(nil); errors.As(err, &fault) {
		fields = append(fields, fault.Field)
	}
	return fields
}

// New touches no network, so that an application starts while its provider is away.
func TestNewAsksNobody(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	if app.c.Issuer() != op.Issuer || op.Calls(discoveryPath) != 0 {
		t.Errorf("issuer %q, %d calls", app.c.Issuer(), op.Calls(discoveryPath))
	}
}
