package handlers

import (
	"errors"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET / is the home page. Its status is 200 even if the provider and the session store do not answer.
func (a *app) home(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r)
	home := views.HomeProps{
		Issuer: a.Auth.Issuer(), Client: "confidential", DevUsers: a.DevUsers, DevPassword: a.DevPassword,
		Began: v.user.SignedInAt, Ends: v.user.ExpiresAt,
	}
	if a.PublicClient {
		home.Client = "public"
	}
	if errors.Is(v.err, auth.ErrUnavailable) {
		a.Logger.WarnContext(r.Context(), "session not read", "request", requestID(r.Context()), "err", v.err)
		home.Notice = "We can't tell right now whether you are signed in. Reload in a moment."
	}
	if message := a.takeFlash(w, r); !v.signedIn() {
		switch message {
		case flashSignedOut:
			home.Message = "You are signed out."
		case flashSignedOutHere:
			home.Message = "You are signed out of this app, but you may still be signed in at " + a.providerHost +
				". On a shared computer, sign out there too."
		}
	}
	return a.render(w, r, views.HomePage(a.page(r, ""), home))
}
