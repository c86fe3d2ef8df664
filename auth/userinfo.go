package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// errAccessDenied means that the userinfo endpoint did not accept the access token. A new one may be accepted.
var errAccessDenied = errors.New("the userinfo endpoint did not accept the access token")

// accessDeniedError is errAccessDenied with the status, which is 401 or 403.
type accessDeniedError struct{ status int }

// Error returns the text of errAccessDenied and the status.
func (e *accessDeniedError) Error() string {
	return fmt.Sprintf("%v: status %d", errAccessDenied, e.status)
}

// Is reports whether target is errAccessDenied.
func (e *accessDeniedError) Is(target error) bool { return target == errAccessDenied }

// explainUserinfo returns the error for a userinfo endpoint that rejects even a new access token.
func (c *Client) explainUserinfo(e *accessDeniedError) error {
	return fmt.Errorf("%w: %w", misconfigured("the userinfo endpoint does not accept the access tokens of this client; "+
		"check the scopes", "Scopes"), newProviderError("userinfo", e.status, "", ""))
}

// userinfo returns the claims from the UserInfo endpoint (OpenID Connect Core section 5.3). Their sub must be subject,
// the sub of the ID token (section 5.3.2). If the provider has no such endpoint, or if there is no access token,
// userinfo returns nil. The error is ErrUnavailable, ErrBadToken, ErrRefused (with ErrMisconfigured) or
// errAccessDenied.
func (c *Client) userinfo(ctx context.Context, m *metadata, accessToken, subject string) (claims, error) {
	if m.UserinfoEndpoint == "" || accessToken == "" {
		return nil, nil
	}
	info, err := c.fetchUserinfo(withoutSecrets(ctx, accessToken), m, accessToken, subject)
	return info, redactError(err, accessToken)
}

func (c *Client) fetchUserinfo(ctx context.Context, m *metadata, accessToken, subject string) (claims, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserinfoEndpoint, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	resp := &response{sent: []string{accessToken}}
	if err := c.do(req, "userinfo", resp); err != nil {
		return nil, fmt.Errorf("userinfo: %w", callError(err))
	}
	switch resp.status {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, &accessDeniedError{resp.status}
	default:
		return nil, c.userinfoRefusal(resp)
	}
	body := trimJSON(resp.body)
	if strings.HasPrefix(resp.contentType, "application/jwt") {
		if body, err = c.verifyUserinfo(ctx, string(body)); err != nil {
			return nil, err
		}
	}
	var info claims
	if json.Unmarshal(body, &info) != nil {
		return nil, badToken("userinfo: not a JSON object")
	}
	switch sub := info.exact("sub"); { // not trimmed, because identifiers are compared exactly
	case isNumber(info["sub"]):
		return nil, misconfiguredToken("the sub of userinfo is a number, and OpenID Connect requires a string")
	case sub == "" || sub != subject:
		got := "another"
		if sub == "" {
			got = "nothing"
		}
		err = &CheckError{Where: "userinfo", Check: Check{
			Step: "userinfo", Name: "sub", Expected: "that of the ID token", Got: got,
		}}
	}
	reportCheck(ctx, err, func() Check {
		return Check{Step: "userinfo", Name: "sub", Expected: "that of the ID token", Got: "the same", OK: true}
	})
	if err != nil {
		return nil, err
	}
	return info, nil
}

// userinfoRefusal returns the error for a status that is neither success nor about the access token.
func (c *Client) userinfoRefusal(resp *response) error {
	if isTemporary(resp.status) {
		return fmt.Errorf("%w: userinfo: status %d", ErrProviderUnavailable, resp.status)
	}
	code, description := errorOf(resp)
	return fmt.Errorf("%w: %w", misconfigured("the userinfo endpoint of the discovery document cannot be used", "Issuer"),
		newProviderError("userinfo", resp.status, code, description, resp.sent...))
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
