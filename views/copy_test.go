package views

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
	sums, err := os.ReadFile("../go.sum")
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
	for i, item := range galleryItems {
		component, _ := galleryComponent(item)
		source, err := os.ReadFile(item.File + "_templ.go")
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
	if len(lines) < len(galleryItems) {
		t.Fatalf("got %d lines for %d components: %q", len(lines), len(galleryItems), lines)
	}
	all := strings.Join(lines, "\n")
	for _, item := range galleryItems {
		if want := html(t, zeroValues()[item.File]); !strings.Contains(all, want) {
			t.Errorf("%s: %s is missing in\n%s", item.File, want, all)
		}
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
