package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET, POST /logout: out here, then at the provider; and where the provider sends the browser back
// to. Another site cannot sign a person out: from there it asks first.
func (h *app) logout(w http.ResponseWriter, r *http.Request) {
	if speculative(r) {
		h.notNow(w)
		return
	}
	if h.Auth.FinishLogout(w, r) || errors.Is(h.userErr(r), auth.ErrSignedOut) {
		seeOther(w, r, "/")
		return
	}
	if fromElsewhere(r) {
		h.render(w, r, http.StatusOK, h.logoutPage(r))
		return
	}
	endURL, err := h.Auth.BeginLogout(w, r)
	switch {
	case err != nil:
		h.fail(w, r, err)
	case endURL == "":
		seeOther(w, r, "/")
	default:
		seeOther(w, r, endURL)
	}
}

func (h *app) userErr(r *http.Request) error {
	_, err := h.Auth.User(r.Context())
	return err
}

// POST /logout/backchannel: the provider ends sessions here (Back-Channel Logout 1.0 section 2.5).
func (h *app) backChannelLogout(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	err := h.Auth.BackChannelLogout(r.Context(), r.PostFormValue("logout_token"))
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	status, code, text := http.StatusBadRequest, "invalid_request", "The logout token is not valid for this application."
	if !errors.Is(err, auth.ErrBadToken) {
		status, code, text = http.StatusServiceUnavailable, "temporarily_unavailable", "The logout could not be carried out. Try again."
	}
	h.Logger.WarnContext(r.Context(), "back-channel logout refused", "request", requestID(r.Context()), "err", err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
}

// GET /logout/frontchannel: the provider ends a session through a frame in the browser (Front-Channel
// Logout 1.0 section 3). Only the provider may frame it.
func (h *app) frontChannelLogout(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors "+source(h.issuerOrigin))
	q := r.URL.Query()
	switch err := h.Auth.FrontChannelLogout(r.Context(), q.Get("iss"), q.Get("sid")); {
	case errors.Is(err, auth.ErrBadToken):
		http.Error(w, "This does not come from the provider that this application signs people in with.", http.StatusBadRequest)
	case err != nil:
		h.Logger.WarnContext(r.Context(), "front-channel logout not carried out", "request", requestID(r.Context()), "err", err)
		http.Error(w, "The logout could not be carried out. Try again.", http.StatusServiceUnavailable)
	default:
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("Signed out.\n"))
	}
}

func (h *app) logoutPage(r *http.Request) templ.Component { return views.LogoutPage(h.page(r)) }
