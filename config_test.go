package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// faulty has a variable wrong in each of many ways, with what is said of it.
var faulty = []struct {
	name, value string
	with        map[string]string // what else is set
	want        string
}{
	{"AUTH_URL", "http://tenant.example", nil, "must be an https URL"},
	{"AUTH_URL", "https://tenant.example/?tenant=1", nil, "must be an https URL without query"},
	{"AUTH_URL", "tenant.example", nil, "must be an https URL"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "https://app.example"}, "is missing: without it a development provider would let anyone in"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "http://192.168.1.20:3000"}, "is missing: without it a development provider would let anyone in"},
	{"AUTH_URL", "", map[string]string{"CLIENT_ID": "app"}, "is missing, while CLIENT_ID"},
	{"AUTH_URL", "", map[string]string{"CLIENT_SECRET": "xyzzy"}, "is missing, while CLIENT_ID or CLIENT_SECRET"},
	{"AUTH_URL", "", map[string]string{"BASE_URL": "https://app.example", "CLIENT_ID": "app"}, "is missing"},
	{"CLIENT_ID", "", map[string]string{"AUTH_URL": "https://tenant.example"}, "is missing"},
	{"BASE_URL", "app.example", nil, "must be a URL without a path, such as https://"},
	{"BASE_URL", "http://localhost:3000/app", nil, "must be a URL without a path"},
	{"BASE_URL", "http://localhost:3000?x", nil, "must be a URL without a path"},
	{"BASE_URL", "http://localhost:3000#x", nil, "must be a URL without a path"},
	{"BASE_URL", "http://me:xyzzy@localhost", nil, "must be a URL without a path"},
	{"BASE_URL", "ftp://localhost", nil, "must be a URL without a path"},
	{"BASE_URL", "http://[::1", nil, "must be a URL without a path"},
	{"BASE_URL", "http://:3000", nil, "must be a URL without a path"},
	{"PORT", "http", nil, "must be a number from 0 to 65535"},
	{"PORT", "65536", nil, "must be a number from 0 to 65535"},
	{"PORT", "-1", nil, "must be a number from 0 to 65535"},
	{"SCOPES", "profile email", nil, "must contain openid"},
	{"SCOPES", "openid,email", nil, "must contain openid, with a space between"},
	{"SESSION_LIFETIME", "7d", nil, "such as 168h"},
	{"SESSION_LIFETIME", "1s", nil, "must be a minute or more"},
	{"SESSION_LIFETIME", "0s", nil, "must be a minute or more"},
	{"SESSION_IDLE_TIMEOUT", "never", nil, "such as 24h"},
	{"SESSION_IDLE_TIMEOUT", "-1h", nil, "must be a minute or more"},
	{"SESSION_IDLE_TIMEOUT", "0", nil, "must be a minute or more"},
	{"SESSION_STORE", "sqlite:xyzzy.db", nil, "begins with none of file:"},
	{"SESSION_STORE", "file:data/", nil, "needs the name of a file"},
	{"SESSION_STORE", "redis://:xyzzy#@localhost/0", nil, "cannot be read"},
	{"SESSION_STORE", "postgres://app:xyzzy@/@localhost/db", nil, "cannot be read"},
	{"ID_TOKEN_SIGNING_ALG", "none", nil, "must be one of RS256"},
	{"ID_TOKEN_SIGNING_ALG", "HS256", nil, "must be one of RS256"},
	{"CLIENT_AUTH_METHOD", "guess", nil, "must be one of client_secret_basic"},
	{"CLIENT_KEY_FILE", "no/such/file", nil, "must name a file with a private key in PEM: open "},
	{"CLIENT_KEY_FILE", "main_test.go", nil, "must name a file with a private key in PEM"},
	{"CLIENT_KEY_FILE", "", map[string]string{"CLIENT_AUTH_METHOD": "private_key_jwt"}, "is missing; private_key_jwt requires it"},
	{"CLIENT_KEY_FILE", "no/such/file", map[string]string{"CLIENT_AUTH_METHOD": "private_key_jwt"}, "must name a file"},
	{"PUSHED_AUTHORIZATION", "maybe", nil, "true sends"},
	{"CLOCK_SKEW", "30", nil, "such as 30s"},
	{"CLOCK_SKEW", "1h", nil, "must be between 0s and 10m"},
	{"LOG_LEVEL", "loud", nil, "debug, info, warn or error"},
	{"LOG_FORMAT", "xml", nil, "must be text or json"},
	{"DEV_PROVIDER_URL", "http://192.168.1.20:9998", nil, "must be a URL on this machine with a port, such as http://"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1", nil, "must be a URL on this machine with a port"},
	{"DEV_PROVIDER_URL", "https://127.0.0.1:9998", nil, "must be a URL on this machine with a port"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1:9998/idp", nil, "must be a URL on this machine with a port"},
	{"DEV_PROVIDER_URL", "http://127.0.0.1:9998?x", nil, "must be a URL on this machine with a port"},
	{"DEV_PROVIDER_URL", "http://me:xyzzy@127.0.0.1:9998", nil, "must be a URL on this machine with a port"},
}

// faultsOf returns the lines about faults, and checks that they quote no secret.
func faultsOf(t *testing.T, vars map[string]string) []string {
	t.Helper()
	_, err := readConfig(vars)
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("a secret is quoted: %v", err)
	}
	lines := strings.Split(err.Error(), "\n  ")
	if !strings.Contains(lines[0], ".env.example") || !strings.Contains(lines[0], "-h") {
		t.Errorf("it does not say where to look: %s", lines[0])
	}
	return lines[1:]
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range faulty {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Parallel()
			vars := maps.Clone(c.with)
			if vars == nil {
				vars = map[string]string{}
			}
			vars[c.name] = c.value
			if c.name == "AUTH_URL" && c.value != "" {
				vars["CLIENT_ID"] = "app"
			}
			got := faultsOf(t, vars)
			if len(got) != 1 || !strings.HasPrefix(got[0], c.name+" ") || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one fault, of %s, that says %q", got, c.name, c.want)
			}
		})
	}
}

// TestFaultsTogether: whoever mends a configuration is told everything at once, and of each variable once.
func TestFaultsTogether(t *testing.T) {
	t.Parallel()
	vars, want := map[string]string{}, []string{}
	for _, c := range faulty {
		if c.value != "" && c.name != "DEV_PROVIDER_URL" { // nobody asks for that when AUTH_URL is set
			vars[c.name] = c.value
			want = append(want, c.name)
		}
	}
	vars["CLIENT_SECRET"] = "xyzzy"
	want = append(want, "CLIENT_ID")
	slices.Sort(want)
	want = slices.Compact(want)
	var got []string
	for _, line := range faultsOf(t, vars) {
		variable, _, _ := strings.Cut(line, " ")
		got = append(got, variable)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("faults of %q, want of %q", got, want)
	}
}

// TestConfig: what is set reaches package auth, and what is not follows what is.
func TestConfig(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(kind string, content []byte) string {
		path := filepath.Join(dir, strings.ReplaceAll(kind, " ", "-"))
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	vars := map[string]string{
		"AUTH_URL": "https://tenant.example/", "CLIENT_ID": "app", "BASE_URL": "HTTPS://app.example/", "SCOPES": "openid  offline_access", "PROMPT": "login",
		"SESSION_LIFETIME": "2h", "SESSION_IDLE_TIMEOUT": "1h", "ID_TOKEN_SIGNING_ALG": "ES256", "CLIENT_AUTH_METHOD": "private_key_jwt",
		"CLIENT_KEY_FILE": file("PRIVATE KEY", der), "CLIENT_KEY_ID": "one", "PUSHED_AUTHORIZATION": "true", "CLOCK_SKEW": "5s", "LOG_LEVEL": "WARN",
	}
	cfg, err := readConfig(vars)
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.auth()
	want := auth.Config{
		Issuer: "https://tenant.example/", ClientID: "app", ClientAuthMethod: auth.PrivateKeyJWT, ClientKey: key, ClientKeyID: "one",
		RedirectURL: "https://app.example/login/callback", PostLogoutRedirectURL: "https://app.example/logout", Scopes: []string{"openid", "offline_access"}, Prompt: "login",
		PushedAuthorization: true, SigningAlg: "ES256", ClockSkew: 5 * time.Second, SessionLifetime: 2 * time.Hour, IdleTimeout: time.Hour,
	}
	if err != nil || !reflect.DeepEqual(got, want) || cfg.LogLevel != slog.LevelWarn {
		t.Errorf("got %+v and %v at level %v", got, err, cfg.LogLevel)
	}
	if got, err := (&config{}).auth(); err != nil || got.ClockSkew == 0 || got.ClockSkew > time.Microsecond {
		t.Errorf("a clock skew of 0s becomes %v, %v", got.ClockSkew, err)
	}
	vars["CLIENT_KEY_FILE"] = file("RSA PRIVATE KEY", []byte("xyzzy"))
	if got := faultsOf(t, vars); len(got) != 1 || !strings.Contains(got[0], "CLIENT_KEY_FILE must hold a PKCS #8 key") {
		t.Errorf("a key of another kind: %q", got)
	}

	vars["CLIENT_KEY_FILE"] = file("PRIVATE KEY", der)
	delete(vars, "AUTH_URL")
	delete(vars, "CLIENT_ID")
	delete(vars, "BASE_URL")
	if got := faultsOf(t, vars); !slices.Contains(got, "AUTH_URL is missing, while CLIENT_KEY_FILE is set") || strings.Contains(strings.Join(got, "\n"), "CLIENT_SECRET ") {
		t.Errorf("a key and no provider: %q", got)
	}

	for name, c := range map[string]struct {
		vars            map[string]string
		base, dev, file string
	}{
		"nothing set":             {nil, "http://localhost:3000", "http://127.0.0.1:9998", "data/devidp.json"},
		"another port":            {map[string]string{"PORT": "4000"}, "http://localhost:4000", "http://127.0.0.1:9998", "data/devidp.json"},
		"an IPv6 address":         {map[string]string{"BASE_URL": "http://[::1]:3000", "HOST": "::1"}, "http://[::1]:3000", "http://127.0.0.1:9998", "data/devidp.json"},
		"in capitals":             {map[string]string{"BASE_URL": "HTTP://LOCALHOST:3000/", "DEV_PROVIDER_URL": "HTTP://IDP.Localhost:9998/"}, "http://LOCALHOST:3000", "http://idp.localhost:9998", "data/devidp.json"},
		"an address":              {map[string]string{"BASE_URL": "http://127.0.0.1:3000/"}, "http://127.0.0.1:3000", "http://localhost:9998", "data/devidp.json"}, // another site
		"another store":           {map[string]string{"SESSION_STORE": "file:/var/lib/app/s.db"}, "http://localhost:3000", "http://127.0.0.1:9998", "/var/lib/app/devidp.json"},
		"a store that is no file": {map[string]string{"SESSION_STORE": "redis://localhost"}, "http://localhost:3000", "http://127.0.0.1:9998", "data/devidp.json"},
		"no store":                {map[string]string{"SESSION_STORE": "memory:"}, "http://localhost:3000", "http://127.0.0.1:9998", ""},
		"no store, in capitals":   {map[string]string{"SESSION_STORE": "MEMORY:"}, "http://localhost:3000", "http://127.0.0.1:9998", ""},
	} {
		cfg, err := readConfig(c.vars)
		if err != nil || cfg.BaseURL != c.base || cfg.DevProviderURL != c.dev || cfg.devFile() != filepath.FromSlash(c.file) {
			t.Errorf("%s: got %s, %s, %s and %v", name, cfg.BaseURL, cfg.DevProviderURL, cfg.devFile(), err)
		}
	}
}

// TestStoreFault: what only shows when the store is opened.
func TestStoreFault(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), map[string]string{"SESSION_STORE": "file:" + t.TempDir(), "PORT": "0"}, newOutput())
	if err == nil || !strings.HasPrefix(err.Error(), "SESSION_STORE: ") {
		t.Errorf("a folder: got %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good", "# a comment\nPORT=4000\r\nHOST=\"0.0.0.0\"\nCLIENT_SECRET='a$b#c'\nSCOPES=openid email # and a comment\nLOG_LEVEL=\n")
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    map[string]string
	}{
		"no file":                       {filepath.Join(dir, "missing"), []string{"PORT=1", "X=a=b"}, map[string]string{"PORT": "1", "X": "a=b"}},
		"an empty file":                 {file("empty", ""), nil, map[string]string{}},
		"a file":                        {good, nil, map[string]string{"PORT": "4000", "HOST": "0.0.0.0", "CLIENT_SECRET": "a$b#c", "SCOPES": "openid email", "LOG_LEVEL": ""}},
		"the real environment wins":     {good, []string{"PORT=1", "LOG_LEVEL=warn"}, map[string]string{"PORT": "1", "HOST": "0.0.0.0", "CLIENT_SECRET": "a$b#c", "SCOPES": "openid email", "LOG_LEVEL": "warn"}},
		"an empty variable is not set":  {good, []string{"PORT=", "HOST="}, map[string]string{"PORT": "4000", "HOST": "0.0.0.0", "CLIENT_SECRET": "a$b#c", "SCOPES": "openid email", "LOG_LEVEL": ""}},
		"Windows' mark in front":        {file("mark", "\ufeffPORT=1\r\n"), nil, map[string]string{"PORT": "1"}},
		"an empty one in both is unset": {file("blank", "PORT=\n"), []string{"PORT="}, map[string]string{"PORT": ""}},
	} {
		got, err := environment(c.file, c.environ)
		if err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%s: got %q and %v, want %q", name, got, err, c.want)
		}
		if cfg, err := readConfig(map[string]string{"PORT": got["PORT"], "LOG_LEVEL": got["LOG_LEVEL"]}); err != nil || cfg.Port == "" {
			t.Errorf("%s: read as %+v, %v", name, cfg, err)
		}
	}
	for name, text := range map[string]string{
		"a word":                "PORT=1\n# fine\nxyzzy\nHOST=localhost\n",
		"an open quote":         "PORT=1\n\nCLIENT_SECRET=\"xyzzy\nHOST=localhost\n",
		"Windows' mark, a word": "\ufeffPORT=1\n\nxyzzy\n",
		"a space in the name":   "PORT=1\n\nCLIENT SECRET=xyzzy\n",
		"a JSON file":           "PORT=1\n\n{\"CLIENT_SECRET\": \"xyzzy\"}\n",
		"Windows, and a word":   "PORT=1\r\n\r\nxyzzy\r\n",
		"the last line, no end": "PORT=1\n\nxyzzy",
	} {
		_, err := environment(file("bad", text), nil)
		if err == nil || !strings.Contains(err.Error(), "line 3 ") || strings.Contains(err.Error(), "xyzzy") || !strings.Contains(err.Error(), "NAME=value") {
			t.Errorf("%s: got %v, want the number of the line and not what it says", name, err)
		}
	}
	if _, err := environment(dir, nil); err == nil {
		t.Error("a folder is read as .env")
	}
}

// TestBadConfigurationEnds: the program says what is wrong, and nothing else, and ends with status 1.
func TestBadConfigurationEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("PORT=http\nxyzzy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, dir := range map[string]string{".env cannot be read from line 2 on": dir, "PORT must be a number": t.TempDir()} {
		app, process := child(t, dir, nil, "PORT=http")
		app.stop()
		if got := app.out.String(); !strings.Contains(got, want) || strings.Contains(got, "goroutine") || strings.Contains(got, "xyzzy") || process.ProcessState.ExitCode() != 1 {
			t.Errorf("got status %d and %q, want 1 and %q", process.ProcessState.ExitCode(), got, want)
		}
	}
}
