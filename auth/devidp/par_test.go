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

func jsonField(body, name string) string {
	var m map[string]any
	json.Unmarshal([]byte(body), &m)
	s, _ := m[name].(string)
	return s
}

func jsonError(body string) string { return jsonField(body, "error") }

// push pushes an authorization request and returns the request_uri.
func (w *world) push(params ...string) string {
	w.Helper()
	u, err := url.Parse(w.authURL(params...))
	if err != nil {
		w.Fatal(err)
	}
	q := u.Query()
	q.Set("client_secret", secret)
	resp, body := w.post(w.browser(), w.Issuer()+"/par", q)
	uri := jsonField(body, "request_uri")
	if resp.StatusCode != 201 || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || !strings.Contains(body, `"expires_in":60`) {
		w.Fatalf("%d %s", resp.StatusCode, body)
	}
	return uri
}

func TestPushedAuthorizationRequest(t *testing.T) {
	t.Parallel()
	clock := newClock()
	w := newWorld(t, func(cfg *devidp.Config) { cfg.Now, cfg.RequirePushedAuthorization = clock.Now, true })
	at := func(q url.Values) string { return w.Issuer() + "/authorize?" + q.Encode() }

	uri := w.push()
	browser := w.browser()
	resp, err := devidp.SignIn(browser, at(url.Values{"client_id": {"app"}, "request_uri": {uri}}), "ada")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	q := resp.Request.URL.Query()
	if q.Get("state") != "the-state" || q.Get("iss") != w.Issuer() {
		t.Errorf("callback %v", q)
	}
	if _, err := w.oauth.Exchange(w.ctx, q.Get("code"), verifier()); err != nil {
		t.Error(err)
	}

	if resp, body := w.get(browser, at(url.Values{"client_id": {"app"}, "request_uri": {uri}})); resp.StatusCode != 400 {
		t.Errorf("used before: %d %s", resp.StatusCode, body)
	}

	old := w.push()
	clock.advance(time.Minute)
	for name, q := range map[string]url.Values{
		"too old":        {"client_id": {"app"}, "request_uri": {old}},
		"another client": {"client_id": {"spa"}, "request_uri": {w.push()}},
		"no client":      {"request_uri": {w.push()}},
		"foreign URI":    {"client_id": {"app"}, "request_uri": {"https://evil.example/request"}},
		"not pushed":     mustQuery(t, w.authURL()),
	} {
		if resp, body := w.get(browser, at(q)); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestPushingRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, tt := range []struct {
		name, want string
		status     int
		change     url.Values
		basic      string
	}{
		{name: "in the header", status: 201, change: url.Values{"client_secret": {""}}, basic: secret},
		{name: "wrong secret in the header", want: "invalid_client", status: 401, change: url.Values{"client_secret": {""}}, basic: "wrong"},
		{name: "two secrets", want: "invalid_request", status: 400, basic: secret},
		{name: "wrong secret", want: "invalid_client", status: 401, change: url.Values{"client_secret": {"wrong"}}},
		{name: "no secret", want: "invalid_client", status: 401, change: url.Values{"client_secret": {""}}},
		{name: "unknown client", want: "invalid_client", status: 401, change: url.Values{"client_id": {"stranger"}}},
		{name: "request_uri", want: "invalid_request", status: 400, change: url.Values{"request_uri": {"urn:x"}}},
		{name: "redirect_uri elsewhere", want: "invalid_request", status: 400, change: url.Values{"redirect_uri": {"https://evil.example/"}}},
		{name: "implicit flow", want: "unsupported_response_type", status: 400, change: url.Values{"response_type": {"token"}}},
		{name: "public client", status: 201, change: url.Values{"client_id": {"spa"}, "client_secret": {""}, "redirect_uri": {w.app.URL + "/spa?keep=1"}}},
	} {
		form := mustQuery(t, w.authURL())
		form.Set("client_secret", secret)
		for name, values := range tt.change {
			if form[name] = values; values[0] == "" {
				form.Del(name)
			}
		}
		req, err := http.NewRequest("POST", w.Issuer()+"/par", strings.NewReader(form.Encode()))
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
		body := w.body(resp)
		if resp.StatusCode != tt.status || jsonError(body) != tt.want {
			t.Errorf("%s: %d %s, want %d %s", tt.name, resp.StatusCode, body, tt.status, tt.want)
		}
		if resp.StatusCode == 401 && tt.basic != "" && resp.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", tt.name)
		}
	}
}
