package devidp_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestAuthorizeRejectsInvalidRequests(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	valid := url.Values{
		"client_id": {"app"}, "redirect_uri": {e.app.URL + "/callback"}, "response_type": {"code"},
		"scope": {"openid"}, "state": {"the-state"},
		"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
	}
	for _, tt := range []struct {
		name    string
		change  url.Values // an empty value removes the parameter
		want    string     // error sent to the client; if empty, an error page is expected
		success bool
	}{
		{name: "valid", success: true},
		{name: "unknown client", change: url.Values{"client_id": {"stranger"}}},
		{name: "no client", change: url.Values{"client_id": {""}}},
		{name: "no redirect_uri", change: url.Values{"redirect_uri": {""}}},
		{name: "redirect_uri of another client", change: url.Values{"redirect_uri": {e.app.URL + "/spa?keep=1"}}},
		{name: "redirect_uri with a trailing slash", change: url.Values{"redirect_uri": {e.app.URL + "/callback/"}}},
		{name: "redirect_uri with a query added", change: url.Values{"redirect_uri": {e.app.URL + "/callback?x=1"}}},
		{name: "redirect_uri not registered", change: url.Values{"redirect_uri": {"https://evil.example/callback"}}},
		{name: "redirect_uri not registered and response_type missing", change: url.Values{
			"redirect_uri": {"https://evil.example/callback"}, "response_type": {""},
		}},
		{name: "redirect_uri not registered and prompt=none", change: url.Values{
			"redirect_uri": {"https://evil.example/callback"}, "prompt": {"none"},
		}},
		{name: "a parameter twice", change: url.Values{"state": {"a", "b"}}},
		{name: "max_age is not a number", change: url.Values{"max_age": {"soon"}}},
		{name: "unknown request_uri", change: url.Values{"request_uri": {"urn:ietf:params:oauth:request_uri:x"}}},
		{name: "no response_type", change: url.Values{"response_type": {""}}, want: "invalid_request"},
		{name: "implicit flow", change: url.Values{"response_type": {"id_token"}}, want: "unsupported_response_type"},
		{name: "hybrid flow", change: url.Values{"response_type": {"code id_token"}}, want: "unsupported_response_type"},
		{name: "fragment", change: url.Values{"response_mode": {"fragment"}}, want: "invalid_request"},
		{name: "form_post", change: url.Values{"response_mode": {"form_post"}}, want: "invalid_request"},
		{name: "no openid", change: url.Values{"scope": {"profile"}}, want: "invalid_scope"},
		{name: "no scope", change: url.Values{"scope": {""}}, want: "invalid_scope"},
		{name: "request object", change: url.Values{"request": {"e30.e30."}}, want: "request_not_supported"},
		{name: "plain PKCE", change: url.Values{"code_challenge_method": {"plain"}}, want: "invalid_request"},
		{name: "PKCE without a method", change: url.Values{"code_challenge_method": {""}}, want: "invalid_request"},
		{name: "challenge of the wrong length", change: url.Values{"code_challenge": {"short"}}, want: "invalid_request"},
		{name: "confidential client without PKCE", change: url.Values{
			"code_challenge": {""}, "code_challenge_method": {""},
		}, success: true},
		{name: "public client without PKCE", change: url.Values{
			"client_id": {"spa"}, "redirect_uri": {e.app.URL + "/spa?keep=1"}, "code_challenge": {""},
		}, want: "invalid_request"},
		{name: "unknown prompt", change: url.Values{"prompt": {"shout"}}, want: "invalid_request"},
		{name: "prompt=none with another value", change: url.Values{"prompt": {"none login"}}, want: "invalid_request"},
		{name: "prompt=none without a session", change: url.Values{"prompt": {"none"}}, want: "login_required"},
		{name: "id_token_hint is not an ID token", change: url.Values{"id_token_hint": {"nonsense"}}, want: "login_required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := url.Values{}
			for name, values := range valid {
				q[name] = values
			}
			for name, values := range tt.change {
				if q[name] = values; values[0] == "" {
					q.Del(name)
				}
			}
			resp, body := e.get(withoutRedirects(e.browser()), e.Issuer()+"/authorize?"+q.Encode())
			location, err := resp.Location()
			switch {
			case tt.success:
				if err != nil || location.Path != "/signin" {
					t.Errorf("status %d, location %v", resp.StatusCode, location)
				}
			case tt.want == "":
				if resp.StatusCode != 400 || err == nil || resp.Header.Get("Devidp-Page") != "error" {
					t.Errorf("status %d, location %v, page %s", resp.StatusCode, location, body)
				}
			default:
				if err != nil || !strings.HasPrefix(location.String(), q.Get("redirect_uri")) {
					t.Fatalf("status %d, location %v", resp.StatusCode, location)
				}
				got := location.Query()
				if got.Get("error") != tt.want || got.Get("state") != "the-state" ||
					got.Get("iss") != e.Issuer() || got.Has("code") {
					t.Errorf("got %v, want error %s with state and iss", got, tt.want)
				}
			}
		})
	}
}

func TestCancelSendsAccessDenied(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, prompt := range []string{"login", "create"} {
		browser := e.browser()
		resp, _ := e.get(browser, e.authURL("prompt", prompt))
		resp, _ = e.post(browser, e.Issuer()+"/cancel?"+resp.Request.URL.RawQuery, nil)
		q := resp.Request.URL.Query()
		if q.Get("error") != "access_denied" || q.Get("state") != "the-state" || q.Get("iss") != e.Issuer() {
			t.Errorf("%s: %s", prompt, resp.Request.URL)
		}
	}
}

func TestCodeIsIssuedOnlyToTheBrowserThatSignedIn(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	attacker, victim := e.browser(), e.browser()
	resp, _ := e.get(attacker, e.authURL())
	page := resp.Request.URL.String()
	// The attacker sends the victim the URL of the page.
	resp, _ = e.post(victim, page, url.Values{"person": {"ada"}})
	if !resp.Request.URL.Query().Has("code") {
		t.Fatal(resp.Request.URL)
	}
	for _, path := range []string{"/consent", "/signin"} {
		form := url.Values{"continue": {"1"}, "answer": {"allow"}}
		resp, _ = e.post(attacker, e.Issuer()+path+"?"+strings.SplitN(page, "?", 2)[1], form)
		if resp.Request.URL.Query().Has("code") {
			t.Errorf("%s issued a code for the victim's sign-in to the attacker", path)
		}
	}
}

func TestReauthenticationDoesNotCountInAnotherBrowser(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	first, second := e.browser(), e.browser()
	e.tokens(second, "bob")
	resp, _ := e.get(first, e.authURL("prompt", "login"))
	page := resp.Request.URL
	e.post(first, page.String(), url.Values{"person": {"ada"}})
	resp, _ = e.post(second, e.Issuer()+"/consent?"+page.RawQuery, url.Values{"answer": {"allow"}})
	if resp.Header.Get("Devidp-Page") != "signin" {
		t.Errorf("prompt=login was satisfied by another browser: at %s", resp.Request.URL)
	}
}

func TestDoubleClickSignsIn(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	browser := e.browser()
	resp, _ := e.get(browser, e.authURL())
	page := resp.Request.URL.String()
	for range 2 {
		resp, _ = e.post(browser, page, url.Values{"person": {"ada"}})
		if !resp.Request.URL.Query().Has("code") {
			t.Errorf("got no code: at %s", resp.Request.URL)
		}
	}
}
