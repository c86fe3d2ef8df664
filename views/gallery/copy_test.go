package gallery

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopying copies each component's generated file into a package of its own, in a module that has nothing but
// templ, and builds and renders them there: a borrowed helper would not compile.
func TestCopying(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	version := strings.Fields(run(t, ".", "list", "-m", "github.com/a-h/templ"))[1]
	write("go.mod", "module example.com/copy\n\ngo 1.26\n\nrequire github.com/a-h/templ "+version+"\n")
	write("go.sum", string(sums))

	imports, renders := "", ""
	for i, item := range components {
		component := item.name()
		source, err := os.ReadFile("../" + item.File + "_templ.go")
		if err != nil {
			t.Fatal(err)
		}
		write(item.File+"/"+item.File+"_templ.go", string(source))
		imports += fmt.Sprintf("\tc%d %q\n", i, "example.com/copy/"+item.File)
		renders += fmt.Sprintf("\tmust(c%d.%s(c%d.%sProps{}).Render(ctx, os.Stdout))\n\tfmt.Println()\n", i, component, i, component)
	}
	write("main.go", "package main\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"os\"\n\n"+imports+")\n\nfunc main() {\n\tctx := context.Background()\n"+renders+
		"}\n\nfunc must(err error) {\n\tif err != nil {\n\t\tpanic(err)\n\t}\n}\n")

	lines := strings.Split(strings.TrimSpace(run(t, dir, "run", ".")), "\n")
	if len(lines) < len(components) {
		t.Fatalf("got %d lines for %d components: %q", len(lines), len(components), lines)
	}
	all := strings.Join(lines, "\n")
	for _, item := range components {
		if want := html(t, zeroValues()[item.File]); !strings.Contains(all, want) {
			t.Errorf("%s: %s is missing in\n%s", item.File, want, all)
		}
	}
}

// TestCopyTask runs what `task copy` runs: a component goes into the package that a folder has, or is named after it, and
// never onto itself.
func TestCopyTask(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no sh here: task copy is not tested")
	}
	tasks, err := os.ReadFile("../../Taskfile.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(tasks), "\n  copy:\n")
	_, script, _ = strings.Cut(script, "cmd: |\n")
	script, _, _ = strings.Cut(script, "\n\n")
	task := func(words string) (string, error) {
		cmd := exec.CommandContext(t.Context(), shell, "-c", strings.ReplaceAll(script, "{{.WORDS}}", words))
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	before, err := os.ReadFile("../navbar.templ")
	if err != nil {
		t.Fatal(err)
	}

	for folder, file := range map[string][2]string{
		"views": {}, "my-views": {}, "root": {"main.go", "package main\n"}, "ui": {"a_test.go", "package web_test\n"}, "parts": {"b.go", "// Package web\npackage web\n"},
	} {
		dir := filepath.Join(t.TempDir(), folder)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if file[0] != "" {
			if err := os.WriteFile(filepath.Join(dir, file[0]), []byte(file[1]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		out, err := task("navbar " + dir)
		got, _ := os.ReadFile(filepath.Join(dir, "navbar.templ"))
		want := map[string]string{"views": "views", "my-views": "myviews", "root": "main", "ui": "ui", "parts": "web"}[folder]
		if err != nil || string(got) != strings.Replace(string(before), "package views", "package "+want, 1) {
			t.Errorf("%s: got %v and %.40q, want package %s\n%s", folder, err, got, want, out)
		}
		if _, err := os.Stat(filepath.Join(dir, "navbar.css")); err != nil {
			t.Error(err)
		}
	}

	dir := t.TempDir()
	for _, words := range []string{"", "navbar", "navbar " + dir + "/none", "page-home " + dir, "nav " + dir, "navbar views", "navbar ./views/"} {
		if out, err := task(words); err == nil || !strings.Contains(out, "COMPONENT is one of:\nalert\n") {
			t.Errorf("%q: got %v and %s", words, err, out)
		}
	}
	if after, err := os.ReadFile("../navbar.templ"); err != nil || string(after) != string(before) {
		t.Errorf("navbar.templ is not what it was, %v", err)
	}
}

// run runs go, without a network: whoever runs this test has built this package, so templ is there.
func run(t *testing.T, dir string, args ...string) string {
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
