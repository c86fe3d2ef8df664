package gallery

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

var update = flag.Bool("update", false, "write the golden files")

// Every component in every state of the gallery, and as its zero value where that is none of them.
func TestComponents(t *testing.T) {
	t.Parallel()
	for _, item := range components {
		t.Run(item.File, func(t *testing.T) {
			t.Parallel()
			var all strings.Builder
			for i, example := range item.Examples {
				all.WriteString("<!-- " + example.State + " -->\n" + format(html(t, example.Draw(exampleID(item, i, "light")))))
			}
			if zero := zeroValues()[item.File]; zero != nil {
				all.WriteString("<!-- Zero value -->\n" + format(html(t, zero)))
			}
			golden(t, item.File, all.String())
		})
	}
}

func zeroValues() map[string]templ.Component {
	return map[string]templ.Component{
		"alert":        views.Alert(views.AlertProps{}),
		"badge":        views.Badge(views.BadgeProps{}),
		"btn":          views.Button(views.ButtonProps{}),
		"card":         views.Card(views.CardProps{}),
		"facts":        views.Facts(views.FactsProps{}),
		"jumbotron":    views.Jumbotron(views.JumbotronProps{}),
		"layout":       views.Layout(views.LayoutProps{}),
		"login-state":  views.LoginState(views.LoginStateProps{}),
		"navbar":       views.Navbar(views.NavbarProps{}),
		"notice":       views.Notice(views.NoticeProps{}),
		"profile-card": views.ProfileCard(views.ProfileCardProps{}),
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	page := views.PageProps{Stylesheet: "/assets/app-1.css", Script: "/assets/app-2.js", Htmx: "/assets/htmx-5.js", Icon: "/assets/favicon-3.svg"}
	page.Session.FragmentURL = "/fragments/session"
	for name, props := range map[string]Props{
		"page-components":      {GalleryStylesheet: "/assets/gallery-4.css"},
		"page-components-card": {Component: "card", Stylesheet: stylesheet, GalleryStylesheet: "/assets/gallery-4.css"},
	} {
		golden(t, name, format(html(t, Page(page, props))))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := line(gotLines, i), line(wantLines, i)
		if g != w {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\nIf this is meant: go test ./views -update, then read the difference.", file, i+1, g, w)
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
