package handlers

import (
	"errors"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /: for everybody, whatever else is out of order.
func (h *app) home(w http.ResponseWriter, r *http.Request) {
	user, err := h.Auth.User(r.Context())
	home := views.HomeProps{Issuer: h.Auth.Issuer(), Client: h.clientKind(), DevUsers: h.DevUsers, DevPassword: h.DevPassword,
		Began: user.SignedInAt, Ends: user.ExpiresAt}
	if errors.Is(err, auth.ErrUnavailable) {
		h.Logger.WarnContext(r.Context(), "shown as signed out", "request", requestID(r.Context()), "err", err)
		home.Notice = "Sessions can't be reached right now, so you are shown as signed out. Try again in a moment."
	}
	h.render(w, r, http.StatusOK, views.HomePage(h.page(r), home))
}

func (h *app) clientKind() string {
	if h.PublicClient {
		return "public"
	}
	return "confidential"
}
