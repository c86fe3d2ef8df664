package main

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// config is the configuration of the app. Each field holds one environment variable, which .env.example documents.
type config struct {
	AuthURL          string        `env:"AUTH_URL"`
	ClientID         string        `env:"CLIENT_ID"`
	ClientSecret     string        `env:"CLIENT_SECRET"`
	BaseURL          string        `env:"BASE_URL"` // default: http://localhost:PORT
	Host             string        `env:"HOST" envDefault:"localhost"`
	Port             string        `env:"PORT" envDefault:"3000"`
	Scopes           string        `env:"SCOPES" envDefault:"openid profile email"`
	Prompt           string        `env:"PROMPT"`
	SessionStore     string        `env:"SESSION_STORE" envDefault:"file:data/sessions.db"`
	SessionLifetime  time.Duration `env:"SESSION_LIFETIME" envDefault:"168h"`
	IdleTimeout      time.Duration `env:"SESSION_IDLE_TIMEOUT" envDefault:"24h"`
	SigningAlg       string        `env:"ID_TOKEN_SIGNING_ALG" envDefault:"RS256"`
	ClientAuthMethod string        `env:"CLIENT_AUTH_METHOD" envDefault:"client_secret_basic"`
	ClientKeyFile    string        `env:"CLIENT_KEY_FILE"`
	ClientKeyID      string        `env:"CLIENT_KEY_ID"`
	PushedAuth       bool          `env:"PUSHED_AUTHORIZATION" envDefault:"false"`
	ClockSkew        time.Duration `env:"CLOCK_SKEW" envDefault:"30s"`
	LogLevel         slog.Level    `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat        string        `env:"LOG_FORMAT" envDefault:"text"`
	DevProviderURL   string        `env:"DEV_PROVIDER_URL"` // default: http://127.0.0.1:9998
}

// readConfig reads the configuration from variables by name and reports all mistakes in one error. An empty variable
// counts as unset. If AUTH_URL is unset, the configuration is that of a client of the development provider.
func readConfig(vars map[string]string) (config, error) {
	var cfg config
	var found mistakes
	found.addParseErrors(env.ParseWithOptions(&cfg, env.Options{Environment: vars}))
	host := cfg.checkBaseURL(&found)
	if cfg.AuthURL == "" {
		cfg.useDevProvider(host, &found)
	}
	if cfg.LogFormat != "text" && cfg.LogFormat != "json" {
		found.add("LOG_FORMAT", "must be text or json")
	}
	if err := store.Check(cfg.SessionStore); err != nil {
		found.add("SESSION_STORE", fmt.Sprintf("cannot be used: %v", err))
	}
	c, err := cfg.auth()
	if err != nil {
		found.add("CLIENT_KEY_FILE", err.Error())
	}
	found.addConfigErrors(c.Validate(), cfg.AuthURL == "")
	return cfg, found.err()
}

// checkBaseURL checks PORT and BASE_URL, normalizes BASE_URL to scheme://host and returns its host name.
func (c *config) checkBaseURL(found *mistakes) (host string) {
	if _, err := strconv.ParseUint(c.Port, 10, 16); err != nil {
		found.add("PORT", "must be a number from 0 to 65535")
		c.Port = "0"
	}
	base, err := url.Parse(strings.TrimSuffix(cmp.Or(c.BaseURL, "http://localhost:"+c.Port), "/"))
	if err != nil || !isOrigin(base) {
		found.add("BASE_URL", "must be an http or https URL without a path, such as https://app.example.com")
		base = &url.URL{Scheme: "http", Host: "localhost"}
	}
	c.BaseURL = base.Scheme + "://" + base.Host // url.Parse writes the scheme in lower case
	return base.Hostname()
}

// isOrigin reports whether u consists of an http or https scheme and a host alone.
func isOrigin(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		u.Path == "" && u.RawQuery == "" && u.Fragment == ""
}

// auth returns the configuration of package auth, without Store and Logger.
func (c *config) auth() (auth.Config, error) {
	key, err := readKey(c.ClientKeyFile)
	return auth.Config{
		Issuer:                cmp.Or(c.AuthURL, c.DevProviderURL),
		ClientID:              c.ClientID,
		ClientSecret:          auth.Secret(c.ClientSecret),
		ClientAuthMethod:      c.ClientAuthMethod,
		ClientKey:             key,
		ClientKeyID:           c.ClientKeyID,
		RedirectURL:           c.BaseURL + handlers.CallbackPath,
		PostLogoutRedirectURL: c.BaseURL + handlers.LogoutPath,
		Scopes:                strings.Fields(c.Scopes),
		Prompt:                c.Prompt,
		PushedAuthorization:   c.PushedAuth,
		SigningAlg:            c.SigningAlg,
		// In auth.Config zero means the default, so an explicit 0s is passed on as 1ns.
		ClockSkew:       cmp.Or(c.ClockSkew, 1),
		SessionLifetime: cmp.Or(c.SessionLifetime, 1),
		IdleTimeout:     cmp.Or(c.IdleTimeout, 1),
	}, err
}

// readKey reads a private key in PKCS #8 and PEM. It returns nil if the name of the file is empty.
func readKey(file string) (crypto.Signer, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("must name a file with a private key in PEM: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("must name a file with a private key in PEM; this file contains none")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("must contain a key in PKCS #8, as openssl genpkey writes it")
	}
	signer, _ := key.(crypto.Signer)
	return signer, nil
}
