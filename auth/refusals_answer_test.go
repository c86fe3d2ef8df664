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

func authResponse(change func(q url.Values)) func(*provider) {
	return func(p *provider) { p.AuthResponse = change }
}

// errorResponse is an error answer to the authorization request.
func errorResponse(code, description string) func(*provider) {
	return authResponse(func(q url.Values) {
		q.Del("code")
		q.Set("error", code)
		q.Set("error_description", description)
	})
}

func TestAnswerRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{
		"iss of another issuer": {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Set("iss", "https://evil.example") })},
		"iss with a slash more": {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Set("iss", q.Get("iss")+"/") })},
		"iss empty":             {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Set("iss", "") })},
		"iss missing":           {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Del("iss") })},
		"iss of another issuer, which was not promised": {want: auth.ErrBadToken, bend: func(p *provider) {
			document("authorization_response_iss_parameter_supported", nil)(p)
			authResponse(func(q url.Values) { q.Set("iss", "https://evil.example") })(p)
		}},
		"iss of another issuer beside an error": {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("iss", "https://evil.example")
		})},
		"iss missing beside an error": {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) {
			q.Del("iss")
			q.Set("error", "access_denied")
		})},
		"neither code nor error": {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Del("code") })},
		"code empty":             {want: auth.ErrBadToken, bend: authResponse(func(q url.Values) { q.Set("code", "") })},

		"code twice":              {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Add("code", "another") })},
		"state twice":             {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Add("state", q.Get("state")) })},
		"something unknown twice": {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q["x"] = []string{"1", "2"} })},
		"state missing":           {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Del("state") })},
		"state empty":             {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Set("state", "") })},
		"state unknown":           {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Set("state", "AAAAAAAAAAAAAAAAAAAAAA") })},
		"state cut":               {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Set("state", q.Get("state")[:21]) })},
		"state with another case": {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) { q.Set("state", swapCase(q.Get("state"))) })},
		"state unknown beside an error": {want: auth.ErrUnknownLogin, bend: authResponse(func(q url.Values) {
			q.Set("state", "AAAAAAAAAAAAAAAAAAAAAA")
			q.Set("error", "access_denied")
		})},
		"code of somebody else": {want: auth.ErrRefused, code: "invalid_grant", bend: authResponse(func(q url.Values) { q.Set("code", "another-code") })},
	}
	for _, code := range []string{"access_denied", "login_required", "interaction_required", "consent_required", "invalid_request",
		"invalid_scope", "temporarily_unavailable", "server_error", "an error that nobody knows"} {
		cases["error "+code] = refusal{want: auth.ErrRefused, code: code, bend: errorResponse(code, "why")}
	}
	cases["error without a name"] = refusal{want: auth.ErrRefused, bend: errorResponse("", "why")}
	cases["error beside a code"] = refusal{want: auth.ErrRefused, code: "access_denied",
		bend: authResponse(func(q url.Values) { q.Set("error", "access_denied") })}
	testRefusals(t, cases)
}

func TestUnknownParametersOfTheAnswerAreIgnored(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	authResponse(func(q url.Values) {
		q.Set("session_state", "x")
		q.Set("scope", "openid")
		q.Set("ERROR", "x")
	})(p)
	newApp(t, p, nil).browser().MustSignIn()
}

// other is another letter than b.
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

// What a provider says is kept for the page and the log, at a length that both can bear, as text.
func TestProviderErrorIsClipped(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	errorResponse(strings.Repeat("c", 9000), "\xff<script>"+strings.Repeat("d", 9000))(p)
	err := newApp(t, p, nil).browser().SignIn()
	refusal := (*auth.ProviderError)(nil)
	if !errors.As(err, &refusal) || !errors.Is(err, auth.ErrRefused) {
		t.Fatalf("got %v", err)
	}
	if len(refusal.Code) > 70 || len(refusal.Description) > 310 || !strings.HasPrefix(refusal.Description, "�<script>d") {
		t.Errorf("code of %d bytes, description of %d, %.20q", len(refusal.Code), len(refusal.Description), refusal.Description)
	}
	if refusal.Endpoint != "authorization" || refusal.Status != 0 {
		t.Errorf("from %q with status %d", refusal.Endpoint, refusal.Status)
	}
}

// A forged or stale callback costs nothing: the provider is not asked, the store is not written to.
func TestUnknownAttemptIsCheap(t *testing.T) {
	t.Parallel()
	p, spy := newProvider(t), newSpy(t)
	b := newApp(t, p, func(cfg *auth.Config) { cfg.Store = spy }).browser()
	if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
		t.Fatal(err)
	}
	spy.reset()
	calls := p.RequestCount("/token")
	for _, query := range []string{"", "?code=c", "?code=c&state=", "?code=c&state=forged", "?code=%zz&state=s", "?a=1;state=2", "?state=%00"} {
		if _, err := b.FinishLogin("/login/callback" + query); !errors.Is(err, auth.ErrUnknownLogin) {
			t.Errorf("%q: %v, want ErrUnknownLogin", query, err)
		}
	}
	if n := spy.count(writes...); n != 0 || p.RequestCount("/token") != calls {
		t.Errorf("%d writes, %d calls of the token endpoint", n, p.RequestCount("/token")-calls)
	}
}

func TestCallbackTwice(t *testing.T) {
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
		t.Errorf("again: %v, want ErrUnknownLogin", err)
	}
	if again, err := b.User(); err != nil || again.SessionRef != u.SessionRef || p.RequestCount("/token") != 1 {
		t.Errorf("afterwards %v, %v, %d calls of the token endpoint", again, err, p.RequestCount("/token"))
	}
}

// An answer that is not accepted spends the attempt, whatever was wrong with it.
func TestRefusedAttemptIsSpent(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := b.Authorize(authURL)
	if _, err := b.FinishLogin(callback + "&error=access_denied"); !errors.Is(err, auth.ErrRefused) {
		t.Fatalf("got %v", err)
	}
	if _, err := b.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want ErrUnknownLogin", err)
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
			t.Errorf("after %v: %v, want %v", c.after, err, c.want)
		}
	}
}

// Login CSRF: the answer to a question of one browser is worth nothing in another (RFC 9700 section 4.7).
func TestAnswerInAnotherBrowser(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	attacker, victim := app.browser(), app.browser()
	authURL, err := attacker.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	callback := attacker.Authorize(authURL)
	if _, err := victim.BeginLogin(auth.LoginOptions{}); err != nil { // the victim is signing in, too
		t.Fatal(err)
	}
	if _, err := victim.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want ErrUnknownLogin", err)
	}
	victim.CheckSignedOut()
	if p.RequestCount("/token") != 0 {
		t.Error("the code was redeemed")
	}
}

// What the cookie holds is for its state alone, and cannot be changed.
func TestAttemptCookieForged(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	for name, forge := range map[string]func(value, ofAnother string) string{
		"the value of another attempt": func(_, ofAnother string) string { return ofAnother },
		"one letter changed":           func(value, _ string) string { return value[:40] + differentLetter(value[40]) + value[41:] },
		"cut":                          func(value, _ string) string { return value[:len(value)-4] },
		"empty":                        func(string, string) string { return "" },
		"garbage":                      func(string, string) string { return "garbage" },
		"not base64":                   func(string, string) string { return "%%%" },
	} {
		b := app.browser()
		if _, err := b.BeginLogin(auth.LoginOptions{}); err != nil {
			t.Fatal(err)
		}
		var ofAnother string
		for _, ofAnother = range attemptsOf(b) {
		}
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		cookie := "login-" + mustParseURL(t, authURL).Query().Get("state")
		value := forge(attemptsOf(b)[cookie], ofAnother)
		if value == attemptsOf(b)[cookie] {
			t.Fatalf("%s: nothing forged", name)
		}
		b.jar.SetCookies(mustParseURL(t, app.baseURL+"/login"), []*http.Cookie{{Name: cookie, Value: value, Path: "/login"}})
		if _, err := b.FinishLogin(b.Authorize(authURL)); !errors.Is(err, auth.ErrUnknownLogin) {
			t.Errorf("%s: %v, want ErrUnknownLogin", name, err)
		}
		b.CheckSignedOut()
	}
}
