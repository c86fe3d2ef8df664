package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// errAccessDenied means that the provider did not accept the access token. A new one may be accepted.
var errAccessDenied = errors.New("userinfo: the access token was not accepted")

// userinfo returns the claims from the UserInfo endpoint (OpenID Connect Core section 5.3). Their sub must be subject,
// the sub of the ID token (section 5.3.2). If the provider has no such endpoint, userinfo returns nil.
func (c *Client) userinfo(ctx context.Context, m *metadata, accessToken, subject string) (claims, error) {
	if m.UserinfoEndpoint == "" {
		return nil, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, errors.Join(ErrUnavailable, fmt.Errorf("userinfo: %w", err))
	case resp.StatusCode == http.StatusUnauthorized:
		return nil, errAccessDenied
	case isTemporary(resp.StatusCode):
		return nil, fmt.Errorf("%w: userinfo: status %d", ErrUnavailable, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, newProviderError("userinfo", resp.StatusCode, "", "")
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media == "application/jwt" {
		if body, err = c.verifyUserinfo(ctx, string(body)); err != nil {
			return nil, err
		}
	}
	var info claims
	if json.Unmarshal(body, &info) != nil {
		return nil, badToken("userinfo: not a JSON object")
	}
	var sub string // not trimmed, because identifiers are compared exactly
	if json.Unmarshal(info["sub"], &sub) != nil || sub == "" || sub != subject {
		return nil, badToken("userinfo: sub is missing or another person")
	}
	return info, nil
}

// verifyUserinfo returns the claims of a userinfo response that is a signed JWT. Its issuer and audience must be the
// provider and this client (section 5.3.2).
func (c *Client) verifyUserinfo(ctx context.Context, jwt string) ([]byte, error) {
	token, err := c.verify(ctx, jwt)
	if err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, badToken("userinfo: %v", clipError(err))
	}
	return payload, nil
}
