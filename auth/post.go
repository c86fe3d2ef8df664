package auth

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// response is the response of the provider to a form, read whole.
type response struct {
	status      int
	contentType string // in lower case
	location    string // of a redirect, which is not followed
	body        []byte
	sent        []string // the secrets of the request; see redact
}

// sensitive are the parameters that must not be repeated on a page or in a log.
var sensitive = []string{
	"code", "code_verifier", "refresh_token", "token", "client_secret", "client_assertion", "state", "nonce",
	"code_challenge",
}

// post posts a form with the client's authentication (RFC 6749 section 2.3, OpenID Connect Core section 9). It follows
// no redirect. The error is ErrUnavailable if the endpoint does not respond, or ErrMisconfigured.
func (c *Client) post(ctx context.Context, m *metadata, endpoint string, form url.Values) (*response, error) {
	form = maps.Clone(form)
	id, secret := c.cfg.ClientID, string(c.cfg.ClientSecret)
	if m.AuthMethod != ClientSecretBasic {
		form.Set("client_id", id)
	}
	switch m.AuthMethod {
	case ClientSecretPost:
		form.Set("client_secret", secret)
	case PrivateKeyJWT:
		assertion, err := c.newAssertion(m)
		if err != nil {
			return nil, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if m.AuthMethod == ClientSecretBasic {
		req.Header.Set("Authorization", "Basic "+c.basicCredentials())
	}
	resp := &response{sent: c.clientSecrets()}
	for _, name := range sensitive {
		resp.sent = append(resp.sent, form.Get(name))
	}
	if err := c.do(req, resp); err != nil {
		return nil, redactError(callError(err), resp.sent...)
	}
	return resp, nil
}

// basicCredentials returns the client's credentials for the Authorization header. RFC 6749 section 2.3.1 requires form
// encoding of both.
func (c *Client) basicCredentials() string {
	pair := url.QueryEscape(c.cfg.ClientID) + ":" + url.QueryEscape(string(c.cfg.ClientSecret))
	return base64.StdEncoding.EncodeToString([]byte(pair))
}

// clientSecrets returns the secrets of the configuration that requests contain.
func (c *Client) clientSecrets() []string {
	if c.cfg.ClientSecret == "" {
		return nil
	}
	return []string{string(c.cfg.ClientSecret), c.basicCredentials()}
}

// do sends a request and reads the response.
func (c *Client) do(req *http.Request, into *response) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	into.status, into.contentType = resp.StatusCode, strings.ToLower(resp.Header.Get("Content-Type"))
	into.location = resp.Header.Get("Location")
	into.body, err = io.ReadAll(resp.Body)
	return err
}
