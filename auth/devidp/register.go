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
	maxPassword = 1000 // characters
	maxName     = 200  // characters
	maxEmail    = 254  // bytes (RFC 5321)
)

// registered is a person who registered here.
type registeredUser struct {
	User
	Password passwordHash `json:"password"`
}

// GET /register
func (p *Provider) registerPage(w http.ResponseWriter, r *http.Request) {
	a, ok := p.findRequest(r)
	if !ok && r.URL.Query().Has("request") {
		p.showEnded(w, r)
		return
	}
	p.showRegister(w, r, &a, http.StatusOK, "", a.params.LoginHint, nil)
}

func (p *Provider) showRegister(w http.ResponseWriter, r *http.Request, a *authRequest, status int, name, email string, problems map[string]string) {
	p.render(w, r, status, "register.html", map[string]any{
		"Query": requestQuery(a), "Client": a.client.Name, "Name": name, "Email": email, "Errors": problems,
	})
}

// POST /register: the new person is signed in.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) {
	a, ok := p.findRequest(r)
	if !ok && r.URL.Query().Has("request") {
		p.showEnded(w, r)
		return
	}
	name := strings.Join(strings.Fields(r.PostForm.Get("name")), " ")
	email := strings.TrimSpace(r.PostForm.Get("email"))
	password := r.PostForm.Get("password")
	problems := checkRegistration(name, email, password)
	var user User
	if len(problems) == 0 {
		var err error
		if user, err = p.addUser(name, email, password); err != nil {
			p.showSaveError(w, r, err)
			return
		}
		if user.Subject == "" {
			problems = map[string]string{"email": "This email has an account. Sign in instead?"}
		}
	}
	if len(problems) > 0 {
		p.showRegister(w, r, &a, http.StatusUnprocessableEntity, name, email, problems)
		return
	}
	p.signInAs(w, r, &a, user)
}

func checkRegistration(name, email, password string) map[string]string {
	problems := map[string]string{}
	switch {
	case name == "":
		problems["name"] = "Enter your name."
	case utf8.RuneCountInString(name) > maxName:
		problems["name"] = "Use 200 characters or fewer."
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		problems["name"] = "Use text only, no control characters."
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmail {
		problems["email"] = "Enter an email address like ada@example.com."
	}
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		problems["password"] = "Use 8 characters or more."
	case utf8.RuneCountInString(password) > maxPassword:
		problems["password"] = "Use 1,000 characters or fewer."
	}
	return problems
}

// addPerson registers somebody. When the email is another's already, the person returned is empty.
func (p *Provider) addUser(name, email, password string) (User, error) {
	hashed, err := newPasswordHash(password) // outside the lock: it takes a while
	if err != nil {
		return User{}, err
	}
	base, _, _ := strings.Cut(normalizeLogin(email), "@")
	user := User{Subject: "dev-" + strings.ToLower(rand.Text()), Name: name, Email: email, UpdatedAt: p.now().Truncate(time.Second)}
	taken := false
	err = p.state.update(func(d *savedState) error {
		exists := func(name string) bool {
			matches := func(q User) bool { return q.matchesLogin(name) }
			return slices.ContainsFunc(p.cfg.Users, matches) ||
				slices.ContainsFunc(d.Users, func(r registeredUser) bool { return matches(r.User) })
		}
		if taken = exists(email); taken {
			return nil
		}
		user.Username = base
		for n := 2; exists(user.Username); n++ {
			user.Username = base + strconv.Itoa(n)
		}
		d.Users = append(d.Users, registeredUser{User: user, Password: hashed})
		return nil
	})
	if taken || err != nil {
		return User{}, err
	}
	return user, nil
}
