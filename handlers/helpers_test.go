package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// behindProxy is an app with an https URL, behind a proxy that terminates TLS.
var behindProxy = testapp.Options{BaseURL: "https://app.example"}

// inspecting is an app that shows developers' details on error pages.
var inspecting = testapp.Options{Handler: func(cfg handlers.Config) http.Handler {
	cfg.Inspect = true
	return handlers.New(cfg)
}}

// checkResponse checks the status and the Location of a response.
func checkResponse(t *testing.T, name string, resp *testapp.Response, status int, location string) {
	t.Helper()
	if resp.Status != status || resp.Location() != location {
		t.Errorf("%s: got status %d and Location %q, want %d and %q", name, resp.Status, resp.Location(), status, location)
	}
}

// checkRedirect checks that a response is a 303 to location.
func checkRedirect(t *testing.T, name string, resp *testapp.Response, location string) {
	t.Helper()
	checkResponse(t, name, resp, 303, location)
}

// followFailedLogin returns the error page of a callback that has failed. It returns any other response as it is.
func followFailedLogin(b *testapp.Browser, resp *testapp.Response, headers ...string) *testapp.Response {
	if strings.HasPrefix(resp.Location(), "/login/failed?") {
		return b.Get(resp.Location(), headers...)
	}
	return resp
}

// authorizationRequest returns the parameters of the authorization request that a response redirects to.
func authorizationRequest(t *testing.T, resp *testapp.Response) url.Values {
	t.Helper()
	u, err := url.Parse(resp.Location())
	if err != nil || resp.Status != 303 || u.Path != "/authorize" {
		t.Fatalf("got status %d and Location %q, want the provider: %s", resp.Status, resp.Location(), resp.Body)
	}
	return u.Query()
}

// loginAttempts returns the number of sign-ins that the browser has begun and not finished.
func loginAttempts(t *testing.T, b *testapp.Browser) (n int) {
	t.Helper()
	u, err := url.Parse(b.URL + handlers.CallbackPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Client.Jar.Cookies(u) {
		if strings.Contains(c.Name, "login-") {
			n++
		}
	}
	return n
}

// query encodes names and values given in turn.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}
