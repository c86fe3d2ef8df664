package auth_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// allowedImports lists the packages outside of the standard library that package auth may import. The database drivers
// belong to the packages below auth/store.
var allowedImports = []string{
	"github.com/alexedwards/scs/v2",
	"github.com/coreos/go-oidc/v3/oidc",
	"github.com/go-jose/go-jose/v4", // a dependency of go-oidc
	"golang.org/x/oauth2",
}

// sources returns the Go files of a folder without its tests.
func sources(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	if len(files) == 0 {
		t.Fatalf("no Go files in %s", dir)
	}
	return files
}

func TestPackageImportsOnlyAllowedPackages(t *testing.T) {
	t.Parallel()
	for _, name := range sources(t, ".") {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && !slices.Contains(allowedImports, path) {
				t.Errorf("%s imports %s, which is not in allowedImports", name, path)
			}
		}
	}
}

const anotherModule = "example.com/another"

// ourModule is the path of this module, which may have been renamed.
var ourModule = strings.TrimSuffix(reflect.TypeFor[auth.Client]().PkgPath(), "/auth")

// The folder builds and runs in another module after its own import paths have been replaced. The test needs no
// network if the modules are in the module cache.
func TestFolderBuildsInAnotherModule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		folders []string
		program string
		require []string // modules of go.mod; if empty, all of them
	}{
		"auth alone, with four modules": {
			folders: []string{"."}, program: "alone",
			require: []string{
				"github.com/alexedwards/scs/v2", "github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4",
				"golang.org/x/oauth2",
			},
		},
		"auth with one store and its driver": {
			folders: []string{".", "store/redis"}, program: "onestore",
			require: []string{
				"github.com/alexedwards/scs/v2", "github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4",
				"golang.org/x/oauth2", "github.com/gomodule/redigo",
			},
		},
		"auth with its stores and the development provider": {
			folders: []string{
				".", "store", "store/memory", "store/file", "store/redis", "store/postgres", "devidp", "devidp/pages",
			},
			program: "whole",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, folder := range c.folders {
				copyFolder(t, folder, filepath.Join(dir, "auth", folder))
			}
			copyFolder(t, filepath.Join("testdata/copy", c.program), dir)
			write(t, filepath.Join(dir, "go.mod"), moduleFile(t, c.require))
			write(t, filepath.Join(dir, "go.sum"), read(t, "../go.sum"))

			run := exec.CommandContext(t.Context(), "go", "run", ".", dir)
			run.Dir = dir
			run.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local")
			out, err := run.CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "true" {
				t.Errorf("got %v and the output %q, want true", err, out)
			}
		})
	}
}

// copyFolder copies the files of a folder with replaced import paths. It does not copy subfolders and tests.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text := strings.ReplaceAll(read(t, filepath.Join(from, f.Name())), ourModule, anotherModule)
		write(t, filepath.Join(to, f.Name()), text)
	}
}

// read returns the text of a file.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a text file.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// moduleFile returns a go.mod for another module that requires the same versions as our go.mod. If only is not empty,
// other modules are left out.
func moduleFile(t *testing.T, only []string) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var ours struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &ours); err != nil {
		t.Fatal(err)
	}
	text := "module " + anotherModule + "\n\ngo " + ours.Go + "\n\n"
	for _, r := range ours.Require {
		if len(only) == 0 || slices.Contains(only, r.Path) {
			text += "require " + r.Path + " " + r.Version + "\n"
		}
	}
	return text
}
