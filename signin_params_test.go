package main

import (
	"net/url"
	"slices"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestSignInSendsTheConfiguredParameters checks the authorization request for AUTH_PARAMS, SCOPES and PROMPT.
func TestSignInSendsTheConfiguredParameters(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string][]string{"": {"consent"}, "login": {"login"}, "off": nil} {
		provider := testapp.NewProvider(t)
		vars := authVars(provider)
		vars["SCOPES"], vars["PROMPT"] = "openid offline_access", prompt
		vars["AUTH_PARAMS"] = "audience=https://api.example.com/?a%26b&resource=https://one.example&resource=https://two.example"
		app := startWith(t, provider, vars)
		resp := app.browser(t).Get("/login")
		u, err := url.Parse(resp.Location())
		if err != nil {
			t.Fatal(err)
		}
		got := u.Query()
		for name, values := range map[string][]string{
			"scope":    {"openid offline_access"},
			"prompt":   want,
			"audience": {"https://api.example.com/?a&b"},
			"resource": {"https://one.example", "https://two.example"},
		} {
			if !slices.Equal(got[name], values) {
				t.Errorf("PROMPT=%s: got %s %q, want %q", prompt, name, got[name], values)
			}
		}
	}
}
