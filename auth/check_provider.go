package auth

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// checkFeatures compares what the provider lists with what this client uses.
func (r *checkup) checkFeatures() {
	cfg, doc := r.client.cfg, r.doc
	if methods := doc.list("code_challenge_methods_supported"); slices.Contains(methods, "S256") {
		r.ok("PKCE", "The provider supports PKCE with S256.")
	} else if len(methods) > 0 {
		r.add(Warning, "PKCE", "",
			"The provider lists PKCE with "+inWords(methods)+" only, and this client uses S256.",
			"Switch S256 on at the provider if sign-ins fail.")
	} else {
		r.add(Warning, "PKCE", "",
			"The provider does not say whether it supports PKCE (S256), which this client always uses.",
			"Nothing, if sign-ins work: providers ignore what they do not know.")
	}
	if types := doc.list("response_types_supported"); len(types) > 0 && !slices.Contains(types, "code") {
		r.add(Problem, "response type", "",
			"The provider lists the response types "+inWords(types)+", and this client uses code.",
			"Switch the authorization code flow on at the provider.")
	}
	r.checkClientAuthentication()
	if scopes := doc.list("scopes_supported"); len(scopes) > 0 {
		missing := slices.DeleteFunc(slices.Clone(cfg.Scopes), func(s string) bool { return slices.Contains(scopes, s) })
		if len(missing) > 0 {
			r.add(Warning, "scopes", "Scopes", "The provider does not list the scopes "+inWords(missing)+".",
				"Allow them for this client at the provider, or leave them out.")
		} else {
			r.ok("scopes", "The provider lists the scopes "+inWords(cfg.Scopes)+".")
		}
	}
	if prompts := strings.Fields(cfg.Prompt); len(prompts) > 0 && len(r.m.Prompts) > 0 {
		missing := slices.DeleteFunc(prompts, func(p string) bool { return slices.Contains(r.m.Prompts, p) })
		if len(missing) > 0 {
			r.add(Problem, "prompt", "Prompt", "The provider does not list the prompt "+inWords(missing)+".",
				"Configure one of "+inWords(r.m.Prompts)+", or none.")
		} else {
			r.ok("prompt", "The provider supports the prompt "+cfg.Prompt+".")
		}
	}
	switch {
	case cfg.PushedAuthorization && r.m.PAREndpoint == "":
		r.add(Problem, "pushed authorization", "PushedAuthorization",
			"The provider does not support pushed authorization requests.",
			"Switch them off here, or on at the provider.")
	case r.m.RequirePAR, cfg.PushedAuthorization:
		r.ok("pushed authorization", "Authorization requests are pushed to the provider.")
	}
	if r.m.UserinfoEndpoint == "" {
		r.add(Warning, "userinfo", "",
			"The provider has no userinfo endpoint, so the claims of the ID token are all there is.", "")
	}
}

// checkClientAuthentication compares the method of client authentication with those that the provider lists.
func (r *checkup) checkClientAuthentication() {
	method, listed := r.m.AuthMethod, r.m.AuthMethods
	switch {
	case len(listed) == 0 && (method == ClientSecretBasic || method == "none"):
		r.ok("client authentication", "The client uses "+method+"; the provider lists nothing.")
	case slices.Contains(listed, method):
		r.ok("client authentication", "The client uses "+method+", which the provider lists.")
	case method == "none":
		r.add(Warning, "client authentication", "ClientSecret",
			"No secret is configured, and the provider lists "+inWords(listed)+
				" only.", "Configure the secret, unless this client is public at the provider.")
	default:
		r.add(Problem, "client authentication", "ClientAuthMethod",
			fmt.Sprintf("The client uses %s, and the provider lists %s only.",
				method, cmp.Or(inWords(listed), ClientSecretBasic)), "Configure a method that the provider lists, or none.")
	}
}

// checkRedirectURI sends an authorization request that must not show anything (prompt=none). A provider that knows the
// redirect URI answers with an error there.
func (r *checkup) checkRedirectURI(ctx context.Context) {
	c := r.client
	if r.m.RequirePAR { // it answers without a pushed request with an error
		return
	}
	params := url.Values{
		"state": {randomText(16)}, "nonce": {randomText(16)}, "prompt": {"none"},
		"code_challenge": {randomText(32)[:43]}, "code_challenge_method": {"S256"},
	}
	authURL, err := c.authorizationURL(r.m, params, nil)
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, authURL, nil)
	if err != nil {
		return
	}
	resp, err := c.http.Do(req)
	if err != nil {
		r.addError("authorization endpoint", "The authorization endpoint does not answer", callError(err))
		return
	}
	resp.Body.Close()
	register := "Register " + c.cfg.RedirectURL + " for the client " + c.cfg.ClientID + " at the provider, exactly so."
	location, _ := url.Parse(resp.Header.Get("Location"))
	switch {
	case isRedirect(resp) && location != nil && strings.HasPrefix(resp.Header.Get("Location"), c.cfg.RedirectURL):
		switch code := location.Query().Get("error"); code {
		case "", "login_required", "interaction_required", "consent_required", "account_selection_required":
			r.ok("redirect URI", "The provider knows the client and its redirect URI "+c.cfg.RedirectURL+".")
		case "invalid_scope":
			r.add(Problem, "scopes", "Scopes", "The provider rejects the scopes "+inWords(c.cfg.Scopes)+".",
				"Allow them for this client at the provider, or leave them out.")
		case "unauthorized_client", "unsupported_response_type":
			r.add(Problem, "client", "ClientID",
				"The provider answers "+code+" to the authorization code flow of this client.",
				"Allow the authorization code flow for this client at the provider.")
		default:
			r.add(Warning, "redirect URI", "", "The provider knows the redirect URI, and answers "+
				newProviderError("authorization", 0, code, "").Code+" to a request without a person.", "Try a sign-in.")
		}
	case resp.StatusCode >= 500:
		r.add(Warning, "redirect URI", "",
			fmt.Sprintf("The authorization endpoint answered with status %d.", resp.StatusCode),
			"Look into the provider's log.")
	case resp.StatusCode >= 400:
		r.add(Problem, "redirect URI", "RedirectURL",
			fmt.Sprintf("The authorization endpoint answered with status %d: "+
				"the client ID or the redirect URI is not registered there.", resp.StatusCode), register)
	default:
		r.add(Warning, "redirect URI", "",
			"The provider shows a page of its own, so it does not say whether it knows the redirect URI.",
			register)
	}
}

// checkCredentials redeems a code that does not exist. A provider that accepts the client says that the code is
// wrong; one that does not says that the client is.
func (r *checkup) checkCredentials(ctx context.Context) {
	c := r.client
	if r.m.AuthMethod == "none" {
		return
	}
	_, err := c.redeemCode(ctx, r.m, randomText(16), randomText(32))
	refused, _ := errors.AsType[*ProviderError](err)
	switch {
	case refused != nil && (refused.Code == "invalid_client" || refused.Status == http.StatusUnauthorized):
		cure := "Copy the client ID and the secret again."
		if len(r.m.AuthMethods) > 0 {
			cure += " The provider lists the methods " + inWords(r.m.AuthMethods) + "; this client uses " + r.m.AuthMethod + "."
		}
		r.add(Problem, "client secret", "ClientSecret", "The provider rejects the client's credentials.", cure)
	case refused != nil && (refused.Code == "invalid_grant" || refused.Code == "invalid_code"):
		r.ok("client secret", "The provider accepts the client's credentials.")
	case refused != nil && refused.Code == "unauthorized_client":
		r.add(Problem, "client", "ClientID", "The provider does not allow this client to redeem codes.",
			"Allow the authorization code flow for this client at the provider.")
	case refused != nil:
		r.add(Warning, "client secret", "",
			"The provider does not say whether it accepts the credentials: it answers "+
				cmp.Or(refused.Code, fmt.Sprintf("with status %d", refused.Status))+
				" to a code that does not exist.",
			"Try a sign-in.")
	case err != nil:
		r.addError("token endpoint", "The token endpoint cannot be used", err)
	}
}

// checkLogout reports which ways of signing out the provider supports.
func (r *checkup) checkLogout() {
	if r.m.EndSessionEndpoint == "" {
		r.add(Warning, "sign-out", "",
			"The provider has no end_session_endpoint: a sign-out here leaves people signed in there.", "")
	} else {
		r.ok("sign-out", "A sign-out here signs people out at the provider too.")
	}
	back, front := r.doc.isTrue("backchannel_logout_supported"), r.doc.isTrue("frontchannel_logout_supported")
	switch {
	case back:
		r.ok("sign-out elsewhere", "The provider supports back-channel logout.")
	case front:
		r.ok("sign-out elsewhere", "The provider supports front-channel logout.")
	default:
		r.add(Warning, "sign-out elsewhere", "",
			"The provider supports neither back-channel nor front-channel logout: "+
				"a sign-out elsewhere does not end the session here.", "")
	}
}

// fitsAlgorithm reports whether a key can verify an algorithm.
func fitsAlgorithm(declared string, key any, alg string) bool {
	if declared != "" && declared != alg {
		return false
	}
	switch key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return strings.HasPrefix(alg, "ES")
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

// inWords returns "a, b and c", at most 200 bytes.
func inWords(words []string) string {
	if len(words) < 2 {
		return clip(strings.Join(words, ""), 200)
	}
	last := len(words) - 1
	return clip(strings.Join(words[:last], ", ")+" and "+words[last], 200)
}
