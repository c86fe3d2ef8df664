package gallery

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
