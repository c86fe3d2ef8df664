package main

import (
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// config is the configuration of the app. Each field with a tag holds one environment variable, which .env.example
// documents.
type config struct {
	AuthURL           string        `env:"AUTH_URL"`
	ClientID          string        `env:"CLIENT_ID"`
	ClientSecret      string        `env:"CLIENT_SECRET"` // also the content of ClientSecretFile
	ClientSecretFile  string        `env:"CLIENT_SECRET_FILE"`
	BaseURL           string        `env:"BASE_URL"` // default: http://localhost:PORT
	Host              string        `env:"HOST" envDefault:"localhost"`
	Port              string        `env:"PORT" envDefault:"3000"`
	Scopes            string        `env:"SCOPES" envDefault:"openid profile email"`
	AuthParams        string        `env:"AUTH_PARAMS"`
	Prompt            string        `env:"PROMPT"`
	SessionStore      string        `env:"SESSION_STORE" envDefault:"file:data/sessions.db"`
	SessionLifetime   time.Duration `env:"SESSION_LIFETIME" envDefault:"168h"`
	IdleTimeout       time.Duration `env:"SESSION_IDLE_TIMEOUT" envDefault:"24h"`
	SigningAlg        string        `env:"ID_TOKEN_SIGNING_ALG"`
	ClientAuthMethod  string        `env:"CLIENT_AUTH_METHOD"`
	ClientKeyFile     string        `env:"CLIENT_KEY_FILE"`
	ClientKeyID       string        `env:"CLIENT_KEY_ID"`
	AssertionAudience string        `env:"CLIENT_ASSERTION_AUDIENCE"`
	PushedAuth        bool          `env:"PUSHED_AUTHORIZATION" envDefault:"false"`
	ClockSkew         time.Duration `env:"CLOCK_SKEW" envDefault:"30s"`
	ProviderTimeout   time.Duration `env:"PROVIDER_TIMEOUT" envDefault:"10s"`
	AccountURL        string        `env:"ACCOUNT_URL"`
	HSTSMaxAge        time.Duration `env:"HSTS_MAX_AGE" envDefault:"8760h"`
	Inspect           string        `env:"INSPECT"` // "true" or "false"; default: whether BASE_URL is loopback
	LogLevel          slog.Level    `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat         string        `env:"LOG_FORMAT" envDefault:"text"`
	MetricsAddr       string        `env:"METRICS_ADDR"`
	DevProviderURL    string        `env:"DEV_PROVIDER_URL"` // default: http://127.0.0.1:9998

	clientKey  crypto.Signer // the content of ClientKeyFile
	authParams url.Values    // AuthParams, parsed
}

// readConfig reads the configuration from variables by name and reports all mistakes in one error. An empty variable
// counts as unset. If AUTH_URL is unset, the configuration is that of a client of the development provider.
func readConfig(vars map[string]string) (config, error) {
	var cfg config
	var found mistakes
	found.addDamaged(vars)
	found.addParseErrors(env.ParseWithOptions(&cfg, env.Options{Environment: vars}))
	host := cfg.checkBaseURL(&found)
	cfg.checkOptions(host, &found)
	if cfg.AuthURL == "" {
		cfg.useDevProvider(host, &found)
	}
	cfg.readFiles(&found)
	if err := store.Check(cfg.SessionStore); err != nil {
		found.add("SESSION_STORE", fmt.Sprintf("cannot be used: %v", err))
	}
	found.addConfigErrors(cfg.auth().Validate(), cfg.variables(), cfg.AuthURL == "")
	return cfg, found.err()
}

// checkOptions checks the variables that package auth does not know, and parses AUTH_PARAMS. appHost is the host name
// in BASE_URL.
func (c *config) checkOptions(appHost string, found *mistakes) {
	var err error
	if c.authParams, err = parseParams(c.AuthParams); err != nil {
		found.add("AUTH_PARAMS", err.Error())
	}
	if c.ProviderTimeout < 100*time.Millisecond || c.ProviderTimeout > maxProviderTimeout {
		found.add("PROVIDER_TIMEOUT", "must be between 100ms and 1m")
	}
	if c.AccountURL != "" && !isWebURL(c.AccountURL) {
		found.add("ACCOUNT_URL", "must be an http or https URL, such as https://account.example.com")
	}
	if c.HSTSMaxAge < 0 {
		found.add("HSTS_MAX_AGE", "must be 0 or more")
	}
	inspect, err := strconv.ParseBool(cmp.Or(c.Inspect, strconv.FormatBool(auth.IsLoopback(appHost))))
	if err != nil {
		found.add("INSPECT", "must be true or false")
	}
	c.Inspect = strconv.FormatBool(inspect)
	if _, port, err := net.SplitHostPort(c.MetricsAddr); c.MetricsAddr != "" && (err != nil || port == "") {
		found.add("METRICS_ADDR", "must be a host and a port, such as localhost:9464, or :9464 for all addresses")
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		found.add("LOG_FORMAT", "must be text or json")
	}
}

// parseParams parses parameters in the form of a query. It returns nil if there are none.
func parseParams(query string) (url.Values, error) {
	if query == "" {
		return nil, nil
	}
	params, err := url.ParseQuery(query)
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" || err != nil {
			return nil, errors.New("must be written as a query, such as audience=https://api.example.com&access_type=offline")
		}
	}
	return params, nil
}

// isWebURL reports whether raw is an absolute http or https URL without a user name.
func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// auth returns the configuration of package auth, without Store and Logger.
func (c *config) auth() auth.Config {
	return auth.Config{
		Issuer:                  cmp.Or(c.AuthURL, c.DevProviderURL),
		ClientID:                c.ClientID,
		ClientSecret:            auth.Secret(c.ClientSecret),
		ClientAuthMethod:        c.ClientAuthMethod,
		ClientKey:               c.clientKey,
		ClientKeyID:             c.ClientKeyID,
		ClientAssertionAudience: c.AssertionAudience,
		RedirectURL:             c.BaseURL + handlers.CallbackPath,
		PostLogoutRedirectURL:   c.BaseURL + handlers.LogoutPath,
		Scopes:                  strings.Fields(c.Scopes),
		AuthParams:              c.authParams,
		Prompt:                  c.Prompt,
		PushedAuthorization:     c.PushedAuth,
		SigningAlg:              c.SigningAlg,
		ProviderTimeout:         c.ProviderTimeout,
		// In auth.Config zero means the default, so an explicit 0s is passed on as 1ns.
		ClockSkew:       cmp.Or(c.ClockSkew, 1),
		SessionLifetime: cmp.Or(c.SessionLifetime, 1),
		IdleTimeout:     cmp.Or(c.IdleTimeout, 1),
	}
}
