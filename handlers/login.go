package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// GET, POST /login redirects to the provider, which sends the browser back to the page ?return_to=. The optional
// ?prompt= is login, create or select_account. A person who is signed in goes to that page right away, unless there
// is a prompt.
//
// It is also the initiate-login URI for sign-ins that start at the provider or at another site (OpenID Connect Core
// section 4), with the parameters iss, login_hint and target_link_uri. If iss is present, return_to is ignored.
//
// If the browser uses another host or scheme than BaseURL, it goes to the same address at BaseURL first, because the
// provider sends it back there, and the cookie of the sign-in has to be there then.
func (a *app) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil && r.Method == http.MethodPost {
		return errMalformed
	}
	if to := a.atBaseURL(r); to != "" {
		return seeOther(w, r, to)
	}
	options := auth.LoginOptions{
		ReturnTo:  r.FormValue("return_to"),
		Prompt:    allowedPrompt(r.FormValue("prompt")),
		LoginHint: r.FormValue("login_hint"),
	}
	iss := r.FormValue("iss")
	switch {
	case iss == "" && options.Prompt == "" && visitorOf(r).signedIn():
		return seeOther(w, r, auth.SafeReturnTo(options.ReturnTo))
	case iss == "":
	case !a.Auth.IsIssuer(iss):
		return errOtherIssuer
	default:
		options.ReturnTo = a.localPart(r.FormValue("target_link_uri"))
	}
	if visitorOf(r).signedIn() { // the last sign-in lasts
		a.forgetSignIns(w, r)
	} else if err := a.checkLoop(w, r); err != nil {
		return err
	}
	authURL, err := a.Auth.BeginLogin(w, r, options)
	if err != nil {
		return withFlow(err, a.failedBegin(r, err))
	}
	return seeOther(w, r, authURL)
}

// allowedPrompt returns prompt if a link may ask for it, else "". A link must not ask for none or consent.
func allowedPrompt(prompt string) string {
	switch prompt {
	case "login", "create", "select_account":
		return prompt
	}
	return ""
}

// loginURL returns the address that begins a sign-in for a page. A page whose address is too long becomes "/", because
// a redirect must fit into the 4 kB that a proxy accepts as a header.
func loginURL(returnTo string) string {
	return "/login?return_to=" + url.QueryEscape(auth.SafeReturnTo(returnTo))
}

// GET /login/callback is the redirect URI. It completes the sign-in and redirects to the page that the person wanted.
func (a *app) callback(w http.ResponseWriter, r *http.Request) error {
	r, recorder := a.record(r, flowSignIn)
	returnTo, err := a.Auth.FinishLogin(w, r)
	if errors.Is(err, auth.ErrUnknownLogin) && visitorOf(r).signedIn() {
		// The person reloaded a callback, or went back to one.
		return seeOther(w, r, "/")
	}
	if err != nil {
		a.auditFailure(r, err)
		return a.failLogin(w, r, err, recorder)
	}
	a.countSignIn(w, r)
	recorder.end(w, returnTo)
	a.saveFlow(w, r, recorder)
	return seeOther(w, r, returnTo)
}

// POST /login/callback explains that the provider sends its response in a form, which the app does not support: it
// arrives without the cookie of the sign-in.
func (a *app) postedCallback(http.ResponseWriter, *http.Request) error { return errFormPost }
