package devidp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// jsonField returns a string member of a JSON object.
func jsonField(body, name string) string {
	var m map[string]any
	json.Unmarshal([]byte(body), &m)
	s, _ := m[name].(string)
	return s
}

func jsonError(body string) string { return jsonField(body, "error") }

// push pushes an authorization request and returns its request_uri.
func (e *testEnv) push() string {
	e.Helper()
	q := parseQuery(e.T, e.authURL())
	q.Set("client_secret", secret)
	resp, body := e.post(e.browser(), e.Issuer()+"/par", q)
	uri := jsonField(body, "request_uri")
	if resp.StatusCode != 201 || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") ||
		!strings.Contains(body, `"expires_in":60`) {
		e.Fatalf("%d %s", resp.StatusCode, body)
	}
	return uri
}

func TestPushedAuthorizationRequest(t *testing.T) {
	t.Parallel()
	clock := &testClock{}
	e := newTestEnv(t, func(cfg *devidp.Config) { cfg.Now, cfg.RequirePushedAuthorization = clock.Now, true })
	authorizeURL := func(q url.Values) string { return e.Issuer() + "/authorize?" + q.Encode() }

	uri := e.push()
	browser := e.browser()
	resp, err := devidp.SignIn(browser, authorizeURL(url.Values{"client_id": {"app"}, "request_uri": {uri}}), "ada")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	q := resp.Request.URL.Query()
	if q.Get("state") != "the-state" || q.Get("iss") != e.Issuer() {
		t.Errorf("callback %v", q)
	}
	if _, err := e.oauth.Exchange(e.ctx, q.Get("code"), verifier()); err != nil {
		t.Error(err)
	}

	resp, body := e.get(browser, authorizeURL(url.Values{"client_id": {"app"}, "request_uri": {uri}}))
	if resp.StatusCode != 400 {
		t.Errorf("second use: %d %s", resp.StatusCode, body)
	}

	expired := e.push()
	clock.advance(time.Minute)
	for name, q := range map[string]url.Values{
		"expired":        {"client_id": {"app"}, "request_uri": {expired}},
		"another client": {"client_id": {"spa"}, "request_uri": {e.push()}},
		"no client":      {"request_uri": {e.push()}},
		"other URI":      {"client_id": {"app"}, "request_uri": {"https://evil.example/request"}},
		"not pushed":     parseQuery(t, e.authURL()),
	} {
		if resp, body := e.get(browser, authorizeURL(q)); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

// parseQuery returns the query of a URL.
func parseQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestPushedAuthorizationRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, tt := range []struct {
		name, want string
		status     int
		change     url.Values
		basic      string
	}{
		{name: "secret in the header", status: 201, change: url.Values{"client_secret": {""}}, basic: secret},
		{name: "wrong secret in the header", want: "invalid_client", status: 401, change: url.Values{
			"client_secret": {""},
		}, basic: "wrong"},
		{name: "two secrets", want: "invalid_request", status: 400, basic: secret},
		{name: "wrong secret", want: "invalid_client", status: 401, change: url.Values{"client_secret": {"wrong"}}},
		{name: "no secret", want: "invalid_client", status: 401, change: url.Values{"client_secret": {""}}},
		{name: "unknown client", want: "invalid_client", status: 401, change: url.Values{"client_id": {"stranger"}}},
		{name: "request_uri", want: "invalid_request", status: 400, change: url.Values{"request_uri": {"urn:x"}}},
		{name: "redirect_uri not registered", want: "invalid_request", status: 400, change: url.Values{
			"redirect_uri": {"https://evil.example/"},
		}},
		{name: "implicit flow", want: "unsupported_response_type", status: 400, change: url.Values{
			"response_type": {"token"},
		}},
		{name: "public client", status: 201, change: url.Values{
			"client_id": {"spa"}, "client_secret": {""}, "redirect_uri": {e.app.URL + "/spa?keep=1"},
		}},
	} {
		form := parseQuery(t, e.authURL())
		form.Set("client_secret", secret)
		for name, values := range tt.change {
			if form[name] = values; values[0] == "" {
				form.Del(name)
			}
		}
		req, err := http.NewRequest("POST", e.Issuer()+"/par", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if tt.basic != "" {
			req.SetBasicAuth("app", url.QueryEscape(tt.basic))
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := e.body(resp)
		if resp.StatusCode != tt.status || jsonError(body) != tt.want {
			t.Errorf("%s: %d %s, want %d %s", tt.name, resp.StatusCode, body, tt.status, tt.want)
		}
		if resp.StatusCode == 401 && tt.basic != "" && resp.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", tt.name)
		}
	}
}
