package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// withProvider sets the variables of a client of a provider other than the development provider.
var withProvider = map[string]string{"AUTH_URL": "https://tenant.example", "CLIENT_ID": "app"}

// invalidValues lists values that readConfig rejects, with a part of the message.
var invalidValues = []struct {
	name, value string
	with        map[string]string // other variables that are set
	want        string
}{
	{"AUTH_URL", "http://tenant.example", nil, "https"},
	{"AUTH_URL", "https://tenant.example/?tenant=1", nil, "query"},
	{"AUTH_URL", "tenant.example", nil, "https"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "https://app.example"}, "is missing: the development provider lets"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "http://192.168.1.20:3000"}, "only with a localhost BASE_URL"},
	{"AUTH_URL", "", map[string]string{"CLIENT_ID": "app"}, "is missing, but CLIENT_ID"},
	{"AUTH_URL", "", map[string]string{"CLIENT_SECRET": "xyzzy"}, "is missing, but CLIENT_ID, CLIENT_SECRET"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "https://app.example", "CLIENT_ID": "a"}, "missing"},
	{"CLIENT_ID", "", map[string]string{"AUTH_URL": "https://tenant.example"}, "is missing; copy it"},
	{"BASE_URL", "app.example", nil, "must be an http or https URL without a path, such as https://"},
	{"BASE_URL", "http://localhost:3000/app", nil, "URL without a path"},
	{"BASE_URL", "http://localhost:3000?x", nil, "URL without a path"},
	{"BASE_URL", "http://localhost:3000#x", nil, "URL without a path"},
	{"BASE_URL", "http://me:xyzzy@localhost", nil, "URL without a path"},
	{"BASE_URL", "ftp://localhost", nil, "URL without a path"},
	{"BASE_URL", "http://[::1", nil, "URL without a path"},
	{"BASE_URL", "http://:3000", nil, "URL without a path"},
	{"BASE_URL", "http://localhost:3000/?", nil, "URL without a path"},
	{"BASE_URL", "http://localhost:65536", nil, "must have a port from 0 to 65535"},
	{"BASE_URL", "http://bücher.localhost", nil, "xn--"},
	{"BASE_URL", "http://[fe80::1%25eth0]", nil, "must have an IP address"},
	{"AUTH_PARAMS", "audience", nil, "must be written as a query, such as audience=https://"},
	{"AUTH_PARAMS", "a=b&=c", nil, "must be written as a query"},
	{"AUTH_PARAMS", "a=%zz", nil, "must be written as a query"},
	{"AUTH_PARAMS", "a=b&", nil, "must be written as a query"},
	{"CLIENT_SECRET_FILE", "no/such/xyzzy", withProvider, "must name a file that holds the secret: "},
	{"CLIENT_SECRET_FILE", "auth", withProvider, "must name a file that holds the secret: "},
	{"PROVIDER_TIMEOUT", "10", nil, "must be a duration such as 10s"},
	{"PROVIDER_TIMEOUT", "0s", nil, "must be between 100ms and 1m"},
	{"PROVIDER_TIMEOUT", "2m", nil, "must be between 100ms and 1m"},
	{"ACCOUNT_URL", "account.example.com", nil, "must be an http or https URL"},
	{"ACCOUNT_URL", "javascript:alert(1)", nil, "must be an http or https URL"},
	{"ACCOUNT_URL", "https://me:xyzzy@account.example.com", nil, "must be an http or https URL"},
	{"HSTS_MAX_AGE", "1y", nil, "must be a duration such as 8760h"},
	{"HSTS_MAX_AGE", "-1h", nil, "must be 0 or more"},
	{"INSPECT", "maybe", nil, "must be true or false"},
	{"PORT", "http", nil, "must be a number from 0 to 65535"},
	{"PORT", "65536", nil, "must be a number from 0 to 65535"},
	{"PORT", "-1", nil, "must be a number from 0 to 65535"},
	{"SCOPES", "profile email", nil, "openid"},
	{"SCOPES", "openid,email", nil, "write a space between scopes"},
	{"SESSION_LIFETIME", "7d", nil, "must be a duration such as 168h"},
	{"SESSION_LIFETIME", "1s", nil, "minute"},
	{"SESSION_LIFETIME", "0s", nil, "minute"},
	{"SESSION_IDLE_TIMEOUT", "never", nil, "must be a duration such as 24h"},
	{"SESSION_IDLE_TIMEOUT", "-1h", nil, "minute"},
	{"SESSION_IDLE_TIMEOUT", "0", nil, "minute"},
	{"SESSION_STORE", "sqlite:xyzzy.db", nil, "file:"},
	{"SESSION_STORE", "file:data/", nil, "file"},
	{"SESSION_STORE", "redis://:xyzzy#@localhost/0", nil, "cannot be used: "},
	{"SESSION_STORE", "postgres://app:xyzzy@/@localhost/db", nil, "cannot be used: "},
	{"ID_TOKEN_SIGNING_ALG", "none", nil, "must be one of RS256"},
	{"ID_TOKEN_SIGNING_ALG", "HS256", nil, "must be one of RS256"},
	{"CLIENT_AUTH_METHOD", "guess", nil, "must be one of client_secret_basic"},
	{"CLIENT_KEY_FILE", "no/such/xyzzy", withProvider, "must name a file with a private key in PEM: "},
	{"CLIENT_KEY_FILE", "main.go", withProvider, "this file contains none"},
	{"CLIENT_KEY_FILE", "", map[string]string{"CLIENT_AUTH_METHOD": "private_key_jwt"}, "private_key_jwt"},
	{"PUSHED_AUTHORIZATION", "maybe", nil, "must be true or false"},
	{"CLOCK_SKEW", "30", nil, "must be a duration such as 30s"},
	{"CLOCK_SKEW", "1h", nil, "10m"},
	{"LOG_LEVEL", "loud", nil, "must be debug, info, warn or error"},
	{"LOG_FORMAT", "xml", nil, "must be text or json"},
	{"DEV_PROVIDER_URL", "http://192.168.1.20:9998", nil, "must be a localhost URL with a port, such as http://"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1", nil, "must be a localhost URL with a port"},
	{"DEV_PROVIDER_URL", "https://127.0.0.1:9998", nil, "must be a localhost URL with a port"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1:9998/idp", nil, "must be a localhost URL with a port"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1:9998?x", nil, "must be a localhost URL with a port"},
	{"DEV_PROVIDER_URL", "http://me:xyzzy@127.0.0.1:9998", nil, "must be a localhost URL with a port"},
}

// configMistakes returns the lines of readConfig's error, without the heading. It fails the test if a line contains
// xyzzy, the secret in these tests.
func configMistakes(t *testing.T, vars map[string]string) []string {
	t.Helper()
	_, err := readConfig(vars)
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("the error contains a secret: %v", err)
	}
	lines := strings.Split(err.Error(), "\n  ")
	if !strings.Contains(lines[0], ".env.example") || !strings.Contains(lines[0], "-h") {
		t.Errorf("the heading %q does not name .env.example and -h", lines[0])
	}
	return lines[1:]
}

func TestInvalidValueIsReported(t *testing.T) {
	t.Parallel()
	for _, c := range invalidValues {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{c.name: c.value}
			maps.Copy(vars, c.with)
			if c.name == "AUTH_URL" && c.value != "" {
				vars["CLIENT_ID"] = "app"
			}
			got := configMistakes(t, vars)
			if len(got) != 1 || !strings.HasPrefix(got[0], c.name+" ") || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one mistake about %s that contains %q", got, c.name, c.want)
			}
		})
	}
}

func TestMistakesAreReportedTogetherAndOncePerVariable(t *testing.T) {
	t.Parallel()
	vars, want := map[string]string{}, []string{}
	for _, c := range invalidValues {
		if c.value != "" && c.name != "DEV_PROVIDER_URL" { // not used if AUTH_URL is set
			vars[c.name] = c.value
			want = append(want, c.name)
		}
	}
	vars["CLIENT_SECRET"] = "xyzzy"
	want = append(want, "CLIENT_ID")
	slices.Sort(want)
	want = slices.Compact(want)
	var got []string
	for _, line := range configMistakes(t, vars) {
		variable, _, _ := strings.Cut(line, " ")
		got = append(got, variable)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got mistakes about %q, want %q", got, want)
	}
}

// TestMistakeMapsAreComplete checks the two maps from field names to variables against the structs that they describe.
func TestMistakeMapsAreComplete(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		if !field.IsExported() {
			continue
		}
		names[field.Tag.Get("env")] = true
		if entry, ok := parsed[field.Name]; ok != (field.Type.Kind() != reflect.String) {
			t.Errorf("parsed[%q] = %q, want an entry exactly if the field is not a string", field.Name, entry)
		} else if ok && entry[0] != field.Tag.Get("env") {
			t.Errorf("parsed[%q] names %s, want %s", field.Name, entry[0], field.Tag.Get("env"))
		}
	}
	variables := (&config{}).variables()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[auth.Config]()) {
		isVariable := !slices.Contains([]string{"Store", "Transport", "WrapTransport", "Logger", "Now"}, field.Name)
		if names[variables[field.Name]] != isVariable {
			t.Errorf("variables maps %s to %q, want a variable of config: %t", field.Name, variables[field.Name], isVariable)
		}
		delete(variables, field.Name)
	}
	if len(variables) != 0 {
		t.Errorf("variables has entries for %v, which are not fields of auth.Config", variables)
	}
}

func TestVariablesReachAuthConfig(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(map[string]string{
		"AUTH_URL":           "https://tenant.example/",
		"CLIENT_ID":          "app",
		"CLIENT_AUTH_METHOD": "private_key_jwt",
		"CLIENT_KEY_FILE":    writePEM(t, "PRIVATE KEY", der),
		"CLIENT_KEY_ID":      "one",
		"AUTH_PARAMS":        "audience=https://api.example&resource=a+b&resource=%26",
		"PROVIDER_TIMEOUT":   "3s",

		"CLIENT_ASSERTION_AUDIENCE": "https://tenant.example/token",
		"BASE_URL":                  "HTTPS://app.example/",
		"SCOPES":                    "openid  offline_access",
		"PROMPT":                    "login",
		"SESSION_LIFETIME":          "2h",
		"SESSION_IDLE_TIMEOUT":      "1h",
		"ID_TOKEN_SIGNING_ALG":      "ES256",
		"PUSHED_AUTHORIZATION":      "true",
		"CLOCK_SKEW":                "5s",
		"LOG_LEVEL":                 "WARN",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.auth()
	want := auth.Config{
		Issuer:                "https://tenant.example/",
		ClientID:              "app",
		ClientAuthMethod:      auth.PrivateKeyJWT,
		ClientKey:             key,
		ClientKeyID:           "one",
		AuthParams:            url.Values{"audience": {"https://api.example"}, "resource": {"a b", "&"}},
		ProviderTimeout:       3 * time.Second,
		RedirectURL:           "https://app.example/login/callback",
		PostLogoutRedirectURL: "https://app.example/logout",
		Scopes:                []string{"openid", "offline_access"},
		Prompt:                "login",
		PushedAuthorization:   true,
		SigningAlg:            "ES256",
		ClockSkew:             5 * time.Second,
		SessionLifetime:       2 * time.Hour,
		IdleTimeout:           time.Hour,

		ClientAssertionAudience: "https://tenant.example/token",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if cfg.LogLevel != slog.LevelWarn {
		t.Errorf("got log level %v, want WARN", cfg.LogLevel)
	}
}

func TestZeroClockSkewIsNotReplacedByTheDefault(t *testing.T) {
	t.Parallel()
	cfg, err := readConfig(map[string]string{"CLOCK_SKEW": "0s"})
	if err != nil {
		t.Fatal(err)
	}
	if c := cfg.auth(); c.ClockSkew == 0 || c.ClockSkew > time.Microsecond {
		t.Errorf("got %v, want a positive duration below 1µs", c.ClockSkew)
	}
}

func TestDefaultsThatDependOnOtherVariables(t *testing.T) {
	t.Parallel()
	const base, dev, file = "http://localhost:3000", "http://127.0.0.1:9998", "data/devidp.json"
	type vars = map[string]string
	for name, c := range map[string]struct {
		vars            vars
		base, dev, file string
	}{
		"nothing set":                        {nil, base, dev, file},
		"PORT":                               {vars{"PORT": "4000"}, "http://localhost:4000", dev, file},
		"IPv6 address":                       {vars{"BASE_URL": "http://[::1]:3000", "HOST": "::1"}, "http://[::1]:3000", dev, file},
		"capitals and the scheme's own port": {vars{"BASE_URL": "HTTP://LocalHost:80/"}, "http://localhost", dev, file},
		"port with leading zeros":            {vars{"BASE_URL": "http://localhost:03000"}, base, dev, file},
		"port that is empty":                 {vars{"BASE_URL": "http://localhost:"}, "http://localhost", dev, file},
		"long IPv6 address":                  {vars{"BASE_URL": "http://[0:0:0:0:0:0:0:1]:80"}, "http://[::1]", dev, file},
		"PORT of the scheme":                 {vars{"PORT": "80"}, "http://localhost", dev, file},
		"scheme in capitals":                 {vars{"BASE_URL": "HTTP://localhost:3000/"}, base, dev, file},
		"app on 127.0.0.1": {vars{"BASE_URL": "http://127.0.0.1:3000/"},
			"http://127.0.0.1:3000", "http://localhost:9998", file},
		"provider in capitals": {vars{"DEV_PROVIDER_URL": "HTTP://IDP.Localhost:9998/"},
			base, "http://idp.localhost:9998", file},
		"store in a folder":  {vars{"SESSION_STORE": "file:/var/lib/app/s.db"}, base, dev, "/var/lib/app/devidp.json"},
		"store on a server":  {vars{"SESSION_STORE": "redis://localhost"}, base, dev, file},
		"store in memory":    {vars{"SESSION_STORE": "memory:"}, base, dev, ""},
		"memory in capitals": {vars{"SESSION_STORE": "MEMORY:"}, base, dev, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := readConfig(c.vars)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{cfg.BaseURL, cfg.DevProviderURL, filepath.ToSlash(cfg.devProviderFile())}
			if want := []string{c.base, c.dev, c.file}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
