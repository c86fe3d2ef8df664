package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// GET /login: to the provider, and back to ?return_to. ?prompt= is login, create or select_account.
// It is also where a sign-in begins that starts at the provider or another site (OpenID Connect Core section
// 4, with GET or POST): iss, login_hint, target_link_uri.
func (h *app) login(w http.ResponseWriter, r *http.Request) {
	if speculative(r) {
		h.notNow(w)
		return
	}
	if r.Method == http.MethodPost && r.ParseForm() != nil { // too long, say
		h.fail(w, r, statusError(http.StatusBadRequest))
		return
	}
	ask := auth.LoginOptions{
		ReturnTo:  r.FormValue("return_to"),
		Prompt:    promptOf(r.FormValue("prompt")),
		LoginHint: r.FormValue("login_hint"),
	}
	iss := r.FormValue("iss")
	switch {
	case iss == "":
	case iss != h.Auth.Issuer():
		h.fail(w, r, statusError(http.StatusBadRequest))
		return
	default:
		ask.ReturnTo = strings.TrimPrefix(r.FormValue("target_link_uri"), h.BaseURL)
	}
	if _, err := h.Auth.User(r.Context()); err == nil && iss == "" && ask.Prompt == "" {
		seeOther(w, r, auth.SafeReturnTo(ask.ReturnTo))
		return
	}
	h.begin(w, r, ask)
}

// begin sends the browser to the provider.
func (h *app) begin(w http.ResponseWriter, r *http.Request, ask auth.LoginOptions) {
	authURL, err := h.Auth.BeginLogin(w, r, ask)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	seeOther(w, r, authURL)
}

// promptOf lets a link choose what a person may choose; none and consent are not among it.
func promptOf(s string) string {
	switch s {
	case "login", "create", "select_account":
		return s
	}
	return ""
}

// toLogin sends the browser to sign in and back to a page.
func (h *app) toLogin(w http.ResponseWriter, r *http.Request, returnTo string) {
	seeOther(w, r, loginURL(returnTo))
}

func loginURL(returnTo string) string { return "/login?return_to=" + url.QueryEscape(returnTo) }

// GET /login/callback: the provider's answer.
func (h *app) callback(w http.ResponseWriter, r *http.Request) {
	if speculative(r) {
		h.notNow(w)
		return
	}
	returnTo, err := h.Auth.FinishLogin(w, r)
	switch {
	case err == nil:
		seeOther(w, r, returnTo)
	case errors.Is(err, auth.ErrUnknownLogin) && h.signedIn(r):
		seeOther(w, r, "/") // reloaded, or gone back to: it has done its work
	default:
		h.fail(w, r, err)
	}
}

func (h *app) signedIn(r *http.Request) bool {
	_, err := h.Auth.User(r.Context())
	return err == nil
}
