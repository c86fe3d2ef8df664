package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
)

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

// GET /healthz: the process answers.
func (h *app) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// GET /readyz: people can sign in.
func (h *app) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := h.Auth.Ready(r.Context()); err != nil {
		h.Logger.WarnContext(r.Context(), "not ready", "request", requestID(r.Context()), "err", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ready\n"))
}

// GET /favicon.ico: for what does not read the page's own link.
func (h *app) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, h.Assets.URL("favicon.svg"), http.StatusFound)
}
