package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// push sends the parameters of an authorization request to the provider directly and returns the
// address that stands for them (RFC 9126), so that nothing of the request can be read or changed in the browser.
func (c *Client) push(ctx context.Context, m *metadata, authURL string) (string, error) {
	if m.PAREndpoint == "" {
		return "", newProviderError("pushed authorization request", 0, "", "the provider has no such endpoint; switch pushed authorization off")
	}
	u, err := url.Parse(authURL)
	if err != nil {
		return "", err
	}
	status, body, err := c.post(ctx, m.PAREndpoint, u.Query())
	if err != nil {
		return "", err
	}
	var answer struct {
		RequestURI  string `json:"request_uri"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	switch err := json.Unmarshal(body, &answer); {
	case status >= 500 || status == http.StatusTooManyRequests:
		return "", fmt.Errorf("%w: pushed authorization request: status %d", ErrUnavailable, status)
	case status != http.StatusCreated && status != http.StatusOK:
		return "", newProviderError("pushed authorization request", status, answer.Error, answer.Description)
	case err != nil || answer.RequestURI == "":
		return "", fmt.Errorf("%w: pushed authorization request: no request_uri in the answer", ErrUnavailable)
	}
	// What the endpoint's own address carried stays; of the request only what RFC 9126 section 4 names.
	endpoint, err := url.Parse(m.AuthorizationEndpoint)
	if err != nil {
		return "", err
	}
	q := endpoint.Query()
	q.Set("client_id", c.cfg.ClientID)
	q.Set("request_uri", answer.RequestURI)
	endpoint.RawQuery = q.Encode()
	return endpoint.String(), nil
}
