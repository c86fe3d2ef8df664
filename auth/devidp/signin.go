package devidp

import (
	"hash/fnv"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// accountChoice is a row of the account list on the sign-in page.
type accountChoice struct {
	Username, DisplayName, Email, About string

	Initials string
	Hue      uint32 // of the circle behind the initials, from 0 to 7, as the app's avatars have it
}

func choiceOf(u User) accountChoice {
	hue := fnv.New32a()
	hue.Write([]byte(u.withDefaults().Subject + "\n"))
	var initials string
	if words := strings.Fields(u.displayName()); len(words) > 0 {
		first, _ := utf8.DecodeRuneInString(words[0])
		initials = string(unicode.ToUpper(first))
		if last, _ := utf8.DecodeRuneInString(words[len(words)-1]); len(words) > 1 {
			initials += string(unicode.ToUpper(last))
		}
	}
	return accountChoice{u.Username, u.displayName(), u.Email, u.About, initials, hue.Sum32() % 8}
}

// GET /signin shows the sign-in page.
func (p *Provider) signInPage(w http.ResponseWriter, r *http.Request, a *authRequest) {
	p.showSignIn(w, r, a, http.StatusOK, "", "")
}

// showSignIn renders the sign-in page. The account that the login_hint names comes first. The demo password is shown
// only if all accounts have it.
func (p *Provider) showSignIn(
	w http.ResponseWriter, r *http.Request, a *authRequest, status int, login, message string,
) {
	if login == "" {
		login = strings.TrimPrefix(a.params.LoginHint, SignInAs)
	}
	var accounts []accountChoice
	demoPassword := DemoPassword
	for _, u := range p.config.Users {
		accounts = append(accounts, choiceOf(u))
		if u.withDefaults().Password != DemoPassword {
			demoPassword = ""
		}
	}
	slices.SortStableFunc(accounts, func(x, y accountChoice) int {
		rank := func(c accountChoice) int {
			if (User{Username: c.Username, Email: c.Email}).matchesLogin(a.params.LoginHint) {
				return 0
			}
			return 1
		}
		return rank(x) - rank(y)
	})
	if len(accounts) == 0 {
		demoPassword = ""
	}
	data := map[string]any{
		"Query": requestQuery(a), "Client": a.client.Name, "Accounts": accounts, "DemoPassword": demoPassword,
		"Login": login, "Error": message, "Panel": p.panel(a),
	}
	if expected, ok := p.userBySubject(a.hintSubject); ok {
		data["Expected"] = expected.displayName()
	}
	if s, ok := p.currentSession(r); ok && !a.mustReauthenticate(s, p.now()) {
		user, _ := p.userBySubject(s.Subject)
		data["Current"] = choiceOf(user)
	}
	p.render(w, r, status, "signin.html", data)
}

// requestQuery returns the query that the forms and links of a page carry, so that they belong to the request.
func requestQuery(a *authRequest) template.URL {
	if a.id == "" {
		return ""
	}
	return template.URL("?" + url.Values{"request": {a.id}}.Encode()) // safe, because the provider made the ID
}

// POST /signin signs a user in: with "person", a configured user without a password; with "continue", the user of
// the session; otherwise the user with that login and password.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request, a *authRequest) {
	var user User
	var ok bool
	switch {
	case r.PostForm.Has("continue"):
		s, signedIn := p.currentSession(r)
		if !signedIn || a.mustReauthenticate(s, p.now()) {
			p.showSignIn(w, r, a, http.StatusOK, "", "")
			return
		}
		p.continueSignIn(w, r, a, s)
		return
	case r.PostForm.Has("person"):
		user, ok = p.configuredUser(r.PostForm.Get("person"))
	default:
		user, ok = p.authenticate(r.PostForm.Get("login"), r.PostForm.Get("password"))
	}
	if !ok {
		login, message := r.PostForm.Get("login"), "That email or password is wrong."
		if u, ok := p.configuredUser(login); ok && u.Password == DemoPassword {
			message += " The password is " + DemoPassword + "."
		}
		p.showSignIn(w, r, a, http.StatusUnprocessableEntity, login, message)
		return
	}
	p.signInAs(w, r, a, user)
}

// signInAs starts a session and continues the request.
func (p *Provider) signInAs(w http.ResponseWriter, r *http.Request, a *authRequest, user User) {
	s, err := p.startSession(w, r, user.Subject)
	if err != nil {
		p.showSaveError(w, r, err)
		return
	}
	p.continueSignIn(w, r, a, s)
}

// continueSignIn continues the request in this session. Without a request, it shows the account page.
func (p *Provider) continueSignIn(w http.ResponseWriter, r *http.Request, a *authRequest, s session) {
	if a.id == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p.updateRequest(a, func(a *authRequest) { a.chosenSID = s.SID })
	p.proceed(w, r, a, s, true)
}

// POST /cancel sends access_denied to the client.
func (p *Provider) cancel(w http.ResponseWriter, r *http.Request, a *authRequest) {
	if a.id == "" {
		p.showEnded(w, r)
		return
	}
	p.sendError(w, r, a.params, oidc.ErrAccessDenied().WithDescription("the user cancelled"))
}
