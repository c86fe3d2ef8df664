package auth

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// ownParams are the parameters of an authorization request that the package sets itself, and those of a token request.
var ownParams = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
	"login_hint", "id_token_hint", "code_challenge", "code_challenge_method", "request", "request_uri",
	"code", "code_verifier", "grant_type", "client_secret", "client_assertion", "client_assertion_type",
}

// paramsProblem returns why additional parameters of an authorization request are not allowed, or "".
func paramsProblem(params url.Values) string {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		switch {
		case name == "":
			return "must not contain a parameter without a name"
		case slices.Contains(ownParams, name):
			return fmt.Sprintf("must not contain %s, which is set by the sign-in itself", name)
		case len(params[name]) > 1 && name != "resource":
			return fmt.Sprintf("must contain %s once; only resource may be repeated", clip(name, 40))
		}
	}
	return ""
}

// authorizationURL returns the URL of an authorization request (OpenID Connect Core section 3.1.2.1). The additional
// parameters of this sign-in replace those of the configuration with the same names.
func (c *Client) authorizationURL(m *metadata, own, additional url.Values) (string, error) {
	if problem := paramsProblem(additional); problem != "" {
		return "", fmt.Errorf("auth: LoginOptions.Params %s", problem)
	}
	u, err := url.Parse(m.AuthorizationEndpoint)
	if err != nil {
		return "", misconfigured("the authorization endpoint is not a URL", "Issuer")
	}
	q := u.Query()
	maps.Copy(q, c.cfg.AuthParams)
	maps.Copy(q, additional)
	maps.Copy(q, own)
	q.Set("response_type", "code")
	q.Set("client_id", c.cfg.ClientID)
	q.Set("redirect_uri", c.cfg.RedirectURL)
	q.Set("scope", strings.Join(c.cfg.Scopes, " "))
	u.RawQuery = q.Encode()
	return u.String(), nil
}
