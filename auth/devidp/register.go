package devidp

import (
	"crypto/rand"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	minPassword = 8    // characters
	maxPassword = 1000 // bytes
	maxName     = 200  // characters
	maxEmail    = 254  // bytes (RFC 5321)
)

// registered is a person who registered here.
type registered struct {
	User
	Password passwordHash `json:"password"`
}

// GET /register
func (p *Provider) registerPage(w http.ResponseWriter, r *http.Request) {
	a, ok := p.request(r)
	if !ok && r.URL.Query().Has("request") {
		p.over(w, r)
		return
	}
	p.showRegister(w, r, &a, http.StatusOK, "", a.asked.LoginHint, nil)
}

func (p *Provider) showRegister(w http.ResponseWriter, r *http.Request, a *authRequest, status int, name, email string, faults map[string]string) {
	p.render(w, r, status, "register.html", map[string]any{
		"Query": query(a), "Client": a.client.Name, "Name": name, "Email": email, "Errors": faults,
	})
}

// POST /register: the new person is signed in.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) {
	a, ok := p.request(r)
	if !ok && r.URL.Query().Has("request") {
		p.over(w, r)
		return
	}
	name := strings.Join(strings.Fields(r.PostForm.Get("name")), " ")
	email := strings.TrimSpace(r.PostForm.Get("email"))
	password := r.PostForm.Get("password")
	faults := checkRegistration(name, email, password)
	var person User
	if len(faults) == 0 {
		var err error
		if person, err = p.addPerson(name, email, password); err != nil {
			p.broken(w, r, err)
			return
		}
		if person.Subject == "" {
			faults = map[string]string{"email": "Somebody with this email is registered already."}
		}
	}
	if len(faults) > 0 {
		p.showRegister(w, r, &a, http.StatusUnprocessableEntity, name, email, faults)
		return
	}
	p.signInAs(w, r, &a, person)
}

func checkRegistration(name, email, password string) map[string]string {
	faults := map[string]string{}
	switch {
	case name == "":
		faults["name"] = "Please give a name."
	case utf8.RuneCountInString(name) > maxName:
		faults["name"] = "This name is longer than 200 characters."
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		faults["name"] = "This name has characters that are no text."
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmail {
		faults["email"] = "This is no email address."
	}
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		faults["password"] = "Please take 8 characters or more."
	case len(password) > maxPassword:
		faults["password"] = "Please take a shorter one."
	}
	return faults
}

// addPerson registers somebody. When the email is another's already, the person returned is empty.
func (p *Provider) addPerson(name, email, password string) (User, error) {
	hashed, err := hashPassword(password) // outside the lock: it takes a while
	if err != nil {
		return User{}, err
	}
	base, _, _ := strings.Cut(fold(email), "@")
	person := User{Subject: "dev-" + strings.ToLower(rand.Text()), Name: name, Email: email, UpdatedAt: p.now().Truncate(time.Second)}
	taken := false
	err = p.state.change(func(d *saved) error {
		isTaken := func(name string) bool {
			called := func(q User) bool { return q.isCalled(name) }
			return slices.ContainsFunc(p.cfg.Users, called) ||
				slices.ContainsFunc(d.People, func(r registered) bool { return called(r.User) })
		}
		if taken = isTaken(email); taken {
			return nil
		}
		person.Username = base
		for n := 2; isTaken(person.Username); n++ {
			person.Username = base + strconv.Itoa(n)
		}
		d.People = append(d.People, registered{User: person, Password: hashed})
		return nil
	})
	if taken || err != nil {
		return User{}, err
	}
	return person, nil
}
