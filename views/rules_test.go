package views

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// banned finds what the Content-Security-Policy blocks, what disables templ's escaping, and what makes a component
// depend on its surroundings or on the version of htmx.
var banned = regexp.MustCompile(strings.Join([]string{
	`js:|javascript:|style=|<style|\son[a-z]+=`,
	`templ\.(Raw|SafeURL|SafeScript|SafeCSS|URL|JSFuncCall)|@templ\.|ctx\b|GetChildren`,
	`inherited|hx-on|hx-vars|hx-boost|hx-disable|[^-]hx-|hx-trigger"?[:=]\s*"[^"]*\[`,
}, "|"))

func TestBanned(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`<a data-hx-on:click="x">`, `"data-hx-vals": "js:{}"`, `<p style="x">`, `<style>`, `<a onclick="x">`,
		`templ.SafeURL(x)`, `@templ.Raw(x)`, `data-hx-target:inherited="x"`, `<a hx-get="x">`,
		`data-hx-trigger="click[x]"`, `"data-hx-trigger": "click[x]"`, `ctx.Value(x)`,
	} {
		if !banned.MatchString(source) {
			t.Errorf("%s is not banned", source)
		}
	}
}

func TestTemplatesUseNothingBanned(t *testing.T) {
	t.Parallel()
	comment := regexp.MustCompile(`(?m)(^|\s)//.*$`)
	for file, source := range templates(t) {
		code := comment.ReplaceAllString(source, "")
		if found := banned.FindString(code); found != "" {
			t.Errorf("%s contains %q", file, found)
		}
	}
}

// TestTemplatesDoNotNameTheModule keeps the module easy to rename: gonew changes imports in .go files only.
func TestTemplatesDoNotNameTheModule(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	module := regexp.MustCompile(`(?m)^module (\S+)$`).FindSubmatch(mod)
	if module == nil {
		t.Fatalf("no module line in %s", mod)
	}
	for file, source := range templates(t) {
		if strings.Contains(source, string(module[1])) {
			t.Errorf("%s names the module %s", file, module[1])
		}
	}
}

// templates returns every .templ file of the module by its path.
func templates(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".templ" {
			return err
		}
		source, err := os.ReadFile(path)
		files[path] = string(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"../views/page.templ", "../views/gallery/page.templ"} {
		if files[file] == "" {
			t.Fatalf("%s was not found", file)
		}
	}
	return files
}

// TestIDs checks that the IDs of a page are unique and that every reference to one has a target.
func TestIDs(t *testing.T) {
	t.Parallel()
	reference := regexp.MustCompile(
		`\s(?:aria-labelledby="|data-copy="#|data-hx-target="#|data-hx-indicator="#|href="#)([^"]*)"`)
	for name, page := range testPages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := html(t, page)
			ids := map[string]bool{}
			for _, id := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(got, -1) {
				if ids[id[1]] {
					t.Errorf("the ID %s is not unique", id[1])
				}
				ids[id[1]] = true
			}
			for _, ref := range reference.FindAllStringSubmatch(got, -1) {
				if !ids[ref[1]] {
					t.Errorf("%s has no target", ref[0])
				}
			}
		})
	}
}
