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
	for _, c := range components {
		got := html(t, Page(views.PageProps{}, Props{Component: c.File, Stylesheet: stylesheet}))
		for file, source := range map[string]string{c.File + ".templ": c.source(), c.File + ".css": stylesheet(c.File)} {
			if !strings.Contains(got, templ.EscapeString(strings.TrimSpace(source))) {
				t.Errorf("the page of %s does not show %s", c.File, file)
			}
			if !strings.Contains(got, "<h3>"+file+"</h3>") {
				t.Errorf("the page of %s does not name %s", c.File, file)
			}
		}
		if want := `<a href="/components/` + c.File + `" aria-current="page">`; !strings.Contains(got, want) {
			t.Errorf("%s is missing on the page of %s", want, c.File)
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
			if strings.Contains(got, `method="post"`) {
				t.Errorf("%s can be posted", id)
			}
		}
	}
}
