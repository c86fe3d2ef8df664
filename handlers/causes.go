package handlers

import (
	"cmp"
	"fmt"

	"github.com/plusauth/plusauth-go-starter/views"
)

// causes returns the likely causes of an error for the people who run the app, the most likely first. It returns nil
// unless Inspect is set.
func (a *app) causes(e evidence) []views.NoticeCause {
	if !a.Inspect {
		return nil
	}
	switch e.Kind {
	case kindCheck, kindToken:
		return a.causesOfCheck(e)
	case kindProvider:
		return a.causesOfRefusal(e)
	case kindMisconfigured:
		return a.causesOfSettings(e)
	case kindNoCookies, kindNoAttempt, kindSealedAttempt, kindNoState:
		return a.causesOfAttempt(e)
	case kindProviderDown:
		return a.causesOfConnection(e)
	case kindStoreDown:
		return []views.NoticeCause{
			{Cause: "The session store does not answer.", Evidence: "The log names the error under the request ID.",
				Cure: "Check the address in SESSION_STORE and the server behind it."},
		}
	case kindFormPost:
		return []views.NoticeCause{
			{Cause: "The client's response mode is form_post.",
				Evidence: a.providerName() + " sent a POST request to " + a.BaseURL + CallbackPath + ".",
				Cure:     "Set the response mode of the client to query, and remove response_mode from AUTH_PARAMS."},
		}
	case kindOtherIssuer:
		return []views.NoticeCause{
			{Cause: "AUTH_URL names another issuer than the link.",
				Evidence: "This app signs people in at " + a.Auth.Issuer() + ".",
				Cure:     "Correct the initiate-login URI at the other provider, or AUTH_URL here."},
		}
	case kindLoop:
		return a.causesOfLoop()
	}
	return nil
}

// causesOfAttempt explains a callback that belongs to no sign-in of this browser.
func (a *app) causesOfAttempt(e evidence) (causes []views.NoticeCause) {
	switch {
	case e.Origin == "":
	case a.base.Scheme == "https" && e.Origin == "http://"+a.base.Host:
		causes = append(causes, views.NoticeCause{
			Cause:    "The page was opened over http, and the cookies are Secure.",
			Evidence: "The browser used " + e.Origin + ", and BASE_URL is " + a.BaseURL + ".",
			Cure:     "Open the app at BASE_URL, and let the proxy redirect http to https.",
		})
	default:
		causes = append(causes, views.NoticeCause{
			Cause: "The app was opened at another address than BASE_URL.",
			Evidence: "The browser used " + e.Origin + ", and BASE_URL is " + a.BaseURL + ". " +
				"Cookies of one do not reach the other.",
			Cure: "Open the app at BASE_URL, or change BASE_URL and the redirect URI at the provider.",
		})
	}
	shared := views.NoticeCause{
		Cause:    "The instances of this app do not share store and secrets, or the app restarted with an empty store.",
		Evidence: "The key of these cookies comes from SESSION_STORE, CLIENT_ID and CLIENT_SECRET.",
		Cure:     "Give all instances the same values; memory: and file: are for one instance.",
	}
	late := views.NoticeCause{
		Cause: "The sign-in took more than ten minutes, or the link was used before.", Evidence: "Its cookie is gone.",
		Cure: "Nothing needs to change; the person signs in again.",
	}
	switch e.Kind {
	case kindNoCookies:
		return append(causes,
			views.NoticeCause{Cause: "The browser blocks cookies.", Evidence: "The request had no cookies at all.",
				Cure: "Allow cookies for " + a.BaseURL + "."},
			views.NoticeCause{Cause: "The sign-in began in another browser or a private window.",
				Cure: "Begin and finish it in the same browser."},
			views.NoticeCause{Cause: "A proxy removes the Cookie or Set-Cookie header.",
				Cure: "Let it pass both on " + CallbackPath + "."})
	case kindSealedAttempt:
		return append(causes, shared, late)
	case kindNoState:
		return append(causes, views.NoticeCause{
			Cause: "The provider rejected the request before it read the state.", Evidence: "The callback has no state.",
			Cure: "Compare CLIENT_ID and the redirect URI " + a.Auth.Settings().RedirectURL + " with the client at " +
				a.providerName() + ".",
		})
	}
	return append(causes, late, views.NoticeCause{
		Cause:    "The sign-in began in another browser.",
		Evidence: "This browser has cookies of this app, but none of this sign-in.",
		Cure:     "Begin and finish it in the same browser.",
	})
}

// causesOfConnection explains that the provider does not answer.
func (a *app) causesOfConnection(e evidence) []views.NoticeCause {
	host := a.providerName()
	wrong := views.NoticeCause{
		Cause: "AUTH_URL names another host.", Evidence: "It leads to " + host + ".",
		Cure: "Compare it with the dashboard.",
	}
	var first views.NoticeCause
	switch e.Name {
	case "dns":
		first = views.NoticeCause{Cause: "The name " + host + " cannot be resolved.",
			Evidence: "The DNS server does not know it.",
			Cure:     "Check AUTH_URL and the DNS server of this machine or container."}
	case "refused":
		first = views.NoticeCause{Cause: "Nothing listens at " + host + ".", Evidence: "The connection was refused.",
			Cure: "Start the provider. In a container, localhost is the container itself."}
	case "timeout":
		first = views.NoticeCause{Cause: host + " is too slow, or a firewall drops the request.",
			Evidence: "The request took longer than PROVIDER_TIMEOUT.", Cure: "Check egress rules and HTTPS_PROXY."}
	case "tls":
		first = views.NoticeCause{Cause: "The certificate of " + host + " is not trusted.", Evidence: e.Problem,
			Cure: "Install the certificate authority on this machine (SSL_CERT_FILE), or correct AUTH_URL."}
	default:
		first = views.NoticeCause{Cause: host + " has a problem of its own.",
			Evidence: "It closed the connection or answered " +
				"with a status of 500 or above, or 429.", Cure: "Look at its status page and its log."}
	}
	return []views.NoticeCause{first, wrong}
}

// causesOfLoop explains sign-ins that succeed and end where they began.
func (a *app) causesOfLoop() []views.NoticeCause {
	return []views.NoticeCause{
		{Cause: "The browser does not keep the session's cookie.",
			Evidence: fmt.Sprintf("%d sign-ins succeeded within a minute.", maxSignIns),
			Cure:     "Open the app at " + a.BaseURL + "; look for a proxy that changes Set-Cookie."},
		{Cause: "The instances of this app do not share a store.", Evidence: "Another instance does not know the session.",
			Cure: "Use the same redis: or postgres: SESSION_STORE everywhere."},
		{Cause: "A guard asks again after every sign-in.", Evidence: "For example, it asks for a claim that " +
			a.providerName() + " never sends.", Cure: "Answer with status 403 instead of a new sign-in."},
	}
}

// variable returns the environment variable that sets a field of auth.Config.
func (a *app) variable(field string) string { return cmp.Or(a.Variables[field], field) }
