package gallery

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// A component is copied alone, so it names no other one. That each builds alone is TestCopying's.
func TestComponentsNameNoOther(t *testing.T) {
	t.Parallel()
	for _, item := range components {
		own := item.name()
		source := code(item)
		for _, call := range regexp.MustCompile(`@([A-Z]\w*)\(`).FindAllStringSubmatch(source, -1) {
			t.Errorf("%s.templ draws %s", item.File, call[1])
		}
		prefix := strings.ToLower(own[:1]) + own[1:]
		for _, name := range regexp.MustCompile(`(?m)^(?:func|const|var|templ) (\w+)`).FindAllStringSubmatch(source, -1) {
			if name[1] != own && !strings.HasPrefix(name[1], prefix) {
				t.Errorf("%s.templ declares %s, which does not begin with %s", item.File, name[1], prefix)
			}
		}
	}
}

// Every component is in the gallery: a file that is neither a page nor the gallery is one.
func TestGalleryIsComplete(t *testing.T) {
	t.Parallel()
	for _, file := range templates(t) {
		name := strings.TrimSuffix(file, ".templ")
		if strings.HasPrefix(name, "page") || strings.HasPrefix(name, "gallery") {
			continue
		}
		if !slices.Contains(Components(), name) {
			t.Errorf("%s is not in the gallery", file)
		}
		if stylesheet(name) == "" {
			t.Errorf("%s has no stylesheet", file)
		}
	}
	for _, item := range components {
		name, about := item.describe()
		if !regexp.MustCompile(`^[A-Z]`).MatchString(name) || !strings.HasPrefix(about, name+" ") || !strings.HasSuffix(about, ".") {
			t.Errorf("%s: found name %q and comment %q", item.File, name, about)
		}
		if !strings.Contains(item.source(), "//\t@"+name+"(") {
			t.Errorf("the comment of %s has no example", name)
		}
		if zeroValues()[item.File] == nil {
			t.Errorf("the zero value of %s is not tested", name)
		}
	}
}

// One root element, with the file's name as a class: what the stylesheet takes hold of.
func TestComponentsHaveOneRoot(t *testing.T) {
	t.Parallel()
	for _, item := range components {
		drawn := map[string]string{"zero value": html(t, zeroValues()[item.File])}
		for i, example := range item.Examples {
			drawn[example.State] = html(t, example.Draw(exampleID(item, i, "light")))
		}
		for state, got := range drawn {
			if item.File == "btn" && state != "zero value" {
				got = strings.TrimSuffix(strings.TrimPrefix(got, `<form action="/components/btn">`), `</form>`)
			}
			lines := strings.Split(strings.TrimSpace(format(strings.TrimPrefix(got, "<!doctype html>"))), "\n")
			if !regexp.MustCompile(`^<\w+ class="(?:[\w -]* )?` + item.File + `(?: [\w -]*)?"`).MatchString(lines[0]) {
				t.Errorf("%s, %s: the root is %s", item.File, state, lines[0])
			}
			for _, l := range lines[1 : len(lines)-1] {
				if !strings.HasPrefix(l, "\t") && strings.HasPrefix(l, "<") && !strings.HasPrefix(l, "</pre") {
					t.Errorf("%s, %s: beside the root stands %s", item.File, state, l)
				}
			}
		}
	}
}

// IDs are unique on every page, and what refers to one finds it.
func TestIDs(t *testing.T) {
	t.Parallel()
	all := map[string]templ.Component{}
	for _, name := range Components() {
		all["components/"+name] = Page(views.PageProps{}, Props{Component: name, Stylesheet: stylesheet})
	}
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

// The gallery shows things; it asks for none, and it leaves nobody signed out.
func TestGalleryExamplesDoNothing(t *testing.T) {
	t.Parallel()
	for _, item := range components {
		for i, example := range item.Examples {
			got := html(t, example.Draw(exampleID(item, i, "light")))
			if strings.Contains(got, "data-hx") {
				t.Errorf("%s, %s: asks the server", item.File, example.State)
			}
			for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(got, -1) {
				if !strings.HasPrefix(link[1], "/components/") && !example.Inert {
					t.Errorf("%s, %s: leads to %s", item.File, example.State, link[1])
				}
			}
			if strings.Contains(got, `method="post"`) && !example.Inert {
				t.Errorf("%s, %s: can be posted", item.File, example.State)
			}
		}
	}
}

func TestGalleryShowsTheFilesThemselves(t *testing.T) {
	t.Parallel()
	for _, name := range Components() {
		got := html(t, Page(views.PageProps{}, Props{Component: name, Stylesheet: stylesheet}))
		for file, source := range map[string]string{name + ".templ": component{File: name}.source(), name + ".css": stylesheet(name)} {
			if !strings.Contains(got, templ.EscapeString(strings.TrimSpace(source))) {
				t.Errorf("%s is not on the page of %s", file, name)
			}
			if !strings.Contains(got, file) {
				t.Errorf("%s is not named on the page of %s", file, name)
			}
		}
	}
}

func templates(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(views.Sources, "*.templ")
	if err != nil || len(files) < 10 {
		t.Fatal(err, files)
	}
	return files
}

// The classes that a template writes are Bootstrap's or begin with the component's own.
func TestClassNames(t *testing.T) {
	t.Parallel()
	bootstrap := regexp.MustCompile(`^(container|navbar|navbar-(expand|nav|brand)|nav-(item|link)|card|card-(body|title)|btn(-[a-z-]+)?|alert(-[a-z]+)?|badge|text-bg-[a-z]+|lead)$`)
	for _, item := range components {
		drawn := html(t, zeroValues()[item.File])
		for i, example := range item.Examples {
			drawn += html(t, example.Draw(exampleID(item, i, "light")))
		}
		for _, attr := range regexp.MustCompile(`\sclass="([^"]*)"`).FindAllStringSubmatch(drawn, -1) {
			for _, class := range strings.Fields(attr[1]) {
				if !bootstrap.MatchString(class) && !strings.HasPrefix(class, item.File) && class != "htmx-request" && !strings.HasPrefix(class, "login-state") {
					t.Errorf("%s: class %s", item.File, class)
				}
			}
		}
	}
}

// code returns the component's .templ file without comments.
func code(c component) string {
	return regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(c.source(), "")
}

func stylesheet(component string) string {
	css, err := os.ReadFile("../../assets/css/" + component + ".css")
	if err != nil {
		return ""
	}
	return string(css)
}
