package handlers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// causesOfRefusal explains an error of the provider that is not clearly a wrong setting (RFC 6749 sections 4.1.2.1 and
// 5.2, OpenID Connect Core section 3.1.2.6).
func (a *app) causesOfRefusal(e evidence) []views.NoticeCause {
	host, prompt := a.providerName(), a.Auth.Settings().Prompt
	said := "The " + cmp.Or(e.Endpoint, "authorization") + " endpoint answered " + cmp.Or(e.Code, "without a code") + "."
	switch e.Code {
	case "access_denied":
		return []views.NoticeCause{
			{Cause: "The person cancelled the sign-in or refused the consent.", Evidence: said,
				Cure: "Nothing needs to change."},
			{Cause: "A policy of " + host + " keeps this person out.", Evidence: "Its description is in the details.",
				Cure: "Look at the client's connections, roles and rules in the dashboard."},
		}
	case "invalid_grant":
		return []views.NoticeCause{
			{Cause: "The code was too old, or was used before.", Evidence: said,
				Cure: "Sign in again; codes live for a minute or so."},
			{Cause: "The code was issued for another client or redirect URI.",
				Evidence: "This app uses " + a.Auth.Settings().RedirectURL + ".",
				Cure:     "Compare CLIENT_ID and BASE_URL on all instances."},
			{Cause: "The clocks differ.", Evidence: cmp.Or(clockEvidence(host, e.Clock), "Codes are checked by time."),
				Cure: "Check both with timedatectl."},
		}
	case "login_required", "interaction_required", "consent_required", "account_selection_required":
		sent := "PROMPT is not set."
		if prompt != "" {
			sent = fmt.Sprintf("PROMPT is %q.", prompt)
		}
		return []views.NoticeCause{
			{Cause: host + " must not ask the person, and needs to.", Evidence: said + " " + sent,
				Cure: `Remove "none" from PROMPT, or prompt=none from AUTH_PARAMS.`},
			{Cause: "The session at " + host + " has ended or waits for the person.", Evidence: "",
				Cure: "Sign in again with PROMPT=login."},
		}
	case "server_error", "temporarily_unavailable":
		return []views.NoticeCause{
			{Cause: host + " has a problem of its own.", Evidence: said, Cure: "Look at its status page and its log."},
			{Cause: "A setting of the client makes it fail.", Evidence: "For example a rule or a broken connection.",
				Cure: "Try another client of the same tenant."},
		}
	}
	return []views.NoticeCause{
		{Cause: host + " does not accept a parameter of the sign-in.", Evidence: said,
			Cure: "Compare AUTH_PARAMS, PROMPT and SCOPES with what the client may use."},
	}
}

// causesOfSettings explains a wrong setting.
func (a *app) causesOfSettings(e evidence) []views.NoticeCause {
	s, host := a.Auth.Settings(), a.providerName()
	field := ""
	if len(e.Fields) > 0 {
		field = e.Fields[0]
	}
	switch {
	case e.Name == "tls":
		return a.causesOfConnection(e)
	case field == "ClientSecret",
		field == "ClientID" && s.AuthMethod == "none" && slices.Contains(e.Fields, "ClientSecret"):
		return a.causesOfClientAuth(e, s)
	case field == "RedirectURL":
		return []views.NoticeCause{
			{Cause: "The redirect URI is not registered.", Evidence: "This app uses " + s.RedirectURL + ".",
				Cure: "Register exactly this URI for the client at " + host + ", or correct BASE_URL."},
			{Cause: "CLIENT_ID names another client.", Evidence: "It is " + s.ClientID + ".",
				Cure: "Compare it with the dashboard."},
		}
	case field == "Scopes":
		return []views.NoticeCause{
			{Cause: "SCOPES has a scope that the client may not use.", Evidence: "It is " + strings.Join(s.Scopes, " ") + ".",
				Cure: "Remove the scope, or allow it for the client at " + host + "."},
		}
	case e.Code == "unauthorized_client", e.Code == "unsupported_response_type", e.Code == "unsupported_grant_type":
		return []views.NoticeCause{
			{Cause: "The client may not use the authorization code flow.", Evidence: host + " answered " + e.Code + ".",
				Cure: "Allow response type code and grant type authorization_code for the client."},
			{Cause: "CLIENT_ID names another client.", Evidence: "It is " + s.ClientID + ".",
				Cure: "Compare it with the dashboard."},
		}
	case field == "Issuer":
		return []views.NoticeCause{
			{Cause: a.variable(field) + " is not the issuer.", Evidence: sentence(e.Problem),
				Cure: "Copy the issuer from the discovery document; only a trailing slash may differ."},
		}
	case field != "":
		return []views.NoticeCause{
			{Cause: a.variable(field) + " does not fit " + host + ".", Evidence: sentence(e.Problem),
				Cure: "Compare " + a.variables(e.Fields) + " with the client in the dashboard."},
		}
	}
	return []views.NoticeCause{
		{Cause: host + " does not follow the standard.", Evidence: sentence(e.Problem), Cure: "Report it to its makers."},
	}
}

// causesOfClientAuth explains invalid_client.
func (a *app) causesOfClientAuth(e evidence, s auth.Settings) (causes []views.NoticeCause) {
	listed := strings.Join(s.AuthMethods, ", ")
	method := views.NoticeCause{
		Cause: "The client is registered for another method.", Evidence: "This app uses " + s.AuthMethod + ".",
		Cure: "Set CLIENT_AUTH_METHOD to the method in the dashboard.",
	}
	if len(s.AuthMethods) == 1 {
		listed += " only"
	}
	if listed != "" {
		method.Evidence = "This app uses " + s.AuthMethod + ", and the provider lists " + listed + "."
	}
	secret := views.NoticeCause{
		Cause:    a.variable("ClientSecret") + " is wrong.",
		Evidence: "The " + e.Endpoint + " endpoint answered " + e.Code + ".",
		Cure:     "Copy the secret of the client from the dashboard again.",
	}
	if s.AuthMethod == "none" {
		secret.Cause, secret.Cure = a.variable("ClientSecret")+" is not set, and the client has a secret.",
			"Set it, or make the client public in the dashboard."
	}
	causes = []views.NoticeCause{secret, method}
	if len(s.AuthMethods) > 0 && s.AuthMethod != "none" && !slices.Contains(s.AuthMethods, s.AuthMethod) {
		method.Cause = "CLIENT_AUTH_METHOD does not fit the provider."
		method.Cure = "Set CLIENT_AUTH_METHOD=" + s.AuthMethods[0] + "."
		causes = []views.NoticeCause{method, secret}
	}
	return append(causes, views.NoticeCause{
		Cause: "CLIENT_ID names another client.", Evidence: "It is " + s.ClientID + ".",
		Cure: "Compare it with the dashboard.",
	})
}

// sentence returns text of an error as a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
