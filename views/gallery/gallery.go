// Package gallery shows the components of package views: each one in all its states, light and dark, with its source
// files to copy. It knows nothing of the app around it.
//
//	gallery.Page(page, gallery.Props{Component: "navbar", Stylesheet: assets.Stylesheet}).Render(ctx, w)
package gallery

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// Props selects what Page shows. The zero value shows the list of all components.
type Props struct {
	// Component is one of the names that Components returns. Any other value, and the empty one, shows all of them.
	Component string

	// Scheme is "light" or "dark", in which the states of a component are drawn. Any other value draws both.
	Scheme string

	// Narrow draws the states in a width of 320 px, the narrowest screen of WCAG 2.2, 1.4.10.
	Narrow bool

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
		d := c.document()
		title, description = d.Name, d.About
		content = detail(c, d, g)
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

// Components returns the names of all components. A name is that of the component's files,
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
	Group    string // one of groups
	Needs    string // a sentence about what it needs besides its two files; if empty, it works alone
	Examples []example
}

// example is a component in one state. A page draws it twice, so Draw takes the ID of its root element.
type example struct {
	State string
	Draw  func(id string) templ.Component
	Inert bool // the example cannot be used, because its form would post something
}

// groups are the headings of the gallery, in their order.
var groups = []string{"Auth", "Forms", "Layout", "Feedback"}

// inGroup returns the components of a group in their order.
func inGroup(group string) (found []component) {
	for _, c := range components {
		if c.Group == group {
			found = append(found, c)
		}
	}
	return found
}

func find(file string) (component, bool) {
	i := slices.IndexFunc(components, func(c component) bool { return c.File == file })
	if i < 0 {
		return component{}, false
	}
	return components[i], true
}

// name returns the component's name in Go, for example "LoginState".
func (c component) name() string { return c.document().Name }

// schemes returns those in which the states are drawn.
func (g Props) schemes() []string {
	if g.Scheme == "light" || g.Scheme == "dark" {
		return []string{g.Scheme}
	}
	return []string{"light", "dark"}
}

// url returns the address of the page with other settings.
func (g Props) url(scheme string, narrow bool) string {
	q := url.Values{}
	if scheme == "light" || scheme == "dark" {
		q.Set("scheme", scheme)
	}
	if narrow {
		q.Set("width", "320")
	}
	address := url.URL{Path: "/components/" + g.Component, RawQuery: q.Encode(), Fragment: "states"}
	return address.String()
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
