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

// redeem exchanges the code for tokens, once (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
func (c *Client) redeem(ctx context.Context, m *metadata, code, verifier string) (*oauth2.Token, error) {
	token, err := c.oauth(m).Exchange(c.toProvider(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, tokenError(err)
	}
	return token, checkTokenType(token)
}

// renew asks for a fresh access token (RFC 6749 section 6). A provider that rotates refresh tokens
// sends a new one along; one that does not leaves the old one in force, which is then returned.
func (c *Client) renew(ctx context.Context, m *metadata, refreshToken string) (*oauth2.Token, error) {
	old := &oauth2.Token{RefreshToken: refreshToken, Expiry: time.Unix(1, 0)}
	token, err := c.oauth(m).TokenSource(c.toProvider(ctx), old).Token()
	if err != nil {
		return nil, tokenError(err)
	}
	return token, checkTokenType(token)
}

// checkTokenType refuses an access token that is to be used in another way than ours (RFC 6749
// section 7.1).
func checkTokenType(t *oauth2.Token) error {
	if t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return badToken("token endpoint: token_type is %q, not Bearer", clip(t.TokenType, 40))
	}
	return nil
}

// tokenError sorts what went wrong at the token endpoint. The body of the answer is not repeated:
// it may hold what no log should.
func tokenError(err error) error {
	var refusal *oauth2.RetrieveError
	switch {
	case !errors.As(err, &refusal):
		return errors.Join(ErrUnavailable, clipError(err))
	case refusal.Response.StatusCode >= 500 || refusal.Response.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%w: token endpoint: status %d", ErrUnavailable, refusal.Response.StatusCode)
	}
	return newProviderError("token", refusal.Response.StatusCode, refusal.ErrorCode, refusal.ErrorDescription)
}

// post sends a form to an endpoint that asks the client who it is, in the configured way (RFC 6749
// section 2.3), and returns the status and the body of the answer.
func (c *Client) post(ctx context.Context, endpoint string, form url.Values) (status int, body []byte, err error) {
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
	if basic { // both are form-encoded first: RFC 6749 section 2.3.1
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

// revokeToken gives a refresh token back (RFC 7009), which ends the access that it stands for. A
// provider without the endpoint forgets it in its own time.
func (c *Client) revokeToken(ctx context.Context, m *metadata, refreshToken string) error {
	if m.RevocationEndpoint == "" || refreshToken == "" {
		return nil
	}
	status, _, err := c.post(ctx, m.RevocationEndpoint, url.Values{
		"token":           {refreshToken},
		"token_type_hint": {"refresh_token"},
	})
	if err == nil && status != http.StatusOK {
		err = newProviderError("revocation", status, "", "")
	}
	return err
}
