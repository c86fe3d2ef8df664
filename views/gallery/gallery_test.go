package gallery

import (
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

func TestOverviewLinksToEveryComponent(t *testing.T) {
	t.Parallel()
	got := html(t, Page(views.PageProps{}, Props{}))
	for _, c := range components {
		if link := `<a href="/components/` + c.File + `">` + c.name() + `</a>`; !strings.Contains(got, link) {
			t.Errorf("%s is missing in\n%s", link, got)
		}
	}
}

func TestUnknownComponentShowsTheOverview(t *testing.T) {
	t.Parallel()
	want := html(t, Page(views.PageProps{}, Props{}))
	if got := html(t, Page(views.PageProps{}, Props{Component: `<script>`})); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPageLoadsTheStylesheetOfTheGallery(t *testing.T) {
	t.Parallel()
	page, props := views.PageProps{Stylesheet: "/app-1.css"}, Props{Component: "card", GalleryStylesheet: "/gallery-2.css"}
	want := `<link rel="stylesheet" href="/app-1.css"><link rel="stylesheet" href="/gallery-2.css">`
	if got := html(t, Page(page, props)); !strings.Contains(got, want) {
		t.Errorf("%s is missing in\n%s", want, got)
	}
}

func TestComponentPageShowsItsFiles(t *testing.T) {
	t.Parallel()
	span := regexp.MustCompile(`</?span[^>]*>`)
	for _, c := range components {
		got := span.ReplaceAllString(html(t, Page(views.PageProps{}, Props{Component: c.File, Stylesheet: stylesheet})), "")
		for file, source := range map[string]string{c.File + ".templ": c.source(), c.File + ".css": stylesheet(c.File)} {
			if !strings.Contains(got, ">"+templ.EscapeString(strings.TrimSpace(source))+"</pre>") {
				t.Errorf("the page of %s does not show %s", c.File, file)
			}
			if !strings.Contains(got, "<summary>"+file) {
				t.Errorf("the page of %s does not name %s", c.File, file)
			}
		}
		if want := `<a href="/components/` + c.File + `" aria-current="page">`; !strings.Contains(got, want) {
			t.Errorf("%s is missing on the page of %s", want, c.File)
		}
		if want := `go run . copy ` + c.File + ` ../app/views`; !strings.Contains(got, want) {
			t.Errorf("%q is missing on the page of %s", want, c.File)
		}
	}
}

// TestComponentPageDocumentsTheProps checks that the page has each field with its comment, and the example of the doc
// comment.
func TestComponentPageDocumentsTheProps(t *testing.T) {
	t.Parallel()
	got := html(t, Page(views.PageProps{}, Props{Component: "text-field"}))
	for _, want := range []string{
		"<td><code>Hint</code></td><td><code>string</code></td><td>Says what to enter, before a mistake is made; optional.</td>",
		"<td><code>Attributes</code></td><td><code>templ.Attributes</code></td>",
		`Label: <span class="gallery-string">&#34;Email&#34;</span>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, c := range components {
		d := c.document()
		if len(d.Types) == 0 || d.Usage == "" && c.File != "layout" {
			t.Errorf("%s has %d props types and the usage %q", c.File, len(d.Types), d.Usage)
		}
		for _, p := range d.Types {
			if p.Name == "" || len(p.Fields) == 0 {
				t.Errorf("%s: a struct cannot be read", c.File)
			}
		}
	}
}

// TestOneHeading checks that every page has one h1.
func TestOneHeading(t *testing.T) {
	t.Parallel()
	for _, name := range append(Components(), "") {
		got := html(t, Page(views.PageProps{}, Props{Component: name}))
		if n := strings.Count(got, "<h1"); n != 1 {
			t.Errorf("/components/%s has %d h1", name, n)
		}
	}
}

// TestScheme checks that the states are drawn in the scheme and the width that the address names.
func TestScheme(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		props Props
		want  []string
		not   string
	}{
		{Props{}, []string{"gallery-light", "gallery-dark", "/text-field?scheme=dark#states", "/text-field?width=320#states"},
			"gallery-narrow"},
		{Props{Scheme: "dark", Narrow: true}, []string{"gallery-dark", "gallery-narrow", "?scheme=light&amp;width=320#states",
			"/text-field?scheme=dark#states"}, "gallery-light"},
		{Props{Scheme: `"><script>`}, []string{"gallery-light", "gallery-dark", "/text-field?width=320#states"}, "<script>"},
	} {
		c.props.Component = "text-field"
		got := html(t, Page(views.PageProps{}, c.props))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %s is missing", c.props, want)
			}
		}
		if strings.Contains(got, c.not) {
			t.Errorf("%v: %s is there", c.props, c.not)
		}
	}
}

// TestIDs checks that the IDs of a page are unique and that every reference to one has a target.
func TestIDs(t *testing.T) {
	t.Parallel()
	reference := regexp.MustCompile(`\s(?:aria-labelledby="|data-copy="#|href="#)([^"]*)"`)
	for _, name := range append(Components(), "") {
		got := html(t, Page(views.PageProps{}, Props{Component: name, Stylesheet: stylesheet}))
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if ids[id[1]] {
				t.Errorf("/components/%s: the ID %s is not unique", name, id[1])
			}
			ids[id[1]] = true
		}
		for _, ref := range reference.FindAllStringSubmatch(got, -1) {
			if !ids[ref[1]] {
				t.Errorf("/components/%s: %s has no target", name, ref[0])
			}
		}
	}
}

// TestExamplesHaveNoEffect checks that the examples send no requests, lead to the gallery only and cannot sign anyone
// out.
func TestExamplesHaveNoEffect(t *testing.T) {
	t.Parallel()
	for _, c := range components {
		for i, example := range c.Examples {
			id := exampleID(c, i, "light")
			got := html(t, example.Draw(id))
			if strings.Contains(got, "data-hx") {
				t.Errorf("%s sends requests", id)
			}
			if example.Inert {
				continue
			}
			for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(got, -1) {
				if !strings.HasPrefix(link[1], "/components/") {
					t.Errorf("%s links to %s", id, link[1])
				}
			}
			for _, form := range regexp.MustCompile(`<form[^>]*method="post"[^>]*>`).FindAllString(got, -1) {
				if !strings.Contains(form, `action="/components/`) { // which accepts no POST
					t.Errorf("%s can be posted", id)
				}
			}
		}
	}
}
