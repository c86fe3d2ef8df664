package auth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestConformance checks that every test named in CONFORMANCE.md exists. A name after a slash must be the name of a
// subtest: a string in the same file.
func TestConformance(t *testing.T) {
	t.Parallel()
	tests := packageTests(t)
	page, err := os.ReadFile("CONFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| requirement") {
			continue
		}
		if len(cells) != 3 {
			t.Errorf("%q: got %d cells, want 3", line, len(cells))
			continue
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 && !strings.HasPrefix(cells[0], " **") {
			t.Errorf("%q names no test", line)
		}
		for _, name := range names {
			count++
			function, subtest, hasSubtest := strings.Cut(name[1], "/")
			if tests[function] == nil {
				t.Errorf("test %s does not exist", function)
			} else if hasSubtest && !tests[function][subtest] {
				t.Errorf("test %s has no subtest %q", function, subtest)
			}
		}
	}
	if count < 60 {
		t.Errorf("found %d names of tests, want at least 60; the table may have been parsed wrongly", count)
	}
}

// packageTests returns the names of the test functions, each with the set of strings in its file.
func packageTests(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		literals := map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					literals[s] = true
				}
			}
			return true
		})
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = literals
			}
		}
	}
	return tests
}
