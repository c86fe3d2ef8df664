package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDamagedValueIsReported(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"xyzzy\n":        "ends with a line feed",
		"xyzzy\r\n":      "ends with a line feed",
		"xyzzy\r":        "begins or ends with white space",
		" xyzzy":         "begins or ends with white space",
		"xyzzy\t":        "begins or ends with white space",
		"xyzzy\u00a0":    "begins or ends with white space",
		" ":              "begins or ends with white space",
		`"xyzzy"`:        "has quotes around it",
		"'xyzzy'":        "has quotes around it",
		"`xyzzy`":        "has quotes around it",
		"“xyzzy”":        "has quotes around it",
		`""`:             "has quotes around it",
		"xyz\nzy":        "contains a line break",
		"xyz\x1bzy":      "an invisible character",
		"\ufeffxyzzy":    "an invisible character",
		"xyzzy\u200b":    "an invisible character",
		"xyzzy\xff":      "is not UTF-8",
		"…":              "placeholder",
		"...":            "placeholder",
		"YOUR-TENANT":    "placeholder",
		"${xyzzy}":       "refers to another variable",
		"${A_1:-xyzzy}":  "refers to another variable",
		"$(XYZZY)":       "refers to another variable",
		"$CLIENT_SECRET": "refers to another variable",
		"%xyzzy%":        "refers to another variable",
		"{{ .xyzzy }}":   "refers to another variable",
		`xyzzy`:          "",
		"$xyzzy":         "",
		"$XYZZY1":        "",
		"pa$XYZ_ZY${A}":  "",
		"%xyzzy%%":       "",
		`"`:              "",
		`xyzzy"`:         "",
		`"xyzzy'`:        "",
		"xy z$zy+/=%&#'": "",
		"pässword":       "",
	} {
		for _, name := range []string{"CLIENT_ID", "CLIENT_SECRET"} {
			vars := maps.Clone(withProvider)
			vars[name] = value
			got := configMistakes(t, vars)
			if want == "" && len(got) == 0 {
				continue
			}
			if len(got) != 1 || !strings.HasPrefix(got[0], name+" ") || want == "" || !strings.Contains(got[0], want) {
				t.Errorf("%s=%q: got %q, want one mistake about it that contains %q", name, value, got, want)
			}
		}
	}
}

// TestDamagedValueIsReportedForEveryVariable checks that each variable has one mistake, even where the damage makes the
// value invalid in another way too.
func TestDamagedValueIsReportedForEveryVariable(t *testing.T) {
	t.Parallel()
	for _, v := range configVariables(t) {
		vars := maps.Clone(withProvider)
		vars[v.name] = `"` + vars[v.name] + v.value + `"`
		if got := configMistakes(t, vars); len(got) != 1 || !strings.HasPrefix(got[0], v.name+" has quotes around it") {
			t.Errorf("%s with quotes: got %q", v.name, got)
		}
	}
}

func TestClientSecretFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, secret, want string }{
		"no line feed":           {"xyzzy", "xyzzy", ""},
		"line feed":              {"xyzzy\n", "xyzzy", ""},
		"Windows line end":       {"xyzzy\r\n", "xyzzy", ""},
		"byte order mark":        {"\ufeffxyzzy\n", "xyzzy", ""},
		"special characters":     {"xy z$zy+/=%&#'\n", "xy z$zy+/=%&#'", ""},
		"empty":                  {"\n", "", "this file is empty"},
		"blank at the end":       {"xyzzy \n", "", "its content begins or ends with white space"},
		"quotes":                 {"'xyzzy'\n", "", "its content has quotes around it"},
		"two lines":              {"xyzzy\nxyzzy\n", "", "its content contains a line break"},
		"a whole .env":           {"CLIENT_ID=app\nCLIENT_SECRET=xyzzy\n", "", "its content contains a line break"},
		"UTF-16":                 {"\xff\xfex\x00y\x00", "", "is encoded as UTF-16"},
		"a file of another kind": {strings.Repeat("x", maxSecretFile+1), "", "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			vars := maps.Clone(withProvider)
			vars["CLIENT_SECRET_FILE"] = file
			if got := configMistakes(t, vars); c.want != "" {
				if len(got) != 1 || !strings.HasPrefix(got[0], "CLIENT_SECRET_FILE ") || !strings.Contains(got[0], c.want) {
					t.Errorf("got %q, want one mistake that contains %q", got, c.want)
				}
				return
			}
			if cfg, err := readConfig(vars); err != nil || string(cfg.auth().ClientSecret) != c.secret {
				t.Errorf("got the secret %q, error %v, want %q", cfg.ClientSecret, err, c.secret)
			}
		})
	}
}

func TestClientSecretFileExcludesOtherCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("xyzzy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := maps.Clone(withProvider)
	vars["CLIENT_SECRET_FILE"], vars["CLIENT_SECRET"] = file, "xyzzy"
	if got := configMistakes(t, vars); len(got) != 1 || !strings.HasPrefix(got[0], "CLIENT_SECRET_FILE and CLIENT_SECRET") {
		t.Errorf("with CLIENT_SECRET: got %q", got)
	}
	got := configMistakes(t, map[string]string{"CLIENT_SECRET_FILE": file})
	if len(got) != 1 || !strings.HasPrefix(got[0], "AUTH_URL is missing, but ") {
		t.Errorf("without AUTH_URL: got %q", got)
	}
}

func TestInspectDefault(t *testing.T) {
	t.Parallel()
	for want, cases := range map[string][]map[string]string{
		"true":  {{}, {"BASE_URL": "http://127.0.0.1:3000"}, {"BASE_URL": "https://app.example", "INSPECT": "1"}},
		"false": {{"BASE_URL": "https://app.example"}, {"INSPECT": "false"}},
	} {
		for _, vars := range cases {
			maps.Copy(vars, withProvider)
			if cfg, err := readConfig(vars); err != nil || cfg.Inspect != want {
				t.Errorf("with %v: got %q, error %v, want %q", vars, cfg.Inspect, err, want)
			}
		}
	}
}
