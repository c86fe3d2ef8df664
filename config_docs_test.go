package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// defaults are the variables with what they are when they are not set.
func defaults(t *testing.T) map[string]string {
	t.Helper()
	cfg, err := readConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		all[f.Tag.Get("env")] = f.Tag.Get("envDefault")
	}
	all["BASE_URL"], all["DEV_PROVIDER_URL"] = cfg.BaseURL, cfg.DevProviderURL // which depend on others
	return all
}

// TestEnvExample: .env.example has every variable with its default, and no other. As it stands, and with everything
// in it uncommented, it changes nothing.
func TestEnvExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		got[m[1]] = m[2]
	}
	if want := defaults(t); !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	want, _ := readConfig(nil)
	path := filepath.Join(t.TempDir(), ".env")
	for _, text := range [][]byte{text, regexp.MustCompile(`(?m)^#([A-Z_]+=)`).ReplaceAll(text, []byte("$1"))} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		vars, err := environment(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if cfg, err := readConfig(vars); err != nil || cfg != want {
			t.Errorf("got %+v and %v, want %+v", cfg, err, want)
		}
	}
}

// TestReadme: the table of the README has every variable with its default, and no other.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `?([A-Z_]+)`? \\|([^|]*)\\|([^|]*)\\|$").FindAllStringSubmatch(string(text), -1) {
		got[m[1]] = strings.ReplaceAll(strings.Trim(m[2], " `"), ":PORT", ":3000")
	}
	want := defaults(t)
	want["AUTH_URL"] = "the development provider"
	if !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestHelp: -h names every variable with its default, and nothing starts.
func TestHelp(t *testing.T) {
	t.Parallel()
	app, _ := child(t, t.TempDir(), []string{"-h"})
	if err := app.stop(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	var text bytes.Buffer
	usage(&text)
	if app.out.String() != text.String() {
		t.Errorf("-h prints:\n%s\nwant:\n%s", app.out, &text)
	}
	for variable, value := range defaults(t) {
		if !regexp.MustCompile(`(?m)^  ` + variable + ` +\S`).MatchString(text.String()) {
			t.Errorf("%s is not explained", variable)
		}
		if value = strings.ReplaceAll(value, ":3000", ":PORT"); !strings.Contains(text.String(), value) {
			t.Errorf("the default of %s, %s, is not there", variable, value)
		}
	}
}
