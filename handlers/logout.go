package handlers

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET, POST /logout ends the session here and then at the provider. It is also the post-logout redirect URI. A link on
// another site cannot sign a person out: the page asks first. The home page says whether the person is signed out at
// the provider too.
func (a *app) logout(w http.ResponseWriter, r *http.Request) error {
	a.forgetSignIns(w, r)
	r, recorder := a.record(r, flowSignOut)
	if a.Auth.FinishLogout(w, r) {
		a.continueSignOut(w, r, recorder)
		a.setFlash(w, flashSignedOut)
		return seeOther(w, r, "/")
	}
	if errors.Is(visitorOf(r).err, auth.ErrSignedOut) {
		a.setFlash(w, flashSignedOut)
		return seeOther(w, r, "/")
	}
	if isCrossSite(r) {
		return a.render(w, r, views.LogoutPage(a.page(r, "Logout")))
	}
	endURL, err := a.Auth.BeginLogout(w, r)
	if err != nil {
		return withFlow(err, recorder)
	}
	a.auditEnd(r, visitorOf(r).user, "logout")
	a.saveFlow(w, r, recorder)
	if endURL == "" {
		a.setFlash(w, flashSignedOutHere)
		return seeOther(w, r, "/")
	}
	return seeOther(w, r, endURL)
}

// POST /logout/backchannel receives the provider's logout tokens and ends the sessions that they name (Back-Channel
// Logout 1.0 section 2.5). Its responses are for the provider: errors are JSON in the format of section 2.8.
func (a *app) backChannelLogout(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	err := a.Auth.BackChannelLogout(r.Context(), r.PostFormValue("logout_token"))
	if err == nil {
		a.auditEnd(r, auth.User{}, "back_channel")
		w.WriteHeader(http.StatusOK)
		return
	}
	status, code, text := http.StatusBadRequest, "invalid_request", "The logout token is not valid for this application."
	if !errors.Is(err, auth.ErrBadToken) {
		status, code, text = http.StatusServiceUnavailable, "temporarily_unavailable", logoutFailed
	}
	a.Logger.WarnContext(r.Context(), "back-channel logout failed", "request", requestID(r.Context()), "err", err)
	writeJSON(w, status, map[string]string{"error": code, "error_description": text})
}

// GET /logout/frontchannel ends a session from a frame on the provider's sign-out page (Front-Channel Logout 1.0
// section 3). Only the provider may frame it.
func (a *app) frontChannelLogout(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors "+cspSource(a.providerOrigin))
	q := r.URL.Query()
	switch err := a.Auth.FrontChannelLogout(r.Context(), q.Get("iss"), q.Get("sid")); {
	case errors.Is(err, auth.ErrBadToken):
		http.Error(w, "Unknown issuer.", http.StatusBadRequest)
	case err != nil:
		a.Logger.WarnContext(r.Context(), "front-channel logout failed", "request", requestID(r.Context()), "err", err)
		http.Error(w, logoutFailed, http.StatusServiceUnavailable)
	default:
		a.auditEnd(r, auth.User{}, "front_channel")
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("Signed out.\n"))
	}
}

const logoutFailed = "The session could not be ended. Try again."

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
