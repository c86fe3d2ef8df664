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

func checkUsers(users []User) error {
	var errs []error
	seen := map[string]bool{}
	for i := range users {
		u := users[i].withDefaults()
		switch {
		case u.Username == "":
			errs = append(errs, errors.New("a person has no username"))
		case seen[normalizeLogin(u.Username)]:
			errs = append(errs, fmt.Errorf("person %q is there twice", u.Username))
		case strings.Contains(u.Subject, ":"): // which separates it in op's access tokens
			errs = append(errs, fmt.Errorf("person %q: a subject has no colon", u.Username))
		}
		seen[normalizeLogin(u.Username)] = true
	}
	return errors.Join(errs...)
}

func (u User) withDefaults() User {
	if u.Subject == "" {
		u.Subject = "dev-" + u.Username
	}
	if u.Password == "" {
		u.Password = DemoPassword
	}
	return u
}

// called is the name to show: there is always one.
func (u User) displayName() string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

// person finds somebody by the sub claim.
func (p *Provider) userBySubject(subject string) (User, bool) {
	for _, u := range p.cfg.Users {
		if u = u.withDefaults(); u.Subject == subject {
			return u, true
		}
	}
	var found User
	var ok bool
	p.state.view(func(d *savedState) {
		if i := slices.IndexFunc(d.Users, func(r registeredUser) bool { return r.Subject == subject }); i >= 0 {
			found, ok = d.Users[i].User, true
		}
	})
	return found, ok
}

// configuredUser returns the user of the configuration with this username or email.
func (p *Provider) configuredUser(login string) (User, bool) {
	for _, u := range p.cfg.Users {
		if u.matchesLogin(login) {
			return u.withDefaults(), true
		}
	}
	return User{}, false
}

// authenticate returns the user with this username or email if the password is right.
func (p *Provider) authenticate(login, password string) (User, bool) {
	if u, ok := p.configuredUser(login); ok {
		return u, password == u.Password
	}
	var found registeredUser
	p.state.view(func(d *savedState) {
		i := slices.IndexFunc(d.Users, func(r registeredUser) bool { return r.matchesLogin(login) })
		if i >= 0 {
			found = d.Users[i]
		}
	})
	return found.User, found.Password.matches(password) // without the lock, because hashing is slow
}

func (u User) matchesLogin(name string) bool {
	name = normalizeLogin(name)
	return name != "" && (normalizeLogin(u.Username) == name || normalizeLogin(u.Email) == name)
}

// fold makes names equal that people take for the same.
func normalizeLogin(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
