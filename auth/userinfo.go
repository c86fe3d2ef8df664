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

// errAccessDenied: the access token is not accepted (any more); a fresh one may be.
var errAccessDenied = errors.New("userinfo: the access token was not accepted")

// userinfo asks the UserInfo endpoint who the bearer of an access token is (OpenID Connect Core section
// 5.3). The answer is believed only when its sub is the one of the ID token (section 5.3.2). A
// provider without the endpoint has nothing to add: nil.
func (c *Client) userinfo(ctx context.Context, m *metadata, accessToken, subject string) (claims, error) {
	if m.UserinfoEndpoint == "" {
		return nil, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken) // never in the URL: RFC 6750 section 2.3
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
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return nil, fmt.Errorf("%w: userinfo: status %d", ErrUnavailable, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, newProviderError("userinfo", resp.StatusCode, "", "")
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media == "application/jwt" {
		if body, err = c.signedUserinfo(ctx, string(body)); err != nil {
			return nil, err
		}
	}
	var info claims
	if json.Unmarshal(body, &info) != nil {
		return nil, badToken("userinfo: not a JSON object")
	}
	var sub string // exactly: an identifier is not trimmed
	if json.Unmarshal(info["sub"], &sub) != nil || sub == "" || sub != subject {
		return nil, badToken("userinfo: sub is missing or another person")
	}
	return info, nil
}

// signedUserinfo returns the claims of an answer that is a signed JWT, which then must name the
// issuer and this client (section 5.3.2).
func (c *Client) signedUserinfo(ctx context.Context, jwt string) ([]byte, error) {
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
