package auth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// errorCodes are the error codes of the specifications. They are kept as they are, even if a secret contains one.
var errorCodes = map[string]bool{
	"access_denied": true, "account_selection_required": true, "consent_required": true, "interaction_required": true,
	"invalid_client": true, "invalid_grant": true, "invalid_request": true, "invalid_request_object": true,
	"invalid_request_uri": true, "invalid_scope": true, "invalid_target": true, "invalid_token": true,
	"login_required": true, "server_error": true, "temporarily_unavailable": true, "unauthorized_client": true,
	"unsupported_grant_type": true, "unsupported_response_type": true, "unsupported_token_type": true,
}

// refusal returns the error for a response that is not a success: ErrUnavailable, or a [*ProviderError], which is
// ErrMisconfigured as well if waiting does not help.
func (c *Client) refusal(m *metadata, endpoint string, resp *response) error {
	if isTemporary(resp.status) {
		return fmt.Errorf("%w: %s endpoint: status %d", ErrProviderUnavailable, endpoint, resp.status)
	}
	code, description := errorOf(resp)
	refused := newProviderError(endpoint, resp.status, code, description, resp.sent...)
	if resp.status/100 == 3 && resp.location != "" {
		return fmt.Errorf("%w: %w", misconfigured(fmt.Sprintf("the %s endpoint redirects to %q, and a request with secrets "+
			"is not redirected", endpoint, redact(clip(resp.location, 200), resp.sent...)), "Issuer"), refused)
	}
	return c.explain(m, refused)
}

// errorOf returns the error code and the description of a response. It knows the format of RFC 6749 section 5.2, as
// JSON or as a form, and the most common members that other formats have.
func errorOf(resp *response) (code, description string) {
	members, ok := parseTokenResponse(resp)
	if !ok {
		if strings.HasPrefix(resp.contentType, "text/plain") || resp.contentType == "" {
			text := strings.TrimSpace(clip(string(resp.body), maxRedacted))
			if word, _, _ := strings.Cut(strings.Fields(text + " -")[0], ":"); errorCodes[word] {
				code = word
			}
			return code, text
		}
		return "", ""
	}
	code = members.first("error", "errorCode", "error_code")
	if other := members.text("code"); code == "" && errorCodes[other] { // not a code that the provider repeats
		code = other
	}
	description = members.first("error_description", "errorSummary", "error_message", "message", "detail", "title")
	if code != "" {
		return code, description
	}
	var nested claims
	if json.Unmarshal(members["error"], &nested) == nil { // {"error":{"code":"…","message":"…"}}
		code = nested.first("code", "status", "type")
		if description == "" {
			description = nested.first("message", "description")
		}
	}
	return code, description
}

// first returns the first of several members that is a string and not empty.
func (c claims) first(names ...string) string {
	for _, name := range names {
		if s := c.text(name); s != "" {
			return s
		}
	}
	return ""
}

// explain adds the likely cause to an error of the provider that does not pass by itself.
func (c *Client) explain(m *metadata, e *ProviderError) error {
	said := strings.ToLower(e.Code + " " + e.Description)
	mentions := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(said, word) {
				return true
			}
		}
		return false
	}
	server := e.Endpoint != "authorization" // the request came from this server, with the client's authentication
	var cause *MisconfiguredError
	switch {
	case e.Code == "access_denied": // the decision of a person or a policy, whatever the description mentions
		return e
	case server && (e.Code == "invalid_client" || e.Code == "" && e.Status != http.StatusNotFound &&
		e.Status != http.StatusMethodNotAllowed || e.Code != "invalid_grant" && mentions("client_secret", "client secret",
		"client_id", "client id", "client authentication", "client credentials", "client_assertion")):
		cause = c.clientAuthProblem(m)
	case mentions("redirect_uri", "redirect uri", "redirect url", "callback url"):
		cause = misconfigured(fmt.Sprintf("the provider does not accept the redirect URI %q; register exactly this URI",
			c.cfg.RedirectURL), "RedirectURL")
	case e.Code == "unauthorized_client":
		cause = misconfigured("the client may not use this flow; check its settings at the provider", "ClientID")
	case e.Code == "invalid_client", mentions("client_id"):
		cause = misconfigured("the provider does not know this client", "ClientID")
	case e.Code == "invalid_scope":
		cause = misconfigured(fmt.Sprintf("the provider does not accept the scopes %q for this client",
			strings.Join(c.cfg.Scopes, " ")), "Scopes")
	case e.Code == "invalid_target":
		cause = misconfigured("the provider does not accept the resource of this request", "AuthParams")
	case e.Code == "unsupported_response_type", e.Code == "unsupported_grant_type":
		cause = misconfigured("the provider does not support the authorization code flow for this client", "ClientID")
	case server && (e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed):
		cause = misconfigured(fmt.Sprintf("the discovery document names a %s endpoint that does not exist", e.Endpoint),
			"Issuer")
	default:
		return e
	}
	return fmt.Errorf("%w: %w", cause, e)
}

// clientAuthProblem returns the error for a client that the provider does not authenticate.
func (c *Client) clientAuthProblem(m *metadata) *MisconfiguredError {
	listed := "the provider lists no methods"
	if len(m.AuthMethods) > 0 {
		listed = "the provider lists " + clip(strings.Join(m.AuthMethods, ", "), 200)
	}
	problem := fmt.Sprintf("the provider did not accept the client's authentication with %s (%s); ", m.AuthMethod, listed)
	switch m.AuthMethod {
	case "none":
		return misconfigured("the provider did not accept this client without a secret ("+listed+"); compare the client ID, "+
			"and configure the secret if the client has one", "ClientID", "ClientSecret")
	case PrivateKeyJWT:
		return misconfigured(problem+"compare the key and its ID with the registered ones; some providers want their token "+
			"endpoint as the audience", "ClientKey", "ClientKeyID", "ClientAssertionAudience", "ClientAuthMethod")
	case ClientSecretPost:
		return misconfigured(problem+"compare client ID and secret with the registered ones, and the method with the one "+
			"that the client is registered for, such as "+ClientSecretBasic, "ClientSecret", "ClientAuthMethod", "ClientID")
	}
	problem += "compare client ID and secret with the registered ones, and the method with the one that the client is " +
		"registered for, such as " + ClientSecretPost
	if secret := string(c.cfg.ClientSecret); url.QueryEscape(secret) != secret {
		problem += "; the secret has characters that some providers do not decode with " + ClientSecretBasic
	}
	return misconfigured(problem, "ClientSecret", "ClientAuthMethod", "ClientID")
}
