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
	minPasswordLength = 8    // characters
	maxPasswordLength = 1000 // characters
	maxNameLength     = 200  // characters
	maxEmailLength    = 254  // bytes (RFC 5321)
)

// registeredUser is a user who registered at the provider.
type registeredUser struct {
	User
	Password passwordHash `json:"password"`
}

// GET /register shows the registration page.
func (p *Provider) registerPage(w http.ResponseWriter, r *http.Request, a *authRequest) {
	p.showRegister(w, r, a, http.StatusOK, "", a.params.LoginHint, nil)
}

// showRegister renders the registration page. The keys of problems are names of fields.
func (p *Provider) showRegister(
	w http.ResponseWriter, r *http.Request, a *authRequest, status int, name, email string, problems map[string]string,
) {
	p.render(w, r, status, "register.html", map[string]any{
		"Query": requestQuery(a), "Client": a.client.Name, "Name": name, "Email": email, "Errors": problems,
	})
}

// POST /register registers a user and signs the user in.
func (p *Provider) register(w http.ResponseWriter, r *http.Request, a *authRequest) {
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
		p.showRegister(w, r, a, http.StatusUnprocessableEntity, name, email, problems)
		return
	}
	p.signInAs(w, r, a, user)
}

// checkRegistration returns an error message for each invalid field.
func checkRegistration(name, email, password string) map[string]string {
	problems := map[string]string{}
	switch {
	case name == "":
		problems["name"] = "Enter your name."
	case utf8.RuneCountInString(name) > maxNameLength:
		problems["name"] = "Use 200 characters or fewer."
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		problems["name"] = "Use text only, no control characters."
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmailLength {
		problems["email"] = "Enter an email address like ada@example.com."
	}
	switch {
	case utf8.RuneCountInString(password) < minPasswordLength:
		problems["password"] = "Use 8 characters or more."
	case utf8.RuneCountInString(password) > maxPasswordLength:
		problems["password"] = "Use 1,000 characters or fewer."
	}
	return problems
}

// addUser registers a user with an unused username. If another user has the email, addUser returns a zero User.
func (p *Provider) addUser(name, email, password string) (User, error) {
	hashed, err := newPasswordHash(password) // without the lock, because hashing is slow
	if err != nil {
		return User{}, err
	}
	base, _, _ := strings.Cut(normalizeLogin(email), "@")
	user := User{
		Subject: "dev-" + strings.ToLower(rand.Text()), Name: name, Email: email,
		UpdatedAt: p.now().Truncate(time.Second),
	}
	taken := false
	err = p.state.update(func(d *savedState) error {
		exists := func(name string) bool {
			matches := func(q User) bool { return q.matchesLogin(name) }
			return slices.ContainsFunc(p.config.Users, matches) ||
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
