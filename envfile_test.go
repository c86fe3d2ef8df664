package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeEnvFile writes a .env file and returns its name.
func writeEnvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	type vars = map[string]string
	const file = "# a comment\nPORT=4000\r\nHOST=\"0.0.0.0\"\nCLIENT_SECRET='a$b#c'\nLOG_LEVEL=\n"
	for name, c := range map[string]struct {
		file    string
		environ []string
		want    vars
	}{
		"empty file": {"", nil, vars{}},
		"file": {file, nil,
			vars{"PORT": "4000", "HOST": "0.0.0.0", "CLIENT_SECRET": "a$b#c", "LOG_LEVEL": ""}},
		"environment overrides file":     {"PORT=4000\n", []string{"PORT=1"}, vars{"PORT": "1"}},
		"empty variable counts as unset": {"PORT=4000\n", []string{"PORT=", "HOST="}, vars{"PORT": "4000"}},
		"value with an equals sign":      {"A=b=c\n", []string{"X=a=b"}, vars{"A": "b=c", "X": "a=b"}},
		"comment after a value": {"SCOPES=openid email # comment\nPORT= # comment\n", nil,
			vars{"SCOPES": "openid email", "PORT": ""}},
		"dollar sign is not expanded":  {"CLIENT_SECRET=pa$HOME${X}\n", nil, vars{"CLIENT_SECRET": "pa$HOME${X}"}},
		"dollar sign in double quotes": {`CLIENT_SECRET="pa$HOME${X}"`, nil, vars{"CLIENT_SECRET": "pa$HOME${X}"}},
		"white space around a name": {"PORT=1\n", []string{"PORT = 2", "HOST=a", "HOST = b"},
			vars{"PORT": " 2", "HOST": "a"}},
		"export":                {"export PORT=1\n", nil, vars{"PORT": "1"}},
		"byte order mark":       {"\ufeffPORT=1\r\n", nil, vars{"PORT": "1"}},
		"no newline at the end": {"PORT=1", nil, vars{"PORT": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := environment(writeEnvFile(t, c.file), c.environ)
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("got %q, error %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestMissingEnvFileIsNotAnError(t *testing.T) {
	t.Parallel()
	got, err := environment(filepath.Join(t.TempDir(), ".env"), []string{"PORT=1"})
	if want := map[string]string{"PORT": "1"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %q, error %v, want %q", got, err, want)
	}
}

func TestEmptyVariableTakesTheDefault(t *testing.T) {
	t.Parallel()
	vars, err := environment(writeEnvFile(t, "PORT=\nLOG_LEVEL=\n"), []string{"PORT="})
	if err != nil {
		t.Fatal(err)
	}
	if cfg, err := readConfig(vars); err != nil || cfg.Port != "3000" {
		t.Errorf("got port %q, error %v, want 3000", cfg.Port, err)
	}
}

// TestMalformedEnvFile checks that the error gives the number of the line and nothing of its content.
func TestMalformedEnvFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"word":                     "PORT=1\n# comment\nxyzzy\nHOST=localhost\n",
		"unclosed double quote":    "PORT=1\n\nCLIENT_SECRET=\"xyzzy\nHOST=localhost\n",
		"unclosed single quote":    "PORT=1\n\nCLIENT_SECRET=xyzzy's\nHOST=localhost\n",
		"byte order mark and word": "\ufeffPORT=1\n\nxyzzy\n",
		"space in the name":        "PORT=1\n\nCLIENT SECRET=xyzzy\n",
		"JSON":                     "PORT=1\n\n{\"CLIENT_SECRET\": \"xyzzy\"}\n",
		"Windows line ends":        "PORT=1\r\n\r\nxyzzy\r\n",
		"no newline at the end":    "PORT=1\n\nxyzzy",
		"unquoted # in a value":    "PORT=1\n\nCLIENT_SECRET=xyzzy#xyzzy\n",
		"unquoted # at the start":  "PORT=1\n\nCLIENT_SECRET=#xyzzy\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := environment(writeEnvFile(t, text), nil)
			if err == nil || !strings.Contains(err.Error(), "line 3 ") || !strings.Contains(err.Error(), "NAME=value") {
				t.Errorf("got %v, want an error about line 3", err)
			} else if strings.Contains(err.Error(), "xyzzy") {
				t.Errorf("the error contains the content of the line: %v", err)
			}
		})
	}
}

func TestUnreadableEnvFile(t *testing.T) {
	t.Parallel()
	if _, err := environment(t.TempDir(), nil); err == nil {
		t.Error("a directory was read as .env")
	}
	for name, text := range map[string]string{
		"UTF-16, little endian":                "\xff\xfeP\x00O\x00R\x00T\x00=\x001\x00",
		"UTF-16, big endian":                   "\xfe\xff\x00P\x00O\x00R\x00T\x00=\x001",
		"UTF-16 without a byte order mark":     "P\x00O\x00R\x00T\x00=\x001\x00",
		"Latin-1, in a value of a second line": "PORT=1\nCLIENT_SECRET=xyzzy\xfc\n",
	} {
		_, err := environment(writeEnvFile(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), "UTF-8") || strings.Contains(err.Error(), "xyzzy") {
			t.Errorf("%s: got %v, want an error that names UTF-8 and not the value", name, err)
		}
	}
}
