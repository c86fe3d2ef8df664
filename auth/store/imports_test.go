package store

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEachStoreImportsOneDriver checks that an application that imports one store gets the driver of that store only,
// and can copy the store without the others.
func TestEachStoreImportsOneDriver(t *testing.T) {
	t.Parallel()
	for dir, driver := range map[string]string{
		"memory":       "no driver",
		"file":         "go.etcd.io/bbolt",
		"redis":        "github.com/gomodule/redigo/",
		"postgres":     "github.com/jackc/pgx/",
		"../storetest": "no driver",
	} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no Go files: %v", dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
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
				isStandard := !strings.Contains(first, ".")
				if !isStandard && !strings.HasSuffix(path, "/auth") && !strings.HasPrefix(path, driver) {
					t.Errorf("%s imports %s", name, path)
				}
			}
		}
	}
}
