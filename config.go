package main

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// config is the environment. README.md and .env.example say the same; a test compares.
type config struct {
	AuthURL          string        `env:"AUTH_URL" help:"issuer URL of the provider, such as https://YOUR-TENANT.plusauth.com; unset: the development provider" field:"Issuer"`
	ClientID         string        `env:"CLIENT_ID" help:"the client's identifier at the provider" field:"ClientID"`
	ClientSecret     string        `env:"CLIENT_SECRET" help:"the client's secret; unset: a public client, protected by PKCE alone" field:"ClientSecret"`
	BaseURL          string        `env:"BASE_URL" help:"public URL of this app, without a path; default http://localhost:PORT" field:"RedirectURL PostLogoutRedirectURL"`
	Host             string        `env:"HOST" envDefault:"localhost" help:"where to listen"`
	Port             string        `env:"PORT" envDefault:"3000" help:"where to listen; 0 takes a free one"`
	Scopes           string        `env:"SCOPES" envDefault:"openid profile email" help:"what to ask for; add offline_access for refresh tokens" field:"Scopes"`
	Prompt           string        `env:"PROMPT" help:"sent with every sign-in; default consent when SCOPES has offline_access, else none" field:"Prompt"`
	SessionStore     string        `env:"SESSION_STORE" envDefault:"file:data/sessions.db" help:"file:PATH, memory:, redis://…, rediss://… or postgres://…"`
	SessionLifetime  time.Duration `env:"SESSION_LIFETIME" envDefault:"168h" help:"when a session ends whatever happens, such as 168h" field:"SessionLifetime"`
	IdleTimeout      time.Duration `env:"SESSION_IDLE_TIMEOUT" envDefault:"24h" help:"when a session ends without use, such as 24h" field:"IdleTimeout"`
	SigningAlg       string        `env:"ID_TOKEN_SIGNING_ALG" envDefault:"RS256" help:"the one algorithm accepted for ID and logout tokens, such as RS256, ES256, PS256, EdDSA" field:"SigningAlg"`
	ClientAuthMethod string        `env:"CLIENT_AUTH_METHOD" envDefault:"client_secret_basic" help:"client_secret_basic, client_secret_post or private_key_jwt" field:"ClientAuthMethod"`
	ClientKeyFile    string        `env:"CLIENT_KEY_FILE" help:"for private_key_jwt: file with the private key, PKCS #8 in PEM" field:"ClientKey"`
	ClientKeyID      string        `env:"CLIENT_KEY_ID" help:"for private_key_jwt: the key's kid at the provider"`
	PushedAuth       bool          `env:"PUSHED_AUTHORIZATION" envDefault:"false" help:"true or false; true sends sign-in requests through RFC 9126 even when the provider does not require it"`
	ClockSkew        time.Duration `env:"CLOCK_SKEW" envDefault:"30s" help:"leeway on exp, iat and nbf, such as 30s" field:"ClockSkew"`
	LogLevel         slog.Level    `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat        string        `env:"LOG_FORMAT" envDefault:"text" help:"text or json"`
	DevProviderURL   string        `env:"DEV_PROVIDER_URL" help:"where the development provider listens; default http://127.0.0.1:9998"`
}

// environment is the variables of the file, if there is one, under the real ones. An empty variable
// counts as unset.
func environment(file string, environ []string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // which editors on Windows may put there
	vars, err := parseEnv(string(text))
	if err != nil { // the error quotes the line, secrets and all
		return nil, fmt.Errorf("%s cannot be read from line %d on: each line is NAME=value, with quotes around a value that has spaces or #", file, badLine(string(text)))
	}
	for _, v := range environ {
		if name, value, _ := strings.Cut(v, "="); value != "" {
			vars[name] = value
		}
	}
	return vars, nil
}

// parseEnv reads a file of variables. It knows two faults that godotenv lets pass: a last word alone,
// unless a line ends after it, and a name with a space in it.
func parseEnv(text string) (map[string]string, error) {
	vars, err := godotenv.Unmarshal(text + "\n")
	for name := range vars {
		if strings.ContainsAny(name, " \t") {
			err = errors.New("a name has a space in it")
		}
	}
	return vars, err
}

// badLine returns the line after the longest beginning that can be read.
func badLine(text string) int {
	lines := strings.Split(text, "\n")
	for n := len(lines); n > 0; n-- {
		if _, err := parseEnv(strings.Join(lines[:n], "\n")); err == nil {
			return n + 1
		}
	}
	return 1
}

// readConfig reads the variables and reports all their faults together, in words that need no source
// code to be understood.
func readConfig(vars map[string]string) (cfg config, err error) {
	var faults []string
	fault := func(bad bool, variable, text string) { // the first of a variable: another would come of it
		if bad && !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, variable+" ") }) {
			faults = append(faults, variable+" "+text)
		}
	}
	var parse env.AggregateError
	if errors.As(env.ParseWithOptions(&cfg, env.Options{Environment: vars}), &parse) {
		for _, err := range parse.Errors {
			if field := (env.ParseError{}); errors.As(err, &field) {
				f, _ := reflect.TypeFor[config]().FieldByName(field.Name)
				fault(true, f.Tag.Get("env"), "cannot be read: "+f.Tag.Get("help"))
			}
		}
	}
	if _, err := strconv.ParseUint(cfg.Port, 10, 16); err != nil {
		fault(true, "PORT", "must be a number from 0 to 65535")
		cfg.Port = "0"
	}
	base, err := url.Parse(strings.TrimSuffix(cmp.Or(cfg.BaseURL, "http://localhost:"+cfg.Port), "/"))
	if err != nil || base.Hostname() == "" || base.User != nil || base.Path != "" || base.RawQuery != "" || base.Fragment != "" || base.Scheme != "http" && base.Scheme != "https" {
		fault(true, "BASE_URL", "must be a URL without a path, such as https://app.example.com")
		base = &url.URL{Scheme: "http", Host: "localhost"}
	}
	cfg.BaseURL = base.Scheme + "://" + base.Host // so that HTTPS:// is https
	if cfg.AuthURL == "" {
		fault(!auth.IsLoopback(base.Hostname()), "AUTH_URL", "is missing: without it a development provider would let anyone in, which it does for a BASE_URL on this machine only")
		fault(cfg.ClientID != "" || cfg.ClientSecret != "", "AUTH_URL", "is missing, while CLIENT_ID or CLIENT_SECRET is set")
		host := "127.0.0.1" // another site than the app's
		if base.Hostname() == host {
			host = "localhost"
		}
		cfg.DevProviderURL = strings.ToLower(strings.TrimSuffix(cmp.Or(cfg.DevProviderURL, "http://"+host+":9998"), "/")) // as browsers write it
		dev, err := url.Parse(cfg.DevProviderURL)
		fault(err != nil || cfg.DevProviderURL != "http://"+dev.Host || dev.Port() == "" || !auth.IsLoopback(dev.Hostname()),
			"DEV_PROVIDER_URL", "must be a URL on this machine with a port, such as http://127.0.0.1:9998")
		cfg.ClientID, cfg.ClientSecret = "plusauth-go-starter", "development"
	}
	fault(cfg.LogFormat != "text" && cfg.LogFormat != "json", "LOG_FORMAT", "must be text or json")
	err = store.Check(cfg.SessionStore)
	fault(err != nil, "SESSION_STORE", fmt.Sprintf("cannot be used: %v", err))
	c, err := cfg.auth()
	fault(err != nil, "CLIENT_KEY_FILE", fmt.Sprint(err))
	if all, ok := c.Validate().(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			variable, problem := cfg.inWords(err)
			fault(variable != "", variable, problem)
		}
	}
	if len(faults) > 0 {
		return cfg, errors.New("the configuration has faults; .env.example shows how it should look, -h explains it:\n  " + strings.Join(faults, "\n  "))
	}
	return cfg, nil
}

// inWords names the variable of an auth.ConfigError; "" for what is filled in later, or stands in for
// what is not set.
func (c *config) inWords(err error) (variable, problem string) {
	fault := new(auth.ConfigError)
	errors.As(err, &fault)
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		if fault.Field != "" && slices.Contains(strings.Fields(f.Tag.Get("field")), fault.Field) {
			variable, problem = f.Tag.Get("env"), fault.Problem
		}
	}
	switch {
	case variable == "AUTH_URL" && c.AuthURL == "":
		return "", ""
	case variable == "CLIENT_SECRET" && c.AuthURL == "": // the one that stands in
		return "AUTH_URL", "is missing, while CLIENT_KEY_FILE is set"
	case variable == "SCOPES":
		problem += ", with a space between one scope and the next"
	}
	return variable, problem
}

// auth is the part that package auth works with. There zero stands for the default, so what is set to zero becomes the least above it.
func (c *config) auth() (auth.Config, error) {
	a := auth.Config{
		Issuer: cmp.Or(c.AuthURL, c.DevProviderURL), ClientID: c.ClientID, ClientSecret: auth.Secret(c.ClientSecret),
		ClientAuthMethod: c.ClientAuthMethod, ClientKeyID: c.ClientKeyID,
		RedirectURL: c.BaseURL + handlers.CallbackPath, PostLogoutRedirectURL: c.BaseURL + handlers.LogoutPath,
		Scopes: strings.Fields(c.Scopes), Prompt: c.Prompt, PushedAuthorization: c.PushedAuth,
		SigningAlg: c.SigningAlg, ClockSkew: cmp.Or(c.ClockSkew, 1), SessionLifetime: cmp.Or(c.SessionLifetime, 1), IdleTimeout: cmp.Or(c.IdleTimeout, 1),
	}
	if c.ClientKeyFile != "" {
		text, err := os.ReadFile(c.ClientKeyFile)
		block, _ := pem.Decode(text)
		if err != nil {
			return a, fmt.Errorf("must name a file with a private key in PEM: %w", err)
		}
		if block == nil {
			return a, errors.New("must name a file with a private key in PEM, which this one has not")
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return a, errors.New("must hold a PKCS #8 key, as openssl genpkey writes it")
		}
		a.ClientKey, _ = key.(crypto.Signer)
	}
	return a, nil
}

// devFile keeps the development provider's key and people beside the sessions, so that a restart
// finds both.
func (c *config) devFile() string {
	switch scheme, path, _ := strings.Cut(c.SessionStore, ":"); strings.ToLower(scheme) {
	case "file":
		return filepath.Join(filepath.Dir(path), "devidp.json")
	case "memory":
		return ""
	}
	return filepath.Join("data", "devidp.json")
}

// usage prints what -h asks for.
func usage(out io.Writer) {
	fmt.Fprintln(out, "Signs people in with OpenID Connect. It is configured by environment variables, or a file .env here:")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		fmt.Fprintf(out, "  %-22s %s\n", f.Tag.Get("env"), f.Tag.Get("help"))
		if value := f.Tag.Get("envDefault"); value != "" {
			fmt.Fprintf(out, "  %-22s default: %s\n", "", value)
		}
	}
}
