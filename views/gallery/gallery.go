// Package gallery shows the components of package views: each one in all its states, light and dark, with its source
// files to copy. It knows nothing of the app around it.
//
//	gallery.Page(page, gallery.Props{Component: "navbar", Stylesheet: assets.Stylesheet}).Render(ctx, w)
package gallery

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// Props selects what Page shows. The zero value shows the list of all components.
type Props struct {
	// Component is one of the names that Components returns. Any other value, and the empty one, shows all of them.
	Component string

	// Stylesheet returns the source of a component's stylesheet. If it is nil or returns "", no stylesheet is shown.
	Stylesheet func(component string) string

	GalleryStylesheet string // URL of gallery.css
}

// Page is the list of all components, or the page of one of them. The sources that it shows are embedded in the
// binary, so they cannot differ from the components above them.
func Page(p views.PageProps, g Props) templ.Component {
	title, description := "Components", "Every component of this app, in every state, with its source to copy."
	content := overview()
	if c, ok := find(g.Component); ok {
		title, description = c.name(), c.about()
		content = detail(c, g.stylesheet(c))
	}
	p.Title, p.Description = cmp.Or(p.Title, title), cmp.Or(p.Description, description)
	return with(views.Page(p, g.GalleryStylesheet), content)
}

func (g Props) stylesheet(c component) string {
	if g.Stylesheet == nil {
		return ""
	}
	return g.Stylesheet(c.File)
}

// Components returns the names of all components in the order of the gallery. A name is that of the component's files,
// for example "login-state".
func Components() []string {
	var names []string
	for _, c := range components {
		names = append(names, c.File)
	}
	return names
}

// component is a component of package views with the states that the gallery shows.
type component struct {
	File     string // name of its files without extension, for example "login-state"
	Needs    string // a sentence about what it needs besides its two files; if empty, it works alone
	Examples []example
}

// example is a component in one state. A page draws it twice, so Draw takes the ID of its root element.
type example struct {
	State string
	Draw  func(id string) templ.Component
	Inert bool // the example cannot be used, because its form would post something
}

func find(file string) (component, bool) {
	i := slices.IndexFunc(components, func(c component) bool { return c.File == file })
	if i < 0 {
		return component{}, false
	}
	return components[i], true
}

// source returns the text of the component's .templ file.
func (c component) source() string {
	source, _ := views.Sources.ReadFile(c.File + ".templ")
	return string(source)
}

// name returns the component's name in Go, for example "LoginState".
func (c component) name() string {
	name, _ := c.describe()
	return name
}

// about describes the component in a sentence or two: the first paragraph of its doc comment without the name.
func (c component) about() string {
	name, comment := c.describe()
	about := strings.TrimPrefix(strings.TrimPrefix(comment, name+" "), "is ")
	if about == "" {
		return ""
	}
	return strings.ToUpper(about[:1]) + about[1:]
}

// describe returns the name of the first component in the file and the first paragraph of its doc comment.
func (c component) describe() (name, paragraph string) {
	var comment []string
	for line := range strings.Lines(c.source()) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "//"); ok {
			comment = append(comment, strings.TrimSpace(text))
			continue
		}
		if signature, ok := strings.CutPrefix(line, "templ "); ok {
			name, _, _ = strings.Cut(signature, "(")
			if end := slices.Index(comment, ""); end >= 0 {
				comment = comment[:end]
			}
			return name, strings.Join(comment, " ")
		}
		comment = nil
	}
	return c.File, ""
}

// exampleID returns the ID for the component's nth example in a scheme.
func exampleID(c component, n int, scheme string) string {
	return c.File + "-" + strconv.Itoa(n+1) + "-" + scheme
}

// with returns c with children between its tags, as a template writes @c { children }.
func with(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}
