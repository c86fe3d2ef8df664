package auth_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowedImports is all that package auth brings into a project besides the standard library. The
// drivers of the stores live in auth/store.
var allowedImports = []string{
	"github.com/alexedwards/scs/v2",
	"github.com/coreos/go-oidc/v3/oidc",
	"github.com/go-jose/go-jose/v4", // go-oidc's own
	"golang.org/x/oauth2",
}

// sources returns the Go files of a folder that are not tests.
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

func TestPackageImportsOnlyWhatItPromises(t *testing.T) {
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
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

const (
	ourModule     = "github.com/plusauth/plusauth-go-starter"
	anotherModule = "example.com/another"
)

// aloneProgram brings its own store, as a project does that copies the one folder.
const aloneProgram = `package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"example.com/another/auth"
)

type ownStore struct{ auth.Store }

func (ownStore) Find(context.Context, string) (auth.Entry, bool, error) { return auth.Entry{}, false, nil }

func main() {
	c, err := auth.New(auth.Config{
		Issuer: "http://127.0.0.1:1", ClientID: "app", RedirectURL: "http://localhost:3000/login/callback", Store: ownStore{},
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	page := c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, signedOut := c.User(r.Context())
		_, away := c.Begin(w, r, auth.BeginOptions{})
		fmt.Println(errors.Is(signedOut, auth.ErrSignedOut), errors.Is(away, auth.ErrUnavailable))
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
`

// storeProgram copies the stores as well.
const storeProgram = `package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"example.com/another/auth"
	"example.com/another/auth/store"
)

func main() {
	sessions, err := store.Open(context.Background(), "file:" + os.Args[1] + "/sessions.db")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer sessions.Close()
	c, err := auth.New(auth.Config{
		Issuer: "http://127.0.0.1:1", ClientID: "app", RedirectURL: "http://localhost:3000/login/callback", Store: sessions,
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	page := c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, signedOut := c.User(r.Context())
		fmt.Println(errors.Is(signedOut, auth.ErrSignedOut), sessions.Ping(r.Context()) == nil)
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
`

// What people who copy the folder do: put it into their module, point its own imports at their
// module, and build. It needs no network when the modules are there.
func TestFolderWorksInAnotherModule(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		folders []string
		program string
		require []string // of our go.mod; all of it when empty
	}{
		"auth alone, with four modules": {
			folders: []string{"."}, program: aloneProgram,
			require: []string{"github.com/alexedwards/scs/v2", "github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4", "golang.org/x/oauth2"},
		},
		"auth with its stores": {folders: []string{".", "store"}, program: storeProgram},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, folder := range c.folders {
				copyFolder(t, folder, filepath.Join(dir, "auth", folder))
			}
			write(t, filepath.Join(dir, "main.go"), c.program)
			write(t, filepath.Join(dir, "go.mod"), moduleFile(t, c.require))
			sums, err := os.ReadFile("../go.sum")
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "go.sum"), string(sums))

			run := exec.CommandContext(t.Context(), "go", "run", ".", dir)
			run.Dir = dir
			run.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOTOOLCHAIN=local")
			out, err := run.CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "true true" {
				t.Errorf("got %v, want true true\n%s", err, out)
			}
		})
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range sources(t, from) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, filepath.Base(name)), strings.ReplaceAll(string(source), ourModule, anotherModule))
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// moduleFile is a go.mod with the versions of ours.
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
