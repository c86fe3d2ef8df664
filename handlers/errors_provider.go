package handlers

import (
	"cmp"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// failureOfRefusal is the part of the table for what the provider refuses: a sign-in that the person cancelled, one
// that took too long, one that the provider rejected, and settings that only the people who run the app can correct.
func (a *app) failureOfRefusal(e *auth.ProviderError) failure {
	var details []views.NoticeDetail // shown only if Inspect is set
	for _, d := range []views.NoticeDetail{{Name: "Code", Value: e.Code}, {Name: "Description", Value: e.Description}} {
		if d.Value != "" {
			details = append(details, d)
		}
	}
	reason := askForHelp
	switch {
	case !a.Inspect:
	case details == nil:
		reason = noReason
	default:
		reason = reasonInDetails
	}
	switch {
	case e.Code == "access_denied":
		return failure{403, e.Code, "You were not signed in", "The sign-in was cancelled.", "Try again", "/login", details}
	case e.Endpoint == "token" && e.Code == "invalid_grant":
		return failure{400, e.Code, "The sign-in took too long",
			"Start again: it only takes a moment.", "Sign in again", "/login", details}
	case e.Endpoint == "authorization" && (e.Code == "server_error" || e.Code == "temporarily_unavailable"):
		return failure{503, e.Code, a.providerHost + " can't sign you in right now",
			"Nothing is lost. Try again in a moment.", "Try again", "/login", details}
	case e.Endpoint == "authorization":
		return failure{403, cmp.Or(e.Code, "server_error"), a.providerHost + " did not sign you in",
			reason, "Try again", "/login", details}
	}
	return failure{502, cmp.Or(e.Code, "provider_error"), "This app can't sign anyone in yet",
		a.providerHost + " rejects its requests. If you run this app: compare its settings with " +
			"the client in the dashboard. " + reason, "Go to the home page", "/", details}
}

const (
	askForHelp      = "If it happens again, send the request ID below to the people who run this app."
	noReason        = "It gave no reason."
	reasonInDetails = "Its reason is under Details."
)

// kind returns the look of a failure: it passes by itself, the person wanted it, or something is wrong.
func (f failure) kind() string {
	switch f.status {
	case http.StatusServiceUnavailable:
		return "wait"
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed:
		return "neutral"
	}
	if f.code == "access_denied" {
		return "neutral"
	}
	return "failure"
}
