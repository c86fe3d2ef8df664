package handlers

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// NewWithNotes is New with a page of one's own, a form and a fragment, added as the package comment says.
func NewWithNotes(cfg Config) http.Handler {
	a := newApp(cfg)
	a.routes()
	n := &notes{app: a, texts: map[string][]string{}}
	a.private("GET /notes", n.list)
	a.private("POST /notes", n.add)
	a.private("POST /fragments/notes", n.addFragment)
	a.private("GET /notes.txt", n.download)
	return a.handler()
}

// notes keeps texts by the subject of the person who wrote them.
type notes struct {
	*app
	mu    sync.Mutex
	texts map[string][]string
}

// ErrNotes is the error of a note with the text "fail".
var ErrNotes = errors.New("disk-full-at-10.11.12.13")

// GET /notes lists the person's notes.
func (n *notes) list(w http.ResponseWriter, r *http.Request, user auth.User) error {
	return n.render(w, r, notesPage(n.page(r, "Notes"), n.of(user)))
}

// POST /notes adds a note.
func (n *notes) add(w http.ResponseWriter, r *http.Request, user auth.User) error {
	if err := n.save(r, user); err != nil {
		return err
	}
	return seeOther(w, r, "/notes")
}

// POST /fragments/notes adds a note and returns the list alone.
func (n *notes) addFragment(w http.ResponseWriter, r *http.Request, user auth.User) error {
	if err := n.save(r, user); err != nil {
		return err
	}
	return n.render(w, r, notesList(n.of(user)))
}

// GET /notes.txt writes the notes without render.
func (n *notes) download(w http.ResponseWriter, _ *http.Request, user auth.User) error {
	_, err := fmt.Fprintln(w, n.of(user))
	return err
}

func (n *notes) save(r *http.Request, user auth.User) error {
	text := r.PostFormValue("text")
	if text == "fail" {
		return ErrNotes
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts[user.Subject] = append(n.texts[user.Subject], text)
	return nil
}

func (n *notes) of(user auth.User) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.texts[user.Subject]...)
}

// notesPage and notesList are what an app would have in its views package.
func notesPage(p views.PageProps, texts []string) templ.Component {
	header := withChild(views.Navbar(views.NavbarProps{Brand: "My app"}), views.LoginState(p.Session))
	layout := views.LayoutProps{
		Title: p.Title, Stylesheets: []string{p.Stylesheet}, Htmx: p.Htmx, Script: p.Script, Icon: p.Icon, Header: header,
	}
	return withChild(views.Layout(layout), notesList(texts))
}

func notesList(texts []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		fmt.Fprint(w, `<section id="notes"><ul>`)
		for _, text := range texts {
			fmt.Fprint(w, "<li>", html.EscapeString(text), "</li>")
		}
		_, err := fmt.Fprint(w, `</ul><form action="/notes" method="post" data-hx-post="/fragments/notes" `,
			`data-hx-target="#notes" data-hx-swap="outerHTML"><input id="text" name="text" aria-label="Note">`,
			`<button id="add">Add</button></form></section>`)
		return err
	})
}

func withChild(parent, child templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, child), w)
	})
}
