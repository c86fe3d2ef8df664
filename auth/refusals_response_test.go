package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
		cases[name] = refusal{want: want, bend: authResponse(change)}
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
	cases["iss of another issuer, support not announced"] = refusal{want: auth.ErrBadToken, bend: func(p *provider) {
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
		bend: authResponse(set("code", "another-code"))}
	for _, code := range []string{
		"access_denied", "login_required", "interaction_required", "consent_required", "invalid_request",
		"invalid_scope", "temporarily_unavailable", "server_error", "an unknown error",
	} {
		cases["error "+code] = refusal{want: auth.ErrRefused, code: code, bend: errorResponse(code, "why")}
	}
	cases["error without a code"] = refusal{want: auth.ErrRefused, bend: errorResponse("", "why")}
	cases["error together with a code"] = refusal{want: auth.ErrRefused, code: "access_denied",
		bend: authResponse(set("error", "access_denied"))}
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

// differentLetter returns a letter that is not b.
func differentLetter(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
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

func TestUnknownStateCausesNoRequestAndNoWrite(t *testing.T) {
	t.Parallel()
	p, spy := newProvider(t), newSpy(t)
	b := newApp(t, p, func(cfg *auth.Config) { cfg.Store = spy }).browser()
	if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
		t.Fatal(err)
	}
	spy.reset()
	requests := p.RequestCount("/token")
	for _, query := range []string{
		"", "?code=c", "?code=c&state=", "?code=c&state=forged", "?code=%zz&state=s", "?a=1;state=2", "?state=%00",
	} {
		if _, err := b.FinishLogin("/login/callback" + query); !errors.Is(err, auth.ErrUnknownLogin) {
			t.Errorf("%q: got %v, want %v", query, err, auth.ErrUnknownLogin)
		}
	}
	if n := spy.count(writes...); n != 0 {
		t.Errorf("got %d writes, want none", n)
	}
	if n := p.RequestCount("/token") - requests; n != 0 {
		t.Errorf("the token endpoint received %d requests, want none", n)
	}
}

func TestSecondCallbackIsRejected(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	u, err := b.User()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("second callback: got %v, want %v", err, auth.ErrUnknownLogin)
	}
	if got, err := b.User(); err != nil || got.SessionRef != u.SessionRef {
		t.Errorf("after the second callback: got %q, %v; want %q", got.SessionRef, err, u.SessionRef)
	}
	if n := p.RequestCount("/token"); n != 1 {
		t.Errorf("the token endpoint received %d requests, want 1", n)
	}
}

// A response that is rejected for any reason uses up the attempt.
func TestFailedAttemptCannotBeUsedAgain(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	if _, err := b.FinishLogin(callback + "&error=access_denied"); !errors.Is(err, auth.ErrRefused) {
		t.Fatalf("got %v, want %v", err, auth.ErrRefused)
	}
	if _, err := b.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want %v", err, auth.ErrUnknownLogin)
	}
}

func TestAttemptExpires(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{10 * time.Minute, nil}, {10*time.Minute + time.Second, auth.ErrUnknownLogin}} {
		p := newProvider(t)
		b := newApp(t, p, nil).browser()
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		callback := b.Authorize(authURL)
		p.Clock.Advance(c.after)
		if _, err := b.FinishLogin(callback); !errors.Is(err, c.want) {
			t.Errorf("after %v: got %v, want %v", c.after, err, c.want)
		}
	}
}

// Login CSRF (RFC 9700 section 4.7): the sign-in of an attacker must not be finished in the browser of a victim.
func TestCallbackInAnotherBrowserIsRejected(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	attacker, victim := app.browser(), app.browser()
	authURL, err := attacker.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := attacker.Authorize(authURL)
	if _, err := victim.BeginLogin(auth.LoginOptions{}); err != nil { // the victim has an attempt too
		t.Fatal(err)
	}
	if _, err := victim.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want %v", err, auth.ErrUnknownLogin)
	}
	victim.CheckSignedOut()
	if p.RequestCount("/token") != 0 {
		t.Error("the code was redeemed")
	}
}

// An attempt cookie is sealed under its state, so it cannot be changed or used for another state.
func TestForgedAttemptCookieIsRejected(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	for name, forge := range map[string]func(value, another string) string{
		"value of another attempt": func(_, another string) string { return another },
		"one letter changed": func(value, _ string) string {
			return value[:40] + differentLetter(value[40]) + value[41:]
		},
		"truncated":  func(value, _ string) string { return value[:len(value)-4] },
		"empty":      func(string, string) string { return "" },
		"garbage":    func(string, string) string { return "garbage" },
		"not base64": func(string, string) string { return "%%%" },
	} {
		b := app.browser()
		if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
			t.Fatal(err)
		}
		var another string
		for _, another = range attemptsOf(b) {
		}
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		cookie := "login-" + mustParseURL(t, authURL).Query().Get("state")
		value := forge(attemptsOf(b)[cookie], another)
		if value == attemptsOf(b)[cookie] {
			t.Fatalf("%s: the cookie is not changed", name)
		}
		b.jar.SetCookies(mustParseURL(t, app.baseURL+"/login"), []*http.Cookie{{Name: cookie, Value: value, Path: "/login"}})
		if _, err := b.FinishLogin(b.Authorize(authURL)); !errors.Is(err, auth.ErrUnknownLogin) {
			t.Errorf("%s: got %v, want %v", name, err, auth.ErrUnknownLogin)
		}
		b.CheckSignedOut()
	}
}
