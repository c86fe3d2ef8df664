package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// redeemCode exchanges an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
func (c *Client) redeemCode(ctx context.Context, m *metadata, code, verifier string) (*oauth2.Token, error) {
	token, err := c.oauthConfig(m).Exchange(c.withHTTPClient(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, tokenError(err)
	}
	return token, checkTokenType(token)
}

// redeemRefreshToken exchanges a refresh token for new tokens (RFC 6749 section 6). If the provider does not rotate
// refresh tokens, the returned token contains the old one.
func (c *Client) redeemRefreshToken(ctx context.Context, m *metadata, refreshToken string) (*oauth2.Token, error) {
	old := &oauth2.Token{RefreshToken: refreshToken, Expiry: time.Unix(1, 0)}
	token, err := c.oauthConfig(m).TokenSource(c.withHTTPClient(ctx), old).Token()
	if err != nil {
		return nil, tokenError(err)
	}
	return token, checkTokenType(token)
}

// checkTokenType rejects an access token that is not a bearer token (RFC 6749 section 7.1). It accepts a missing type.
func checkTokenType(t *oauth2.Token) error {
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return badToken("token endpoint: token_type is %q, not Bearer", clip(t.TokenType, 40))
	}
	return nil
}

// tokenError returns ErrUnavailable or a ProviderError for an error of x/oauth2. It does not quote the body of the
// response, which may contain secrets.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case !errors.As(err, &refused):
		return errors.Join(ErrUnavailable, clipError(err))
	case isTemporary(refused.Response.StatusCode):
		return fmt.Errorf("%w: token endpoint: status %d", ErrUnavailable, refused.Response.StatusCode)
	}
	return newProviderError("token", refused.Response.StatusCode, refused.ErrorCode, refused.ErrorDescription)
}

// isTemporary reports whether an HTTP status means that a later request may succeed.
func isTemporary(status int) bool { return status >= 500 || status == http.StatusTooManyRequests }

// postForm posts a form with the client's authentication (RFC 6749 section 2.3) and returns the response.
// The error is ErrUnavailable if the endpoint does not respond.
func (c *Client) postForm(ctx context.Context, endpoint string, form url.Values) (status int, body []byte, err error) {
	basic := c.cfg.ClientAuthMethod == ClientSecretBasic && c.cfg.ClientSecret != ""
	if !basic {
		form.Set("client_id", c.cfg.ClientID)
		if c.cfg.ClientSecret != "" {
			form.Set("client_secret", string(c.cfg.ClientSecret))
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if basic { // RFC 6749 section 2.3.1 requires form encoding of both
		req.SetBasicAuth(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(string(c.cfg.ClientSecret)))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, errors.Join(ErrUnavailable, err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil, errors.Join(ErrUnavailable, err)
	}
	return resp.StatusCode, body, nil
}

// revokeToken revokes a refresh token (RFC 7009). It does nothing if there is no refresh token or if the provider has
// no revocation endpoint.
func (c *Client) revokeToken(ctx context.Context, m *metadata, refreshToken string) error {
	if m.RevocationEndpoint == "" || refreshToken == "" {
		return nil
	}
	status, _, err := c.postForm(ctx, m.RevocationEndpoint, url.Values{
		"token":           {refreshToken},
		"token_type_hint": {"refresh_token"},
	})
	if err == nil && status != http.StatusOK {
		err = newProviderError("revocation", status, "", "")
	}
	return err
}
