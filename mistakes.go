package main

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// mistakes collects what is wrong with the configuration, one line per variable.
type mistakes struct {
	variables []string
	lines     []string
}

// add records a mistake. Only the first one of each variable is kept, because the others usually follow from it.
func (m *mistakes) add(variable, problem string) {
	if slices.Contains(m.variables, variable) {
		return
	}
	m.variables = append(m.variables, variable)
	m.lines = append(m.lines, variable+" "+problem)
}

// err returns all mistakes as one error, or nil if there are none.
func (m *mistakes) err() error {
	if len(m.lines) == 0 {
		return nil
	}
	return errors.New("invalid configuration (see .env.example, or run with -h):\n  " + strings.Join(m.lines, "\n  "))
}

// addDamaged adds the variables of config whose values were damaged on their way into the environment.
func (m *mistakes) addDamaged(vars map[string]string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		if name := field.Tag.Get("env"); name != "" {
			if problem := damage(vars[name]); problem != "" {
				m.add(name, problem)
			}
		}
	}
}

// parsed has an entry for each field of config that has a variable and is not a string: the variable and what its value
// should look like.
var parsed = map[string][2]string{
	"SessionLifetime": {"SESSION_LIFETIME", "must be a duration such as 168h"},
	"IdleTimeout":     {"SESSION_IDLE_TIMEOUT", "must be a duration such as 24h"},
	"PushedAuth":      {"PUSHED_AUTHORIZATION", "must be true or false"},
	"ClockSkew":       {"CLOCK_SKEW", "must be a duration such as 30s"},
	"ProviderTimeout": {"PROVIDER_TIMEOUT", "must be a duration such as 10s"},
	"HSTSMaxAge":      {"HSTS_MAX_AGE", "must be a duration such as 8760h"},
	"LogLevel":        {"LOG_LEVEL", "must be debug, info, warn or error"},
}

// addParseErrors adds the values that could not be parsed. It does not repeat the values.
func (m *mistakes) addParseErrors(err error) {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return
	}
	for _, err := range all.Errors {
		var field env.ParseError
		if errors.As(err, &field) {
			m.add(parsed[field.Name][0], parsed[field.Name][1])
		}
	}
}

// variables returns a map from the fields of auth.Config to the environment variables that set them.
func (c *config) variables() map[string]string {
	secret := "CLIENT_SECRET"
	if c.ClientSecretFile != "" {
		secret = "CLIENT_SECRET_FILE"
	}
	return map[string]string{
		"Issuer":                  "AUTH_URL",
		"ClientID":                "CLIENT_ID",
		"ClientSecret":            secret,
		"ClientAuthMethod":        "CLIENT_AUTH_METHOD",
		"ClientKey":               "CLIENT_KEY_FILE",
		"ClientKeyID":             "CLIENT_KEY_ID",
		"ClientAssertionAudience": "CLIENT_ASSERTION_AUDIENCE",
		"RedirectURL":             "BASE_URL",
		"PostLogoutRedirectURL":   "BASE_URL",
		"Scopes":                  "SCOPES",
		"AuthParams":              "AUTH_PARAMS",
		"Prompt":                  "PROMPT",
		"PushedAuthorization":     "PUSHED_AUTHORIZATION",
		"SigningAlg":              "ID_TOKEN_SIGNING_ALG",
		"ClockSkew":               "CLOCK_SKEW",
		"ProviderTimeout":         "PROVIDER_TIMEOUT",
		"SessionLifetime":         "SESSION_LIFETIME",
		"IdleTimeout":             "SESSION_IDLE_TIMEOUT",
	}
}

// hints complete the problems that package auth reports.
var hints = map[string]string{
	"CLIENT_ID": "; copy it from the client's page at the provider",
	"SCOPES":    "; write a space between scopes, as in: openid profile email",
}

// addConfigErrors adds the errors of auth.Config.Validate. variables maps the fields to variables. With the development
// provider, issuer and client are the app's own choice, so that errors about them are not the reader's mistakes.
func (m *mistakes) addConfigErrors(err error, variables map[string]string, devProvider bool) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		var fault *auth.ConfigError
		if !errors.As(err, &fault) {
			continue
		}
		variable := variables[fault.Field]
		if variable == "" || devProvider && slices.Contains([]string{"AUTH_URL", "CLIENT_ID", "CLIENT_SECRET"}, variable) {
			continue
		}
		m.add(variable, fault.Problem+hints[variable])
	}
}
