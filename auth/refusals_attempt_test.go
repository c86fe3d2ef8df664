package auth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

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

// differentLetter returns a letter that is not b.
func differentLetter(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}
