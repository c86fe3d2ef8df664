package devidp

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// choice is a person as the list on the sign-in page shows them.
type choice struct {
	Username, Called, Email, About string
}

// GET /signin: for a request of a client, or, without one, for the provider's own sake.
func (p *Provider) signInPage(w http.ResponseWriter, r *http.Request) {
	a, ok := p.request(r)
	if !ok && r.URL.Query().Has("request") {
		p.over(w, r)
		return
	}
	p.showSignIn(w, r, &a, http.StatusOK, "", "")
}

func (p *Provider) showSignIn(w http.ResponseWriter, r *http.Request, a *authRequest, status int, login, fault string) {
	if login == "" {
		login = a.asked.LoginHint
	}
	var people []choice
	for _, q := range p.cfg.Users {
		people = append(people, choice{q.Username, q.called(), q.Email, q.About})
	}
	// The one who is expected comes first.
	slices.SortStableFunc(people, func(x, y choice) int {
		first := func(c choice) int {
			if (User{Username: c.Username, Email: c.Email}).isCalled(a.asked.LoginHint) {
				return 0
			}
			return 1
		}
		return first(x) - first(y)
	})
	data := map[string]any{
		"Query": query(a), "Client": a.client.Name, "People": people, "Password": DemoPassword, "Login": login, "Error": fault,
	}
	if expected, ok := p.person(a.hint); ok {
		data["Expected"] = expected.called()
	}
	if s, ok := p.current(r); ok && !a.mustProve(s, p.now()) {
		person, _ := p.person(s.Subject)
		data["Current"] = choice{Called: person.called()}
	}
	p.render(w, r, status, "signin.html", data)
}

// query is the query of the forms and links of a page about a request.
func query(a *authRequest) template.URL {
	if a.id == "" {
		return ""
	}
	return template.URL("?" + url.Values{"request": {a.id}}.Encode()) // an id of ours
}

// POST /signin: person, continue, or login and password.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request) {
	a, ok := p.request(r)
	if !ok && r.URL.Query().Has("request") {
		p.over(w, r)
		return
	}
	var person User
	switch {
	case r.PostForm.Has("continue"):
		s, signedIn := p.current(r)
		if !signedIn || a.mustProve(s, p.now()) {
			p.showSignIn(w, r, &a, http.StatusOK, "", "")
			return
		}
		p.goOn(w, r, &a, s)
		return
	case r.PostForm.Has("person"):
		person, ok = p.demo(r.PostForm.Get("person"))
	default:
		person, ok = p.login(r.PostForm.Get("login"), r.PostForm.Get("password"))
	}
	if !ok {
		p.showSignIn(w, r, &a, http.StatusUnprocessableEntity, r.PostForm.Get("login"), "The name or the password is not right.")
		return
	}
	p.signInAs(w, r, &a, person)
}

// signInAs begins the session, and goes on to where the person was going.
func (p *Provider) signInAs(w http.ResponseWriter, r *http.Request, a *authRequest, person User) {
	s, err := p.begin(w, r, person.Subject)
	if err != nil {
		p.broken(w, r, err)
		return
	}
	p.goOn(w, r, a, s)
}

func (p *Provider) goOn(w http.ResponseWriter, r *http.Request, a *authRequest, s session) {
	if a.id == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p.advance(a, func(a *authRequest) { a.by = s.SID })
	p.proceed(w, r, a, s, true)
}

// POST /cancel: back to the client, with nothing.
func (p *Provider) cancel(w http.ResponseWriter, r *http.Request) {
	a, ok := p.request(r)
	if !ok {
		p.over(w, r)
		return
	}
	p.refuseTo(w, r, a.asked, oidc.ErrAccessDenied().WithDescription("the person cancelled"))
}
