package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// pushRequest sends the parameters of an authorization request to the provider and returns the URL that refers to them
// (RFC 9126). The browser can neither read nor change the parameters then.
func (c *Client) pushRequest(ctx context.Context, m *metadata, authURL string) (string, error) {
	const endpoint = "pushed authorization request"
	if m.PAREndpoint == "" {
		return "", newProviderError(endpoint, 0, "", "the provider has no such endpoint; turn off PushedAuthorization")
	}
	u, err := url.Parse(authURL)
	if err != nil {
		return "", err
	}
	status, body, err := c.postForm(ctx, m.PAREndpoint, u.Query())
	if err != nil {
		return "", err
	}
	var response struct {
		RequestURI  string `json:"request_uri"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	switch err := json.Unmarshal(body, &response); {
	case isTemporary(status):
		return "", fmt.Errorf("%w: %s: status %d", ErrUnavailable, endpoint, status)
	case status != http.StatusCreated && status != http.StatusOK:
		return "", newProviderError(endpoint, status, response.Error, response.Description)
	case err != nil || response.RequestURI == "":
		return "", fmt.Errorf("%w: %s: the response has no request_uri", ErrUnavailable, endpoint)
	}
	// The URL has the endpoint's own query and what RFC 9126 section 4 requires, and no other parameters.
	if u, err = url.Parse(m.AuthorizationEndpoint); err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("client_id", c.cfg.ClientID)
	q.Set("request_uri", response.RequestURI)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
