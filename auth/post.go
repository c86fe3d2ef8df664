package auth

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// response is the response of the provider to a form, read whole.
type response struct {
	status      int
	contentType string // in lower case
	location    string // of a redirect, which is not followed
	body        []byte
	date        time.Time // when the provider sent it; zero if it did not say
	sent        []string  // the secrets of the request; see redact
}

// sensitive are the parameters that must not be repeated on a page or in a log.
var sensitive = []string{
	"code", "code_verifier", "refresh_token", "token", "client_secret", "client_assertion", "state", "nonce",
	"code_challenge",
}

// post posts a form with the client's authentication (RFC 6749 section 2.3, OpenID Connect Core section 9). It
// follows no redirect. step is the name of the request in a trace. The error is ErrUnavailable if the endpoint does
// not respond, or ErrMisconfigured.
func (c *Client) post(ctx context.Context, m *metadata, step, endpoint string, form url.Values) (*response, error) {
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
	if err := c.do(req, step, resp); err != nil {
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

// do sends a request and reads the response. step is the name of the request in a trace.
func (c *Client) do(req *http.Request, step string, into *response) error {
	start := c.now()
	err := c.send(req, into)
	if t := traceOf(req.Context()); t.listens() {
		t.step(Step{
			Name: step, Start: start, Duration: c.now().Sub(start), Endpoint: withoutQuery(req.URL.String()),
			Status: into.status, Err: errorText(err, into.sent...),
		})
		if step == "token" && !into.date.IsZero() {
			t.check(c.clockCheck(step, into.date))
		}
	}
	return err
}

func (c *Client) send(req *http.Request, into *response) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	into.status, into.contentType = resp.StatusCode, strings.ToLower(resp.Header.Get("Content-Type"))
	into.location = resp.Header.Get("Location")
	into.date, _ = http.ParseTime(resp.Header.Get("Date"))
	into.body, err = io.ReadAll(resp.Body)
	return err
}

// clockCheck compares the provider's clock with this one. Nothing is rejected for it: the times in the tokens count.
func (c *Client) clockCheck(step string, date time.Time) Check {
	ahead := date.Sub(c.now()).Round(time.Second)
	got := "the same"
	switch { // the header has whole seconds
	case ahead > time.Second:
		got = ahead.String() + " ahead"
	case ahead < -time.Second:
		got = (-ahead).String() + " behind"
	}
	return Check{
		Step: step, Name: "clock", Expected: "at most " + c.cfg.ClockSkew.String() + " apart", Got: got,
		OK: ahead.Abs() <= c.cfg.ClockSkew+time.Second,
	}
}
