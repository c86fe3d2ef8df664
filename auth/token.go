package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// redeemCode exchanges an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
func (c *Client) redeemCode(ctx context.Context, m *metadata, code, verifier string) (*oauth2.Token, error) {
	return c.requestTokens(ctx, m, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {c.cfg.RedirectURL},
		"code_verifier": {verifier},
	})
}

// redeemRefreshToken exchanges a refresh token for new tokens (RFC 6749 section 6). If the provider does not rotate
// refresh tokens, the returned token contains the old one.
func (c *Client) redeemRefreshToken(ctx context.Context, m *metadata, refreshToken string) (*oauth2.Token, error) {
	token, err := c.requestTokens(ctx, m, url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {refreshToken},
	})
	if err == nil && token.RefreshToken == "" {
		token.RefreshToken = refreshToken
	}
	return token, err
}

// requestTokens sends a token request. The error is ErrUnavailable, ErrRefused (a [*ProviderError]), ErrBadToken or
// ErrMisconfigured.
func (c *Client) requestTokens(ctx context.Context, m *metadata, form url.Values) (*oauth2.Token, error) {
	resp, err := c.post(ctx, m, "token", m.TokenEndpoint, form)
	if err != nil {
		return nil, err
	}
	members, ok := parseTokenResponse(resp)
	// Some providers send an error with status 200.
	if code := members.text("error"); resp.status != http.StatusOK || code != "" {
		return nil, c.refusal(m, "token", resp)
	}
	if !ok {
		return nil, misconfigured(fmt.Sprintf("the token endpoint answered with status 200 and no JSON object, its content "+
			"type is %q", redact(clip(resp.contentType, 60), resp.sent...)), "Issuer")
	}
	token, err := newToken(members)
	return token, redactError(err, resp.sent...)
}

// parseTokenResponse returns the members of a token response. It reads JSON whatever the content type says, because
// some providers label it as text/plain, and a form if the response is not labelled as JSON.
func parseTokenResponse(resp *response) (members claims, ok bool) {
	if json.Unmarshal(trimJSON(resp.body), &members) == nil && members != nil {
		return members, true
	}
	if strings.Contains(resp.contentType, "json") || strings.Contains(resp.contentType, "html") {
		return nil, false
	}
	form, err := url.ParseQuery(string(trimJSON(resp.body)))
	if err != nil || !form.Has("access_token") && !form.Has("id_token") && !form.Has("error") {
		return nil, false
	}
	members = make(claims, len(form))
	for name := range form {
		members[name], _ = json.Marshal(form.Get(name))
	}
	return members, true
}

// newToken returns the tokens of a response (RFC 6749 section 5.1). The ID token is the extra value id_token. The
// access token may be missing if there is an ID token, because some providers issue it only for an API's scope. An
// access token must be a bearer token (RFC 6749 section 7.1), unless its type is missing.
func newToken(members claims) (*oauth2.Token, error) {
	token := &oauth2.Token{
		AccessToken:  members.exact("access_token"),
		TokenType:    members.exact("token_type"),
		RefreshToken: members.exact("refresh_token"),
		ExpiresIn:    seconds(members["expires_in"]),
	}
	idToken := members.exact("id_token")
	if token.AccessToken == "" && idToken == "" {
		return nil, misconfigured("the token response has neither an access_token nor an id_token", "Issuer")
	}
	if token.TokenType != "" && token.AccessToken != "" && !strings.EqualFold(token.TokenType, "bearer") {
		return nil, badToken("token endpoint: token_type is %q, not Bearer", clip(token.TokenType, 40))
	}
	return token.WithExtra(map[string]any{"id_token": idToken}), nil
}

// seconds returns the value of expires_in in whole seconds. It accepts a fraction and a number in a string, which some
// providers send. It returns 0, which means unknown, for any other value.
func seconds(raw json.RawMessage) int64 {
	text := string(raw)
	var quoted string
	if json.Unmarshal(raw, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		return 0
	}
	return int64(min(f, 1<<31))
}

// revokeToken revokes a refresh token (RFC 7009). It does nothing if there is no refresh token or if the provider has
// no revocation endpoint.
func (c *Client) revokeToken(ctx context.Context, m *metadata, refreshToken string) error {
	if m.RevocationEndpoint == "" || refreshToken == "" {
		return nil
	}
	resp, err := c.post(ctx, m, "revoke", m.RevocationEndpoint, url.Values{
		"token":           {refreshToken},
		"token_type_hint": {"refresh_token"},
	})
	if err == nil && resp.status != http.StatusOK {
		err = c.refusal(m, "revocation", resp)
	}
	return err
}
