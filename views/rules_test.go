package views

import (
	"io/fs"
	"regexp"
	"testing"
)

// What the Content-Security-Policy refuses, what switches templ's escaping off, and what makes a component mean
// something else in other surroundings or in another version of htmx.
var banned = regexp.MustCompile(`hx-on|js:|javascript:|style=|<style|\son[a-z]+=|templ\.(Raw|SafeURL|SafeScript|SafeCSS|URL|JSFuncCall)|` +
	`inherited|hx-vars|hx-boost|hx-disable|[^-]hx-|hx-trigger"?[:=]\s*"[^"]*\[|@templ\.|ctx\b|GetChildren`)

func TestTemplatesKeepToTheDialect(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`<a data-hx-on:click="x">`, `"data-hx-vals": "js:{}"`, `<p style="x">`, `<style>`, `<a onclick="x">`, `templ.SafeURL(x)`, `@templ.Raw(x)`,
		`data-hx-target:inherited="x"`, `<a hx-get="x">`, `data-hx-trigger="click[x]"`, `"data-hx-trigger": "click[x]"`, `ctx.Value(x)`,
	} {
		if !banned.MatchString(bad) {
			t.Errorf("the ban list lets %s pass", bad)
		}
	}
	for _, file := range templates(t) {
		source := code(t, file)
		if found := banned.FindString(source); found != "" {
			t.Errorf("%s contains %q", file, found)
		}
	}
}

// IDs are unique on every page, and what refers to one finds it.
func TestIDs(t *testing.T) {
	t.Parallel()
	all := pages()
	for name, page := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := regexp.MustCompile(`(?s)<pre[^>]*>`).ReplaceAllString(html(t, page), "$0")
			ids := map[string]bool{}
			for _, id := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(got, -1) {
				if ids[id[1]] {
					t.Errorf("%s is there twice", id[1])
				}
				ids[id[1]] = true
			}
			for _, ref := range regexp.MustCompile(`\s(?:aria-labelledby="|data-copy="#|data-hx-target="#|data-hx-indicator="#|href="#)([^"]*)"`).FindAllStringSubmatch(got, -1) {
				if !ids[ref[1]] {
					t.Errorf("%s leads nowhere", ref[0])
				}
			}
		})
	}
}

func templates(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(Sources, "*.templ")
	if err != nil || len(files) < 10 {
		t.Fatal(err, files)
	}
	return files
}

// code is a file without its comments.
func code(t *testing.T, file string) string {
	t.Helper()
	source, err := Sources.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(string(source), "")
}
