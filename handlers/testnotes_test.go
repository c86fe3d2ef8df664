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

// NewWithNotes is New with another page, form and fragment, registered as the package comment says. Their names begin
// with "test", so that an app can have notes of its own.
func NewWithNotes(cfg Config) http.Handler {
	a := newApp(cfg)
	a.routes()
	n := &testNotes{app: a, texts: map[string][]string{}}
	a.private("GET /test-notes", n.list)
	a.private("POST /test-notes", n.add)
	a.private("POST /fragments/test-notes", n.addFragment)
	a.private("GET /test-notes.txt", n.download)
	return a.handler()
}

// testNotes keeps texts by the subject of the person who wrote them.
type testNotes struct {
	*app
	mu    sync.Mutex
	texts map[string][]string
}

// ErrNotes is the error of a note with the text "fail".
var ErrNotes = errors.New("disk-full-at-10.11.12.13")

// GET /test-notes lists the person's notes.
func (n *testNotes) list(w http.ResponseWriter, r *http.Request, user auth.User) error {
	return n.render(w, r, testNotesPage(n.page(r, "Notes"), n.of(user)))
}

// POST /test-notes adds a note.
func (n *testNotes) add(w http.ResponseWriter, r *http.Request, user auth.User) error {
	if err := n.save(r, user); err != nil {
		return err
	}
	return seeOther(w, r, "/test-notes")
}

// POST /fragments/test-notes adds a note and returns the list alone.
func (n *testNotes) addFragment(w http.ResponseWriter, r *http.Request, user auth.User) error {
	if err := n.save(r, user); err != nil {
		return err
	}
	return n.render(w, r, testNotesList(n.of(user)))
}

// GET /test-notes.txt writes the notes without render.
func (n *testNotes) download(w http.ResponseWriter, _ *http.Request, user auth.User) error {
	_, err := fmt.Fprintln(w, n.of(user))
	return err
}

func (n *testNotes) save(r *http.Request, user auth.User) error {
	text := r.PostFormValue("text")
	if text == "fail" {
		return ErrNotes
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts[user.Subject] = append(n.texts[user.Subject], text)
	return nil
}

func (n *testNotes) of(user auth.User) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.texts[user.Subject]...)
}

// testNotesPage and testNotesList are what an app would have in its views package.
func testNotesPage(p views.PageProps, texts []string) templ.Component {
	header := withChild(views.Navbar(views.NavbarProps{Brand: "My app"}), views.LoginState(p.Session))
	layout := views.LayoutProps{
		Title: p.Title, Stylesheets: []string{p.Stylesheet}, Htmx: p.Htmx, Script: p.Script, Icon: p.Icon, Header: header,
	}
	return withChild(views.Layout(layout), testNotesList(texts))
}

func testNotesList(texts []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		fmt.Fprint(w, `<section id="notes"><ul>`)
		for _, text := range texts {
			fmt.Fprint(w, "<li>", html.EscapeString(text), "</li>")
		}
		_, err := fmt.Fprint(w, `</ul><form action="/test-notes" method="post" data-hx-post="/fragments/test-notes" `,
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
