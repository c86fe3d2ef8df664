package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStoreThatCannotBeOpenedNamesItsVariable(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), map[string]string{"SESSION_STORE": "file:" + t.TempDir(), "PORT": "0"}, newOutput())
	if err == nil || !strings.HasPrefix(err.Error(), "SESSION_STORE: ") {
		t.Errorf("with a directory as the file: got %v", err)
	}
}

func TestInvalidConfigurationEndsTheProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"malformed .env":   {"PORT=http\nxyzzy\n", ".env: line 2 is malformed"},
		"invalid variable": {"", "PORT must be a number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			app, process := child(t, dir, nil, "PORT=http")
			app.stop()
			out, code := app.out.String(), process.ProcessState.ExitCode()
			if code != 1 || !strings.Contains(out, c.want) {
				t.Errorf("got exit status %d and output %q, want 1 and %q", code, out, c.want)
			}
			if strings.Contains(out, "goroutine") || strings.Contains(out, "xyzzy") {
				t.Errorf("the output contains a stack trace or a secret: %q", out)
			}
		})
	}
}
