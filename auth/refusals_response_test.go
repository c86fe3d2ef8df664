package auth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// authResponse changes the parameters of the authorization response.
func authResponse(change func(q url.Values)) func(*provider) {
	return func(p *provider) { p.AuthResponse = change }
}

// errorResponse makes the authorization response an error.
func errorResponse(code, description string) func(*provider) {
	return authResponse(func(q url.Values) {
		q.Del("code")
		q.Set("error", code)
		q.Set("error_description", description)
	})
}

func TestInvalidAuthorizationResponseIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, change func(q url.Values)) {
		cases[name] = refusal{want: want, override: authResponse(change)}
	}
	set := func(name, value string) func(q url.Values) {
		return func(q url.Values) { q.Set(name, value) }
	}
	remove := func(name string) func(q url.Values) {
		return func(q url.Values) { q.Del(name) }
	}
	accessDenied := func(change func(q url.Values)) func(q url.Values) {
		return func(q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			change(q)
		}
	}
	otherIssuer := set("iss", "https://evil.example")

	add("iss of another issuer", auth.ErrBadToken, otherIssuer)
	add("iss with a trailing slash", auth.ErrBadToken, func(q url.Values) { q.Set("iss", q.Get("iss")+"/") })
	add("iss empty", auth.ErrBadToken, set("iss", ""))
	add("iss missing", auth.ErrBadToken, remove("iss"))
	cases["iss of another issuer, support not announced"] = refusal{want: auth.ErrBadToken, override: func(p *provider) {
		document("authorization_response_iss_parameter_supported", nil)(p)
		authResponse(otherIssuer)(p)
	}}
	add("iss of another issuer with an error", auth.ErrBadToken, accessDenied(otherIssuer))
	add("iss missing with an error", auth.ErrBadToken, accessDenied(remove("iss")))
	add("neither code nor error", auth.ErrBadToken, remove("code"))
	add("code empty", auth.ErrBadToken, set("code", ""))

	add("code twice", auth.ErrUnknownLogin, func(q url.Values) { q.Add("code", "another") })
	add("state twice", auth.ErrUnknownLogin, func(q url.Values) { q.Add("state", q.Get("state")) })
	add("unknown parameter twice", auth.ErrUnknownLogin, func(q url.Values) { q["x"] = []string{"1", "2"} })
	add("state missing", auth.ErrUnknownLogin, remove("state"))
	add("state empty", auth.ErrUnknownLogin, set("state", ""))
	add("state unknown", auth.ErrUnknownLogin, set("state", "AAAAAAAAAAAAAAAAAAAAAA"))
	add("state truncated", auth.ErrUnknownLogin, func(q url.Values) { q.Set("state", q.Get("state")[:21]) })
	add("state in another case", auth.ErrUnknownLogin, func(q url.Values) { q.Set("state", swapCase(q.Get("state"))) })
	add("state unknown with an error", auth.ErrUnknownLogin, func(q url.Values) {
		q.Set("state", "AAAAAAAAAAAAAAAAAAAAAA")
		q.Set("error", "access_denied")
	})

	cases["unknown code"] = refusal{want: auth.ErrRefused, code: "invalid_grant",
		override: authResponse(set("code", "another-code"))}
	for _, code := range []string{
		"access_denied", "login_required", "interaction_required", "consent_required", "invalid_request",
		"invalid_scope", "temporarily_unavailable", "server_error", "an unknown error",
	} {
		cases["error "+code] = refusal{want: auth.ErrRefused, code: code, override: errorResponse(code, "why")}
	}
	cases["error without a code"] = refusal{want: auth.ErrRefused, override: errorResponse("", "why")}
	cases["error together with a code"] = refusal{want: auth.ErrRefused, code: "access_denied",
		override: authResponse(set("error", "access_denied"))}
	testRefusals(t, cases)
}

func TestUnknownResponseParametersAreIgnored(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	authResponse(func(q url.Values) {
		q.Set("session_state", "x")
		q.Set("scope", "openid")
		q.Set("ERROR", "x")
	})(p)
	newApp(t, p, nil).browser().MustSignIn()
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// The code and the description are input from outside. ProviderError contains them as valid UTF-8 of bounded length.
func TestProviderErrorIsClipped(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	errorResponse(strings.Repeat("c", 9000), "\xff<script>"+strings.Repeat("d", 9000))(p)
	err := newApp(t, p, nil).browser().SignIn()
	refusal := (*auth.ProviderError)(nil)
	if !errors.As(err, &refusal) || !errors.Is(err, auth.ErrRefused) {
		t.Fatalf("got %v, want a ProviderError", err)
	}
	if len(refusal.Code) > 70 || len(refusal.Description) > 310 ||
		!strings.HasPrefix(refusal.Description, "�<script>d") {
		t.Errorf("got a code of %d bytes and a description of %d bytes, %.20q", len(refusal.Code), len(refusal.Description),
			refusal.Description)
	}
	if refusal.Endpoint != "authorization" || refusal.Status != 0 {
		t.Errorf("got the endpoint %q and the status %d, want authorization and 0", refusal.Endpoint, refusal.Status)
	}
}
