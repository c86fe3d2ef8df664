package devidp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// DemoPassword is the default of [User.Password].
const DemoPassword = "demo"

// User is a user who can sign in. Empty fields are left out of the claims.
type User struct {
	// Subject is the sub claim. It must not contain a colon. The default is "dev-" and the username.
	Subject string `json:"sub"`

	// Username is required. It is sent as preferred_username and as username, which PlusAuth sends too.
	Username string `json:"username"`

	Name       string `json:"name,omitempty"`
	GivenName  string `json:"given_name,omitempty"`
	FamilyName string `json:"family_name,omitempty"`
	Nickname   string `json:"nickname,omitempty"`
	Locale     string `json:"locale,omitempty"` // BCP 47
	Zoneinfo   string `json:"zoneinfo,omitempty"`

	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`

	// UpdatedAt is the time of the last change.
	UpdatedAt time.Time `json:"updated_at,omitzero"`

	// Password is the password for the sign-in form. The default is [DemoPassword].
	Password string `json:"-"`

	// Claims are additional claims of the profile scope. They override the claims of the fields.
	Claims map[string]any `json:"-"`

	// About is a short note beside the name on the sign-in page.
	About string `json:"-"`
}

// SignInAs begins a login_hint that signs a configured user in without asking, for example "sign-in-as:ada". A page for
// development offers a person with one click in this way. It has no effect together with a prompt.
const SignInAs = "sign-in-as:"

// DemoUsers returns the default users. They cover the cases that apps often forget: an email that is not verified, a
// long name, no email, and scripts other than Latin.
func DemoUsers() []User {
	updated := time.Date(2026, time.January, 15, 9, 30, 0, 0, time.UTC)
	return []User{
		{
			Subject: "dev-ada", Username: "ada", Name: "Ada Lovelace", GivenName: "Ada", FamilyName: "Lovelace", Nickname: "Ada",
			Locale: "en-GB", Zoneinfo: "Europe/London", Email: "ada@example.com", EmailVerified: true,
			UpdatedAt: updated,
		},
		{
			Subject: "dev-bob", Username: "bob", Name: "Bob Wilson", GivenName: "Bob", FamilyName: "Wilson", Locale: "en-US",
			Email: "bob@example.com", UpdatedAt: updated, About: "email not verified",
		},
		{
			Subject: "dev-maria", Username: "maria.de.los.angeles.guadalupe.fernandez-villanueva",
			GivenName:  "María de los Ángeles Guadalupe",
			FamilyName: "Fernández-Villanueva y Montenegro de la Santísima Trinidad",
			Name: "María de los Ángeles Guadalupe " +
				"Fernández-Villanueva y Montenegro de la Santísima Trinidad",
			Locale: "es", EmailVerified: true,
			Email: "maria.de.los.angeles.guadalupe.fernandez-villanueva" +
				"@department.of.long.names.example.com",
			UpdatedAt: updated, About: "a long name",
		},
		{
			Subject: "dev-nomad", Username: "nomad", Name: "Robin Nomad", GivenName: "Robin", FamilyName: "Nomad",
			UpdatedAt: updated, About: "no email",
		},
		{
			Subject: "dev-hanako", Username: "hanako", Name: "山田 花子", GivenName: "花子", FamilyName: "山田",
			Locale: "ja", Zoneinfo: "Asia/Tokyo", Email: "hanako@example.com", EmailVerified: true,
			UpdatedAt: updated, About: "not in Latin script",
		},
		{
			Subject: "dev-layla", Username: "ليلى", Name: "ليلى الحداد", GivenName: "ليلى", FamilyName: "الحداد",
			Locale: "ar", Zoneinfo: "Africa/Cairo", Email: "layla@example.com", EmailVerified: true,
			UpdatedAt: updated, About: "right to left",
		},
	}
}

// checkUsers returns an error that lists all mistakes in the configured users.
func checkUsers(users []User) error {
	var errs []error
	seen := map[string]bool{}
	for i := range users {
		u := users[i].withDefaults()
		switch {
		case u.Username == "":
			errs = append(errs, errors.New("a user has no username"))
		case seen[normalizeLogin(u.Username)]:
			errs = append(errs, fmt.Errorf("user %q is listed twice", u.Username))
		case strings.Contains(u.Subject, ":"): // op's access tokens use the colon as a separator
			errs = append(errs, fmt.Errorf("user %q: the subject must not contain a colon", u.Username))
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

// displayName returns the name, or the username if the name is empty.
func (u User) displayName() string {
	if u.Name != "" {
		return u.Name
	}
	return u.Username
}

// userBySubject returns the user with this sub claim.
func (p *Provider) userBySubject(subject string) (User, bool) {
	for _, u := range p.config.Users {
		if u = u.withDefaults(); u.Subject == subject {
			return p.faults.changed(u), true
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

// userOfHint returns the user that a login_hint with SignInAs names.
func (p *Provider) userOfHint(a *authRequest) (User, bool) {
	login, found := strings.CutPrefix(a.params.LoginHint, SignInAs)
	if !found || len(a.params.Prompt) > 0 {
		return User{}, false
	}
	return p.configuredUser(login)
}

// configuredUser returns the user of the configuration with this username or email.
func (p *Provider) configuredUser(login string) (User, bool) {
	for _, u := range p.config.Users {
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

// matchesLogin reports whether the login is the username or the email of the user.
func (u User) matchesLogin(login string) bool {
	login = normalizeLogin(login)
	return login != "" && (normalizeLogin(u.Username) == login || normalizeLogin(u.Email) == login)
}

// normalizeLogin makes logins comparable without regard to case and surrounding space.
func normalizeLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
