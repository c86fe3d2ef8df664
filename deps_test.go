package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// mayImport lists, for each package, the packages of this module that it may import outside of tests. A package that is
// missing here may import none. The paths are relative to the module; "." is the main package. main and handlers may
// also import packages of your own, which are those that nothing here names.
var mayImport = map[string][]string{
	".":                   {"assets", "auth", "auth/devidp", "auth/store", "handlers", "telemetry", "views"},
	"handlers":            {"assets", "auth", "telemetry", "views", "views/gallery"},
	"telemetry":           {"auth"},
	"views/gallery":       {"views"},
	"auth/store":          {"auth", "auth/store/file", "auth/store/memory", "auth/store/postgres", "auth/store/redis"},
	"auth/store/file":     {"auth"},
	"auth/store/memory":   {"auth"},
	"auth/store/postgres": {"auth"},
	"auth/store/redis":    {"auth"},
	"auth/scsstore":       {"auth"},
	"auth/storetest":      {"auth"},
}

var mayImportOthers = map[string]bool{".": true, "handlers": true}

func isYourOwn(name string) bool {
	for importer, imported := range mayImport {
		if name == importer || slices.Contains(imported, name) {
			return false
		}
	}
	return !strings.HasPrefix(name, "internal/") && !strings.HasPrefix(name, "auth/")
}

// TestPackagesImportOnlyThoseBelow checks the direct imports between the packages of the module: auth, views and assets
// know nothing of each other or of the packages above them, and only main and auth/store know all stores. Test kits
// below internal are imported by tests alone.
func TestPackagesImportOnlyThoseBelow(t *testing.T) {
	t.Parallel()
	module := modulePath(t)
	relative := func(path string) (string, bool) {
		if path == module {
			return ".", true
		}
		return strings.CutPrefix(path, module+"/")
	}
	packages := json.NewDecoder(bytes.NewReader(goCommand(t, ".", nil, "list", "-json=ImportPath,Imports", "./...")))
	seen := map[string]bool{}
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name, _ := relative(p.ImportPath)
		seen[name] = true
		if strings.HasPrefix(name, "internal/") {
			continue
		}
		for _, path := range p.Imports {
			imported, ours := relative(path)
			if ours && !slices.Contains(mayImport[name], imported) && !(mayImportOthers[name] && isYourOwn(imported)) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
	for _, name := range []string{".", "assets", "auth", "handlers", "views"} {
		if !seen[name] {
			t.Errorf("go list did not report package %s", name)
		}
	}
}
