package main

import (
	"bytes"
	"encoding/json"
	"go/format"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// TestGonewRenamesTheModule does what README.md says under "Make it yours": gonew copies the module under another name,
// and the copy gets a page that requires sign-in. The copy must be formatted, build, and pass its fast tests.
func TestGonewRenamesTheModule(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the app a second time")
	}
	source := module.Version{Path: modulePath(t), Version: "v0.0.1"}
	line := regexp.MustCompile(`(?m)^ {4}go run golang\.org/x/tools/cmd/gonew@latest \S+ (\S+)$`)
	command := line.FindStringSubmatch(readFile(t, "README.md"))
	if command == nil {
		t.Fatal("README.md has no line that runs gonew")
	}
	proxy, work := t.TempDir(), t.TempDir()
	writeProxy(t, proxy, source)

	gonew := filepath.Join(t.TempDir(), "gonew.exe")
	goCommand(t, ".", nil, "build", "-o", gonew, "golang.org/x/tools/cmd/gonew")
	// gonew downloads the module into a cache of its own, so that version v0.0.1 does not stay in the real one.
	cmd := exec.CommandContext(t.Context(), gonew, source.Path, command[1])
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(proxy), "GOSUMDB=off", "GONOPROXY=", "GOPRIVATE=",
		"GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gonew: %v\n%s", err, out)
	}
	dir := filepath.Join(work, "app") // README.md says: cd app

	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir+string(filepath.Separator))
		switch filepath.Ext(path) {
		case ".templ":
			if bytes.Contains(text, []byte(source.Path)) {
				t.Errorf("%s names %s, which gonew does not rename", name, source.Path)
			}
		case ".go":
			checkRenamedGo(t, name, text, source.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	offline := []string{"GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off"}
	goCommand(t, dir, offline, "build", "./...")
	goCommand(t, dir, append(offline, "PATH="+onlyGoInPath(t), "CI="), "test", "-short", "./assets/...", "./views/...")
	t.Run("a first page", func(t *testing.T) { //nolint:paralleltest // it changes the module that was built
		addPageOfReadme(t, dir)
		goCommand(t, dir, offline, "tool", "templ", "generate", "-include-version=false", "-log-level=error")
		goCommand(t, dir, offline, "vet", "./...")
		goCommand(t, dir, offline, "test", "-run", "^(TestNotes|TestPrivatePageSignedIn)$", "./handlers")
		goCommand(t, dir, offline, "test", "-run", "^TestPackagesImportOnlyThoseBelow$", ".")
	})
}

// addPageOfReadme does what README.md says under "A first page of your own" in the module in dir, which is
// example.com/you/app. It skips the test if the database's driver cannot be downloaded.
func addPageOfReadme(t *testing.T, dir string) {
	t.Helper()
	_, section, _ := strings.Cut(readFile(t, "README.md"), "### A first page of your own\n")
	section, _, _ = strings.Cut(section, "\n##")
	driver := regexp.MustCompile("`go (get) (\\S+)`").FindStringSubmatch(section)
	if driver == nil {
		t.Fatal("README.md does not say how to get the driver of the database")
	}
	// A code block is indented by four spaces. A part of one ends at an empty line, unless it is a whole file.
	parts, lines := map[string]string{}, 0
	for _, block := range regexp.MustCompile(`(?m)(?:^ {4}.*\n|^\n)+`).FindAllString(section, -1) {
		code := strings.TrimSpace(regexp.MustCompile(`(?m)^ {4}`).ReplaceAllString(block, "")) + "\n"
		lines += len(regexp.MustCompile(`(?m)^.+$`).FindAllString(code, -1))
		whole := strings.HasPrefix(code, "package ")
		for part := range strings.SplitSeq(code, "\n\n") {
			if whole {
				part = code
			}
			first, _, _ := strings.Cut(part, "\n")
			parts[first] = part
		}
	}
	if lines > 120 {
		t.Errorf("the page takes %d lines of code, want at most 120", lines)
	}
	insert := func(file, before, first string) {
		t.Helper()
		file = filepath.Join(dir, file)
		text := readFile(t, file)
		if !strings.Contains(text, before) || parts[first] == "" {
			t.Fatalf("%s has no %q, or README.md no %q", file, before, first)
		}
		write(t, file, strings.Replace(text, before, parts[first]+"\n"+before, 1))
	}
	parts["notes"] = `	"example.com/you/app/notes"`
	insert("handlers/routes.go", `	"example.com/you/app/auth"`, "notes")
	insert("handlers/routes.go", "}\n\n// DevUser", "Notes *notes.Store")
	insert("handlers/routes.go", `	a.private("GET /profile", a.profile)`, `a.private("GET /notes", a.notes)`)
	insert("handlers/flash.go", "	}\n	return p", `case f == "note_saved" && signedIn:`)
	insert("main.go", `	"example.com/you/app/handlers"`, "notes")
	insert("main.go", "	c := cfg.auth()", `if app.Notes, err = notes.Open("notes.db"); err != nil {`)
	for file, first := range map[string]string{
		"handlers/notes.go": "package handlers", "handlers/notes_test.go": "package handlers_test",
		"notes/notes.go": "package notes", "views/page-notes.templ": "package views",
	} {
		if code, err := format.Source([]byte(parts[first])); filepath.Ext(file) == ".go" && (err != nil || string(code) != parts[first]) {
			t.Errorf("%s is not formatted: %v", file, err)
		}
		write(t, filepath.Join(dir, file), parts[first])
	}
	for _, args := range [][]string{driver[1:], {"mod", "tidy"}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil && os.Getenv("CI") != "true" {
			t.Skipf("%s is left out: go %s: %v\n%s", t.Name(), strings.Join(args, " "), err, out)
		} else if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// write writes a file and makes its folder.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkRenamedGo checks that a Go file has no import and no other string that begins with the old module path, and that
// it is formatted. Comments may name the old module.
func checkRenamedGo(t *testing.T, name string, text []byte, old string) {
	t.Helper()
	if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
		t.Errorf("%s is not formatted: %v", name, err)
	}
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile(name, -1, len(text)), text, nil, 0)
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return
		}
		if tok != token.STRING {
			continue
		}
		if value, err := strconv.Unquote(literal); err == nil && strings.HasPrefix(value, old) {
			t.Errorf("%s: %s still names the old module", files.Position(pos), literal)
		}
	}
}

// writeProxy writes the module in the current directory into dir in the layout of a module proxy.
func writeProxy(t *testing.T, dir string, m module.Version) {
	t.Helper()
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]string{"Version": m.Version})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := zip.CreateFromDir(&archive, m, "."); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"list":              []byte(m.Version + "\n"),
		m.Version + ".info": info,
		m.Version + ".mod":  goMod,
		m.Version + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSignInIsCopiedWithItsTests copies what README.md says under "Copy the sign-in" into another module. Everything
// must build there, the tests included. TestFolderBuildsInAnotherModule copies the parts without their tests.
func TestSignInIsCopiedWithItsTests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds package auth a second time")
	}
	sentence := regexp.MustCompile("Copy the folders `([^`]+)` and `([^`]+)`, replace")
	folders := sentence.FindStringSubmatch(readFile(t, "README.md"))
	if folders == nil {
		t.Fatal("README.md does not say which folders to copy")
	}
	const another = "example.com/another"
	dir, ours := t.TempDir(), modulePath(t)
	for _, folder := range append(folders[1:], "go.mod", "go.sum") {
		copyFiles(t, folder, filepath.Join(dir, folder), func(text string) string {
			return strings.ReplaceAll(text, ours, another)
		})
	}
	goCommand(t, dir, []string{"GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off"}, "vet", "./...")
}

// copyFiles copies a file, or the files below a folder, and changes their text.
func copyFiles(t *testing.T, from, to string, change func(string) string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		write(t, target, change(readFile(t, path)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReferenceListsEveryVariable(t *testing.T) {
	t.Parallel()
	var got []documented
	row := regexp.MustCompile(`(?m)^\| ([A-Z_]+) \|([^|]*)\|([^|]+)\|$`)
	for _, m := range row.FindAllStringSubmatch(readFile(t, filepath.Join("docs", "reference.md")), -1) {
		got = append(got, documented{m[1], strings.ReplaceAll(strings.TrimSpace(m[2]), ":PORT", ":3000")})
	}
	want := configVariables(t)
	for i := range want {
		if want[i].name == "AUTH_URL" {
			want[i].value = "the development provider"
		}
	}
	if !sameVariables(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
