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

// TestConformance checks that every test named in CONFORMANCE.md exists: the function, and after a slash the name of a
// case as a string in the same file.
func TestConformance(t *testing.T) {
	t.Parallel()
	words := testsOfThePackage(t)
	page, err := os.ReadFile("CONFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| requirement") {
			continue
		}
		if len(cells) != 3 {
			t.Errorf("%q has %d cells, want 3", line, len(cells))
			continue
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 && !strings.HasPrefix(cells[0], " **") {
			t.Errorf("%q names no test", line)
		}
		for _, name := range names {
			rows++
			function, sub, has := strings.Cut(name[1], "/")
			if words[function] == nil {
				t.Errorf("%s: there is no such test", function)
			} else if has && !words[function][sub] {
				t.Errorf("%s: it has no case %q", function, sub)
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d tests named; is the table read right?", rows)
	}
}

// testsOfThePackage returns the test functions, each with the strings of its file.
func testsOfThePackage(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]map[string]bool{}
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
				words[f.Name.Name] = literals
			}
		}
	}
	return words
}
