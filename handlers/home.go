package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET / is the home page. Its status is 200 even if the provider and the session store do not answer.
func (a *app) home(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r)
	home := views.HomeProps{
		Issuer: a.Auth.Issuer(), People: a.people(), Settings: a.settings(),
		RedirectURI: a.BaseURL + CallbackPath,
		Began:       v.user.SignedInAt, Ends: v.user.ExpiresAt, Idle: a.IdleTimeout,
	}
	if v.signedIn() {
		home.Flow = a.homePicture(v.user)
	}
	if errors.Is(v.err, auth.ErrUnavailable) {
		a.Logger.WarnContext(r.Context(), "session not read", "request", requestID(r.Context()), "err", v.err)
		home.Notice = "We can't tell right now whether you are signed in. Reload in a moment."
	}
	page := a.pageWithFlash(w, r, "")
	if home.Notice != "" || page.Flash.Text != "" { // their styles are not in app.css
		page.More = a.Assets.URL("more.css")
	}
	if !v.signedIn() && home.Notice == "" && page.Flash.Text == "" {
		return a.renderOnce(w, r, page.Theme.Theme, views.HomePage(page, home))
	}
	return a.render(w, r, views.HomePage(page, home))
}

// people returns the people of the development provider, each with the address that begins their sign-in.
func (a *app) people() (people []views.Persona) {
	for _, user := range a.DevUsers {
		people = append(people, views.Persona{
			Name: user.Name, URL: "/login?" + url.Values{"login_hint": {user.LoginHint}}.Encode(),
			Avatar: views.Avatar(views.AvatarProps{Name: user.Name, Seed: user.Subject}),
		})
	}
	if people != nil {
		people = append(people, views.Persona{Name: "Somebody new", URL: "/login?prompt=create"})
	}
	return people
}

// settings returns the variables that name the provider. With the development provider none of them is set.
func (a *app) settings() []views.HomeSetting {
	set := func(name string, is bool, otherwise string) views.HomeSetting {
		if is {
			return views.HomeSetting{Name: name, State: "set", OK: true}
		}
		return views.HomeSetting{Name: name, State: otherwise}
	}
	tenant := a.DevUsers == nil
	return []views.HomeSetting{
		set("AUTH_URL", tenant, "not set"), set("CLIENT_ID", tenant, "not set"),
		set("CLIENT_SECRET", tenant && !a.PublicClient, "optional"),
	}
}
