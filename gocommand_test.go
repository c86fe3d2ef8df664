package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goCommand runs the go command in a directory with more environment variables and returns its standard output.
func goCommand(t *testing.T, dir string, environ []string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environ...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return out
}

// onlyGoInPath returns a PATH with the go command alone, so that tests skip Chromium, Redis and PostgreSQL.
func onlyGoInPath(t *testing.T) string {
	t.Helper()
	goroot := strings.TrimSpace(string(goCommand(t, ".", nil, "env", "GOROOT")))
	return filepath.Join(goroot, "bin")
}

// modulePath returns the path of this module, which may have been renamed.
func modulePath(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(string(goCommand(t, ".", nil, "list", "-m")))
}

// readFile returns the text of a file.
func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
