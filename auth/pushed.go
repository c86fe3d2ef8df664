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
		return "", fmt.Errorf("%w: %w", misconfigured("the provider does not support pushed authorization requests",
			"PushedAuthorization"), newProviderError(endpoint, 0, "", "the provider has no such endpoint"))
	}
	u, err := url.Parse(authURL)
	if err != nil {
		return "", err
	}
	resp, err := c.post(ctx, m, "push", m.PAREndpoint, u.Query())
	if err != nil {
		return "", err
	}
	if resp.status != http.StatusCreated && resp.status != http.StatusOK {
		return "", c.refusal(m, endpoint, resp)
	}
	var members claims
	if json.Unmarshal(trimJSON(resp.body), &members) != nil || members.exact("request_uri") == "" {
		return "", misconfigured("the response to a pushed authorization request has no request_uri", "PushedAuthorization")
	}
	// The URL has the endpoint's own query and what RFC 9126 section 4 requires, and no other parameters.
	if u, err = url.Parse(m.AuthorizationEndpoint); err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("client_id", c.cfg.ClientID)
	q.Set("request_uri", members.exact("request_uri"))
	u.RawQuery = q.Encode()
	return u.String(), nil
}
