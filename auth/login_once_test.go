package auth_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// copyWithCookies returns another browser with the cookies that b sends to the callback now. It stands for a second
// request that b sends before the response to the first has arrived.
func (b *browser) copyWithCookies() *browser {
	u := mustParseURL(b.app.t, b.app.baseURL+"/login/callback")
	other := b.app.browser()
	other.jar.SetCookies(u, b.jar.Cookies(u))
	return other
}

// beginAt begins a sign-in for a page and returns the callback.
func (b *browser) beginAt(returnTo string) (callback string) {
	b.app.t.Helper()
	authURL, err := b.BeginLogin(auth.LoginOptions{ReturnTo: returnTo})
	if err != nil {
		b.app.t.Fatal(err)
	}
	return b.Authorize(authURL)
}

// TestCodeIsRedeemedOnce sends a callback several times at the same moment, to one instance and to two. The provider
// revokes all tokens of a code that it sees twice.
func TestCodeIsRedeemedOnce(t *testing.T) {
	t.Parallel()
	for name, instances := range map[string]int{"one instance": 1, "two instances": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyStore(t, func(t *testing.T, s *spyStore) {
				p := newProvider(t)
				apps := fleet(t, p, s, instances, withOfflineAccess)
				first := apps[0].browser()
				callback := first.beginAt("/profile")
				copies := []*browser{first}
				for range 3 {
					copies = append(copies, first.copyWithCookies())
				}
				arrived, release := p.holdResponse(t, "/token")
				type result struct {
					returnTo string
					err      error
				}
				results := make(chan result)
				for i, b := range copies {
					go func() {
						returnTo, err := b.withApp(apps[i%instances]).FinishLogin(callback)
						results <- result{returnTo, err}
					}()
				}
				waitFor(t, arrived)
				release()
				for range copies {
					if r := <-results; r.err != nil || r.returnTo != "/profile" {
						t.Errorf("got %q and %v, want the page", r.returnTo, r.err)
					}
				}
				if n := p.RequestCount("/token"); n != 1 {
					t.Errorf("%d calls of the token endpoint, want 1", n)
				}
				want, err := first.User()
				if err != nil {
					t.Fatal(err)
				}
				for i, b := range copies {
					if got, err := b.User(); err != nil || got.SessionRef != want.SessionRef {
						t.Errorf("copy %d: got session %q and %v, want %q", i, got.SessionRef, err, want.SessionRef)
					}
				}
				p.Clock.Advance(time.Hour)
				if _, err := first.Refresh(); err != nil {
					t.Errorf("the tokens are revoked: %v", err)
				}
			})
		})
	}
}

// TestClientThatDisconnectsIsSignedInByItsSecondRequest cuts the connection of the request that redeems the code, as a
// browser does when the person reloads the page.
func TestClientThatDisconnectsIsSignedInByItsSecondRequest(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	first := newApp(t, p, nil).browser()
	callback := first.beginAt("/profile")
	second := first.copyWithCookies()
	ctx, disconnect := context.WithCancel(t.Context())
	p.onRequest("/token", disconnect)
	go first.withContext(ctx).FinishLogin(callback)
	<-ctx.Done()
	returnTo, err := second.FinishLogin(callback)
	if err != nil || returnTo != "/profile" || p.RequestCount("/token") != 1 {
		t.Errorf("got %q, %v and %d calls of the token endpoint", returnTo, err, p.RequestCount("/token"))
	}
	if _, err := second.User(); err != nil {
		t.Error(err)
	}
}

// TestCopiesOfAFailedSignInFailAlike checks that a second copy of a callback gets an error of the same kind, and asks
// the provider nothing.
func TestCopiesOfAFailedSignInFailAlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bend func(p *provider)
		want error
	}{
		"refused": {func(p *provider) {
			p.Respond("/token", 400, "application/json", `{"error":"invalid_grant"}`)
		}, auth.ErrRefused},
		"bad token": {func(p *provider) {
			p.IDToken = func(claims, _ map[string]any) { claims["aud"] = "another" }
		}, auth.ErrBadToken},
		"unavailable": {func(p *provider) { p.Respond("/token", 503, "text/plain", "") }, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			c.bend(p)
			first := newApp(t, p, nil).browser()
			callback := first.beginAt("/profile")
			for i, b := range []*browser{first, first.copyWithCookies()} {
				_, err := b.FinishLogin(callback)
				var login *auth.LoginError
				if !errors.Is(err, c.want) || !errors.As(err, &login) || login.ReturnTo != "/profile" || login.Retryable {
					t.Errorf("request %d: got %v (%+v), want %v", i, err, login, c.want)
				}
				b.CheckSignedOut()
			}
			if n := p.RequestCount("/token"); n != 1 {
				t.Errorf("%d calls of the token endpoint, want 1", n)
			}
		})
	}
}

// TestCopyDoesNotReviveASession checks that a late copy of a callback does not sign in again after the sign-out.
func TestCopyDoesNotReviveASession(t *testing.T) {
	t.Parallel()
	b := newApp(t, newProvider(t), nil).browser()
	callback := b.beginAt("/")
	late := b.copyWithCookies()
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	if _, err := b.BeginLogout(); err != nil {
		t.Fatal(err)
	}
	if _, err := late.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want %v", err, auth.ErrUnknownLogin)
	}
	if late.token() != "" {
		t.Error("the copy has a session cookie")
	}
	late.CheckSignedOut()
}

// TestStateAloneOpensNoResult checks that the result of a sign-in is of no use to a browser that knows the state and
// has an attempt of its own, but not the attempt's cookie.
func TestStateAloneOpensNoResult(t *testing.T) {
	t.Parallel()
	b := newApp(t, newProvider(t), nil).browser()
	callback := b.beginAt("/")
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	thief := b.app.browser()
	thief.beginAt("/")
	if _, err := thief.FinishLogin(callback); !errors.Is(err, auth.ErrUnknownLogin) {
		t.Errorf("got %v, want %v", err, auth.ErrUnknownLogin)
	}
	thief.CheckSignedOut()
}

// TestFailedSignInKeepsThePage checks that the error names the page for which the sign-in began, and whether the same
// callback can be requested again.
func TestFailedSignInKeepsThePage(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	p.AuthResponse = func(q url.Values) { q.Set("error", "access_denied"); q.Del("code") }
	b := newApp(t, p, withStore(s)).browser()
	check := func(callback string, retryable bool) {
		t.Helper()
		_, err := b.FinishLogin(callback)
		var login *auth.LoginError
		if !errors.As(err, &login) || login.ReturnTo != "/profile?tab=1" || login.Retryable != retryable {
			t.Errorf("got %v (%+v), want the page, and %t", err, login, retryable)
		}
	}
	check(b.beginAt("/profile?tab=1"), false)

	p.override(func(o *overrides) { o.AuthResponse = nil })
	callback := b.beginAt("/profile?tab=1")
	s.fail()
	check(callback, true)
	s.beforeCall(nil)
	if returnTo, err := b.FinishLogin(callback); err != nil || returnTo != "/profile?tab=1" {
		t.Errorf("the second request: got %q and %v", returnTo, err)
	}
}
