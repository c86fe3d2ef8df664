package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/views"
)

// runCopy returns the output of copy.
func runCopy(args ...string) (string, error) {
	cmd, err := parseArgs(append([]string{"copy"}, args...), nil)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = copyComponent(cmd, &out)
	return out.String(), err
}

func readCopy(t *testing.T, name ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCopySetsThePackage checks that the copy has the package of the folder, or one that is named like the folder.
func TestCopySetsThePackage(t *testing.T) {
	t.Parallel()
	source, err := views.Sources.ReadFile("navbar.templ")
	if err != nil {
		t.Fatal(err)
	}
	for folder, c := range map[string]struct{ file, content, want string }{
		"views":    {want: "views"},
		"My-Views": {want: "myviews"},
		"9func":    {want: "views"},
		"root":     {"main.go", "package main\n", "main"},
		"ui":       {"a_test.go", "package web_test\n", "ui"},
		"parts":    {"b.go", "// Package web\r\npackage web\r\n", "web"},
		"templ":    {"card.templ", "package cards\n\ntempl Card() {\n}\n", "cards"},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), folder)
			if c.file != "" {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := runCopy("navbar", dir)
			if err != nil || !strings.Contains(out, "templ generate") || !strings.Contains(out, "serve navbar.css") {
				t.Fatalf("got %v and %s", err, out)
			}
			got := readCopy(t, dir, "navbar.templ")
			if !strings.HasPrefix(got, "package "+c.want+"\n\n// Copied from views/navbar.templ of ") ||
				withoutOrigin([]byte(got)) != strings.Replace(string(source), "package views\n", "package "+c.want+"\n\n", 1) {
				t.Errorf("got %.200s, want package %s", got, c.want)
			}
			if css := readCopy(t, dir, "navbar.css"); !strings.Contains(css, "Copied from assets/css/navbar.css of ") ||
				!strings.Contains(css, ".navbar") {
				t.Errorf("got the stylesheet %.200s", css)
			}
		})
	}
}

// TestCopyKeepsWhatWasChanged checks that a second copy overwrites only files that nobody has changed.
func TestCopyKeepsWhatWasChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "btn.css")
	for range 2 {
		if _, err := runCopy("btn", dir); err != nil {
			t.Fatal(err)
		}
	}
	older := strings.Replace(readCopy(t, file), copiedFrom("assets/css/btn.css"), "Copied from assets/css/btn.css of m v0.0.1.", 1)
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(older, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runCopy("btn", dir); err != nil {
		t.Errorf("an unchanged copy of an older version: %v", err)
	}
	changed := readCopy(t, file) + ".mine {}\n"
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "btn.templ")); err != nil {
		t.Fatal(err)
	}
	_, err := runCopy("btn", dir)
	if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "-force") {
		t.Errorf("got %v, want an error about %s", err, file)
	}
	if readCopy(t, file) != changed {
		t.Error("the changed file was overwritten")
	}
	if _, err := os.Stat(filepath.Join(dir, "btn.templ")); err == nil {
		t.Error("the other file was copied")
	}
	if _, err := runCopy("-force", "btn", dir); err != nil || strings.Contains(readCopy(t, file), ".mine") {
		t.Errorf("with -force: %v", err)
	}
}

func TestCopyListsTheComponents(t *testing.T) {
	t.Parallel()
	out, err := runCopy()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(componentNames(), "base") {
		if !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("%s is not in the list:\n%s", name, out)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "  ") && len(strings.Fields(line)) < 4 {
			t.Errorf("%q says nothing about the component", line)
		}
	}
	if strings.Contains(out, "page-home") || strings.Contains(out, "  page ") {
		t.Errorf("a page is in the list:\n%s", out)
	}
}

// TestEveryComponentCanBeCopied copies all components, and base.css, into one folder.
func TestEveryComponentCanBeCopied(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ui")
	for _, name := range append(componentNames(), "base") {
		if _, err := runCopy(name, dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if css := readCopy(t, dir, "base.css"); !strings.Contains(css, "--bs-primary") {
		t.Errorf("got base.css %.200s", css)
	}
}

// TestCopyNamesWhatAComponentNeeds checks that the next steps name the scripts that a component wants, and no others.
func TestCopyNamesWhatAComponentNeeds(t *testing.T) {
	t.Parallel()
	for component, want := range map[string]struct{ htmx, copies bool }{
		"profile-card": {true, true}, "login-state": {true, false}, "copy-line": {false, true},
		"flow-picture": {false, false}, "card": {false, false}, // the link of a flow picture works without a script
	} {
		steps := nextSteps(component)
		if got := strings.Contains(steps, "load htmx"); got != want.htmx {
			t.Errorf("%s: htmx is named: %t", component, got)
		}
		if got := strings.Contains(steps, "[data-copy]"); got != want.copies {
			t.Errorf("%s: a script for the copy button is named: %t", component, got)
		}
	}
}

func TestCopyRejectsOtherWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, words := range [][]string{
		{"navbar"}, {"page-home", dir}, {"page", dir}, {"nav", dir}, {"../btn", dir}, {"btn", dir, "more"}, {"-x", "btn", dir}, {"", dir},
	} {
		if out, err := runCopy(words...); err == nil && len(words) > 0 && words[0] != "" {
			t.Errorf("%q: got no error but %s", words, out)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("copied %v (%v)", files, err)
	}
}
