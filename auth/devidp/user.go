package devidp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DemoPassword is the password of every person who has no other.
const DemoPassword = "demo"

// User is somebody who can sign in. What is empty is not among the claims.
type User struct {
	// Subject is the sub claim. Default: "dev-" and the username.
	Subject string `json:"sub"`

	// Username is required. It is sent as preferred_username and, as PlusAuth does, as username.
	Username string `json:"username"`

	Name       string `json:"name,omitempty"`
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	Nickname   string `json:"nickname,omitempty"`
	Locale     string `json:"locale,omitempty"` // BCP 47
	Zoneinfo   string `json:"zoneinfo,omitempty"`

	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`

	// UpdatedAt is when any of this changed last.
	UpdatedAt time.Time `json:"updated_at,omitzero"`

	// Password is for the form. Default: [DemoPassword].
	Password string `json:"-"`

	// Claims are further claims of the profile scope; one of them replaces another of its name.
	Claims map[string]any `json:"-"`

	// About is a few words beside the name in the list of people.
	About string `json:"-"`
}

// DemoUsers returns the people of the default configuration: the usual one, and those whom applications forget.
func DemoUsers() []User {
	updated := time.Date(2026, time.January, 15, 9, 30, 0, 0, time.UTC)
	return []User{
		{Username: "ada", Name: "Ada Lovelace", GivenName: "Ada", FamilyName: "Lovelace", Nickname: "Ada", Locale: "en-GB", Zoneinfo: "Europe/London",
			Email: "ada@example.com", EmailVerified: true, UpdatedAt: updated},
		{Username: "bob", Name: "Bob Wilson", GivenName: "Bob", FamilyName: "Wilson", Locale: "en-US",
			Email: "bob@example.com", UpdatedAt: updated, About: "email not verified"},
		{Username: "maria", Name: "María de los Ángeles Guadalupe Fernández-Villanueva y Montenegro de la Santísima Trinidad",
			GivenName: "María de los Ángeles Guadalupe", FamilyName: "Fernández-Villanueva y Montenegro de la Santísima Trinidad", Locale: "es",
			Email:         "maria.de.los.angeles.guadalupe.fernandez-villanueva@department.of.long.names.example.com",
			EmailVerified: true, UpdatedAt: updated, About: "a long name"},
		{Username: "nomad", Name: "Robin Nomad", GivenName: "Robin", FamilyName: "Nomad", UpdatedAt: updated, About: "no email"},
		{Username: "hanako", Name: "山田 花子", GivenName: "花子", FamilyName: "山田", Locale: "ja", Zoneinfo: "Asia/Tokyo",
			Email: "hanako@example.com", EmailVerified: true, UpdatedAt: updated, About: "not in Latin script"},
		{Username: "layla", Name: "ليلى الحداد", GivenName: "ليلى", FamilyName: "الحداد", Locale: "ar", Zoneinfo: "Africa/Cairo",
			Email: "layla@example.com", EmailVerified: true, UpdatedAt: updated, About: "right to left"},
	}
}

func checkPeople(people []User) error {
	var faults []error
	usernames := map[string]bool{}
	for i := range people {
		p := people[i].withDefaults()
		switch {
		case p.Username == "":
			faults = append(faults, errors.New("a person has no username"))
		case usernames[fold(p.Username)]:
			faults = append(faults, fmt.Errorf("person %q is there twice", p.Username))
		case strings.Contains(p.Subject, ":"): // which separates it in op's access tokens
			faults = append(faults, fmt.Errorf("person %q: a subject has no colon", p.Username))
		}
		usernames[fold(p.Username)] = true
	}
	return errors.Join(faults...)
}

func (p User) withDefaults() User {
	if p.Subject == "" {
		p.Subject = "dev-" + p.Username
	}
	if p.Password == "" {
		p.Password = DemoPassword
	}
	return p
}

// called is the name to show: there is always one.
func (p User) called() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Username
}

// person finds somebody by the sub claim.
func (p *Provider) person(subject string) (User, bool) {
	for _, q := range p.cfg.Users {
		if q = q.withDefaults(); q.Subject == subject {
			return q, true
		}
	}
	var found User
	var ok bool
	p.state.read(func(d *saved) {
		if i := slices.IndexFunc(d.People, func(r registered) bool { return r.Subject == subject }); i >= 0 {
			found, ok = d.People[i].User, true
		}
	})
	return found, ok
}

// demo finds one of the configured people, who need no password, by username.
func (p *Provider) demo(username string) (User, bool) {
	for _, q := range p.cfg.Users {
		if q.Username == username {
			return q.withDefaults(), true
		}
	}
	return User{}, false
}

// login finds somebody by username or email, and password.
func (p *Provider) login(name, password string) (User, bool) {
	for _, q := range p.cfg.Users {
		if q = q.withDefaults(); q.isCalled(name) {
			return q, password == q.Password
		}
	}
	var r registered
	p.state.read(func(d *saved) {
		if i := slices.IndexFunc(d.People, func(r registered) bool { return r.isCalled(name) }); i >= 0 {
			r = d.People[i]
		}
	})
	return r.User, r.Password.is(password) // outside the lock: it takes a while
}

func (p User) isCalled(name string) bool {
	name = fold(name)
	return name != "" && (fold(p.Username) == name || fold(p.Email) == name)
}

// fold makes names equal that people take for the same.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
