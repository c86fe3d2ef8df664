package handlers

import (
	"fmt"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/views"
)

// causesOfCheck explains a check that failed, or a token that cannot be read.
func (a *app) causesOfCheck(e evidence) []views.NoticeCause {
	s, host := a.Auth.Settings(), a.providerName()
	compared := ""
	if e.Expected != "" {
		compared = "Expected " + e.Expected + ", got " + e.Got + "."
	}
	changed := views.NoticeCause{
		Cause: "Someone replayed or changed the answer.", Evidence: "The log has the whole check under the request ID.",
		Cure: "Look for sign-ins that fail in the same way.",
	}
	one := func(cause, cure string) []views.NoticeCause {
		return []views.NoticeCause{{Cause: cause, Evidence: compared, Cure: cure}, changed}
	}
	switch e.Name {
	case "iat", "nbf", "exp", "auth_time":
		return append(a.causesOfClock(e, s.ClockSkew), changed)
	case "nonce":
		return one("The ID token belongs to another sign-in.", "Check that "+host+" and the proxies before it do not cache "+
			"answers, and that it returns the nonce.")
	case "aud", "azp":
		return one("The ID token is for another client.", "CLIENT_ID is "+s.ClientID+". Compare it with the dashboard.")
	case "iss":
		return one("The answer comes from another issuer.", "Set AUTH_URL to the issuer of the tenant where people sign in.")
	case "signature":
		return one("The key of the ID token (kid) is not among the provider's keys.", host+" must publish a new key at its "+
			"jwks_uri before it signs with it.")
	case "sub":
		return one("The userinfo endpoint answered for another person.", "Check that "+host+" and the proxies before it do "+
			"not cache answers.")
	case "at_hash":
		return one("The access token does not belong to the ID token.", "Check the proxies before "+host+".")
	case "max_age":
		return one(host+" did not ask the person to sign in again.", "It must support max_age and send auth_time.")
	case "code":
		return one("The answer has no code.", "Set the client's response type to code and its response mode to query.")
	case "":
		return []views.NoticeCause{{Cause: "The token of " + host + " cannot be read.",
			Evidence: "The log has the reason under the request ID.", Cure: "Look for a proxy that changes answers."}, changed}
	}
	return one("The ID token does not pass the check "+e.Name+".", "Compare the client's settings at "+host+".")
}

// causesOfClock explains a token that seems to be from the future or to have expired.
func (a *app) causesOfClock(e evidence, skew time.Duration) []views.NoticeCause {
	host := a.providerName()
	seen := clockEvidence(host, e.Clock)
	slow := views.NoticeCause{
		Cause: "The clock of this server is slow.", Cure: "Check it with timedatectl, and set it with NTP.",
	}
	other := views.NoticeCause{
		Cause: "The clock of " + host + " is fast.", Evidence: "If so, other apps of this provider fail too.",
		Cure: "Correct it there. CLOCK_SKEW is " + skew.String() + " here.",
	}
	_, amount, _ := strings.Cut(e.Got, ", ") // "5m12s ahead" or "5m12s ago", after the time
	amount, _, _ = strings.Cut(amount, " ")
	difference, err := time.ParseDuration(amount)
	if e.Name == "exp" {
		slow.Cause, other.Cause = "The clock of this server is fast.", "The clock of "+host+" is slow."
	}
	switch {
	case e.Name == "exp" && err == nil:
		slow.Evidence = fmt.Sprintf("The ID token expired %d seconds ago.", int(difference.Seconds()))
	case err == nil:
		slow.Evidence = fmt.Sprintf("A time in the ID token (%s) is %d seconds ahead.", e.Name, int(difference.Seconds()))
	default:
		slow.Evidence = "Expected " + e.Expected + ", got " + e.Got + "."
	}
	if seen != "" {
		slow.Evidence += " " + seen
	} else if e.Name == "exp" {
		return []views.NoticeCause{
			slow, other, {Cause: host + " issues ID tokens that live too briefly.", Cure: "Give them five minutes or more."},
		}
	}
	return []views.NoticeCause{slow, other}
}

// clockEvidence says how the provider's clock differs, from "5m12s ahead". It returns "" if it does not.
func clockEvidence(host, clock string) string {
	amount, direction, _ := strings.Cut(clock, " ")
	d, err := time.ParseDuration(amount)
	if err != nil {
		return ""
	}
	relation := "ahead of"
	if direction == "behind" {
		relation = "behind"
	}
	return fmt.Sprintf("By its Date header, the clock of %s is %d seconds %s this one.", host, int(d.Seconds()), relation)
}
