package gallery

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCopiedComponentsWork copies each component's generated file into a package of its own, in a module that requires
// only templ, and renders it there. A component that uses a helper of another file does not compile.
func TestCopiedComponentsWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	version := strings.Fields(runGo(t, ".", "list", "-m", "github.com/a-h/templ"))[1]
	writeFile(t, dir, "go.mod", "module example.com/copy\n\ngo 1.26\n\nrequire github.com/a-h/templ "+version+"\n")
	writeFile(t, dir, "go.sum", string(sums))

	var imports, renders string
	for i, c := range components {
		source, err := os.ReadFile("../" + c.File + "_templ.go")
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, c.File+"/"+c.File+"_templ.go", string(source))
		imports += fmt.Sprintf("\tc%d %q\n", i, "example.com/copy/"+c.File)
		renders += fmt.Sprintf("\trender(c%d.%s(c%d.%sProps{}))\n", i, c.name(), i, c.name())
	}
	writeFile(t, dir, "main.go", `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/a-h/templ"

`+imports+`)

func main() {
`+renders+`}

func render(c templ.Component) {
	if err := c.Render(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
	fmt.Println()
}
`)

	got := runGo(t, dir, "run", ".")
	for _, c := range components {
		if want := html(t, zeroValues()[c.File]) + "\n"; !strings.Contains(got, want) {
			t.Errorf("%s: %s is missing in\n%s", c.File, want, got)
		}
	}
}

// runGo runs the go command without network access. It needs none, because templ is in the module cache.
func runGo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCopyTask runs the script of `task copy`. It sets the package clause to the package of the target folder, or to a
// name made from the folder's, and refuses a folder or a component that does not exist.
func TestCopyTask(t *testing.T) {
	t.Parallel()
	copyTask := loadCopyTask(t)
	source, err := os.ReadFile("../navbar.templ")
	if err != nil {
		t.Fatal(err)
	}
	for folder, tc := range map[string]struct{ file, content, want string }{
		"views":    {want: "views"},
		"my-views": {want: "myviews"},
		"root":     {"main.go", "package main\n", "main"},
		"ui":       {"a_test.go", "package web_test\n", "ui"},
		"parts":    {"b.go", "// Package web\npackage web\n", "web"},
	} {
		dir := filepath.Join(t.TempDir(), folder)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if tc.file != "" {
			writeFile(t, dir, tc.file, tc.content)
		}
		out, err := copyTask("navbar " + dir)
		got, _ := os.ReadFile(filepath.Join(dir, "navbar.templ"))
		want := strings.Replace(string(source), "package views", "package "+tc.want, 1)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %v and %.40q, want package %s\n%s", folder, err, got, tc.want, out)
		}
		if _, err := os.Stat(filepath.Join(dir, "navbar.css")); err != nil {
			t.Error(err)
		}
	}

	dir := t.TempDir()
	for _, words := range []string{
		"", "navbar", "navbar " + dir + "/missing", "page-home " + dir, "nav " + dir, "navbar views", "navbar ./views/",
	} {
		out, err := copyTask(words)
		if err == nil {
			t.Errorf("%q: got no error", words)
		}
		for _, name := range Components() {
			if !strings.Contains(out, "\n"+name+"\n") {
				t.Errorf("%q: %s is not listed in %s", words, name, out)
			}
		}
	}
	if after, err := os.ReadFile("../navbar.templ"); err != nil || string(after) != string(source) {
		t.Errorf("navbar.templ was changed (%v)", err)
	}
}

// loadCopyTask returns a function that runs the script of `task copy` with the given words.
func loadCopyTask(t *testing.T) func(words string) (output string, err error) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("sh is not installed, so task copy is not tested")
	}
	tasks, err := os.ReadFile("../../Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(tasks), "\n  copy:\n")
	_, script, _ = strings.Cut(script, "cmd: |\n")
	script, _, _ = strings.Cut(script, "\n\n")
	if script == "" {
		t.Fatal("Taskfile.yml has no script for the task copy")
	}
	variable := regexp.MustCompile(`\{\{\.\w+\}\}`)
	return func(words string) (string, error) {
		cmd := exec.CommandContext(t.Context(), shell, "-c", variable.ReplaceAllLiteralString(script, words))
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}
