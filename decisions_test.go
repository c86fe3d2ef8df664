package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDecisionsNameTestsThatExist checks that every decision in docs/decisions.md ends with a line that names its tests,
// or says why it has none, and that the named tests exist.
func TestDecisionsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/decisions.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := testFunctions(t)
	decisions := strings.Split(string(text), "\n### ")[1:]
	for _, decision := range decisions {
		title, body, _ := strings.Cut(decision, "\n")
		body, _, _ = strings.Cut(body, "\n## ") // the heading of the next group
		_, tests, ok := strings.Cut(body, "\nTests: ")
		if !ok {
			t.Errorf("%q has no line that begins with Tests:", title)
			continue
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(tests, -1)
		if len(names) == 0 && !strings.HasPrefix(tests, "none, because ") {
			t.Errorf("%q names no test and does not say why", title)
		}
		for _, name := range names {
			if !exists[name[1]] {
				t.Errorf("%q names %s, which does not exist", title, name[1])
			}
		}
	}
	if len(decisions) < 20 {
		t.Errorf("found %d decisions, want at least 20", len(decisions))
	}
}

// testFunctions returns the names of all tests, fuzz tests and examples of the module.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
