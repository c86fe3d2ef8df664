package auth_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// endQuery signs out and returns the parameters of the address at the provider.
func (b *browser) endQuery() url.Values {
	b.app.t.Helper()
	to, err := b.BeginLogout()
	if err != nil {
		b.app.t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		b.app.t.Fatal(err)
	}
	if base := u.Scheme + "://" + u.Host + u.Path; base != b.app.op.Issuer+"/end" {
		b.app.t.Errorf("got the address %q, want the provider's end_session_endpoint", base)
	}
	return u.Query()
}

func TestEndNamesWhatTheProviderNeeds(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	var idToken string
	op.answer(func(r map[string]any) { idToken, _ = r["id_token"].(string) })
	b := newApp(t, op, nil).browser()
	b.MustSignIn()
	thief := b.thief()
	q := b.endQuery()
	state := q.Get("state")
	want := url.Values{
		"id_token_hint":            {idToken},
		"client_id":                {"starter"},
		"post_logout_redirect_uri": {"http://app.test/logout"},
		"state":                    {state},
	}
	if !maps.EqualFunc(q, want, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }) {
		t.Errorf("got %d parameters, want these four: %v", len(q), want)
	}
	if len(state) < 22 {
		t.Errorf("state %q is too short to be a secret", state)
	}
	if b.token() != "" {
		t.Error("the session cookie was left in the browser")
	}
	b.SignedOut()
	thief.SignedOut()
	if to, err := b.BeginLogout(); to != "" || err != nil {
		t.Errorf("a second time: got %q, %v; want nothing to do", to, err)
	}
	b.MustSignIn()
	if again := b.endQuery().Get("state"); again == state {
		t.Error("state is the same each time")
	}
}

// The hint is the ID token of the last refresh, when that brought one.
func TestEndSendsTheLatestIDToken(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	var idToken string
	op.answer(func(r map[string]any) { idToken, _ = r["id_token"].(string) })
	b := newApp(t, op, offline).browser()
	b.MustSignIn()
	first := idToken
	op.Clock.Advance(time.Hour)
	if _, err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := b.endQuery().Get("id_token_hint"); got != idToken || got == first {
		t.Error("the hint is not the ID token of the last refresh")
	}
}

func TestEndAtProvidersOfAllKinds(t *testing.T) {
	t.Parallel()
	discovery := func(change func(doc map[string]any)) func(*provider) {
		return func(op *provider) { op.bend(func(b *bends) { b.Discovery = change }) }
	}
	for name, c := range map[string]struct {
		bend   func(op *provider) // before the sign-in
		later  func(op *provider) // after it
		change func(*auth.Config)
		want   func(t *testing.T, endURL string)
	}{
		"without the endpoint: home": {
			bend: discovery(func(doc map[string]any) { delete(doc, "end_session_endpoint") }),
			want: func(t *testing.T, endURL string) {
				if endURL != "" {
					t.Errorf("got %q, want none", endURL)
				}
			},
		},
		"down since the sign-in: home": {
			later: func(op *provider) { op.Down(true); op.Clock.Advance(time.Minute) },
			want: func(t *testing.T, endURL string) {
				if endURL != "" {
					t.Errorf("got %q, want none", endURL)
				}
			},
		},
		"with a query in the endpoint: it stays": {
			bend: discovery(func(doc map[string]any) { doc["end_session_endpoint"] = doc["issuer"].(string) + "/end?tenant=a%26b" }),
			want: func(t *testing.T, endURL string) {
				if u, err := url.Parse(endURL); err != nil || u.Query().Get("tenant") != "a&b" || u.Query().Get("client_id") != "starter" {
					t.Errorf("got %q, %v", endURL, err)
				}
			},
		},
		"with an ID token too long for an address: no hint": {
			bend: func(op *provider) {
				op.bend(func(b *bends) {
					b.IDToken = func(claims, _ map[string]any) { claims["roles"] = strings.Repeat("role ", 1000) }
				})
			},
			want: func(t *testing.T, endURL string) {
				u, err := url.Parse(endURL)
				if err != nil || u.Query().Has("id_token_hint") || u.Query().Get("client_id") != "starter" || !u.Query().Has("state") {
					t.Errorf("got %.300q, %v", endURL, err)
				}
			},
		},
		"without an address to come back to: no state": {
			change: func(cfg *auth.Config) { cfg.PostLogoutRedirectURL = "" },
			want: func(t *testing.T, endURL string) {
				u, err := url.Parse(endURL)
				if err != nil || u.Query().Has("state") || u.Query().Has("post_logout_redirect_uri") || !u.Query().Has("id_token_hint") {
					t.Errorf("got %.300q, %v", endURL, err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			if c.bend != nil {
				c.bend(op)
			}
			b := newApp(t, op, c.change).browser()
			b.MustSignIn()
			if c.later != nil {
				c.later(op)
			}
			endURL, err := b.BeginLogout()
			if err != nil {
				t.Fatal(err)
			}
			c.want(t, endURL)
			b.SignedOut()
		})
	}
}

// An instance that has just started knows no provider yet. Signing out here works all the same.
func TestEndWhileTheProviderHasNeverBeenReached(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	s := newStore(t)
	b := newApp(t, op, on(s)).browser()
	b.MustSignIn()
	op.Down(true)
	started := b.at(newApp(t, op, on(s)))
	if to, err := started.BeginLogout(); to != "" || err != nil {
		t.Errorf("got %q, %v; want signed out here and nowhere to go", to, err)
	}
	started.SignedOut()
}

func TestEndedKnowsItsStateOnce(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	a := newApp(t, op, nil)
	b, other := a.browser(), a.browser()
	b.MustSignIn()
	other.MustSignIn()
	ask := func(b *browser, state string) bool {
		return b.FinishLogout("/logout?" + url.Values{"state": {state}}.Encode())
	}
	state, foreign := b.endQuery().Get("state"), other.endQuery().Get("state")
	for name, c := range map[string]struct {
		b     *browser
		state string
	}{
		"no state":                               {b, ""},
		"a made-up state":                        {b, "AAAAAAAAAAAAAAAAAAAAAA"},
		"a part of it":                           {b, state[:10]},
		"the state of another person":            {b, foreign},
		"in a browser that never signed out":     {a.browser(), state},
		"in a browser that signed out by itself": {other, state},
		"no state and no cookie":                 {a.browser(), ""},
	} {
		if ask(c.b, c.state) {
			t.Errorf("%s: taken for an answer to a sign-out of this browser", name)
		}
	}
	if !ask(b, state) {
		t.Error("the answer to its sign-out was not known")
	}
	if ask(b, state) {
		t.Error("it was known a second time")
	}
}

func TestCookieOfASignOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base, name string
		secure     bool
	}{
		"http":  {"http://app.test", "logout", false},
		"https": {"https://app.test", "__Secure-logout", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, newProvider(t), func(cfg *auth.Config) {
				cfg.RedirectURL, cfg.PostLogoutRedirectURL = c.base+"/login/callback", c.base+"/logout"
			})
			b := a.browser()
			if err := b.SignIn(); err != nil {
				t.Fatal(err)
			}
			resp := b.visit(a.c.Load, "POST", "/logout", func(w http.ResponseWriter, r *http.Request) {
				if _, err := a.c.BeginLogout(w, r); err != nil {
					t.Error(err)
				}
			})
			for _, cookie := range resp.Cookies() {
				if cookie.Name != c.name {
					continue
				}
				if !cookie.HttpOnly || cookie.Secure != c.secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/logout" || cookie.MaxAge != 600 {
					t.Errorf("got %v", cookie)
				}
				return
			}
			t.Errorf("no cookie %s", c.name)
		})
	}
}

// A client that hangs up while it signs out is signed out.
func TestEndOfAClientThatGoesAway(t *testing.T) {
	t.Parallel()
	a := newApp(t, newProvider(t), nil)
	b := a.browser()
	b.MustSignIn()
	thief := b.thief()
	r := httptest.NewRequest("POST", "http://app.test/logout", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: b.token()})
	ctx, leave := context.WithCancel(t.Context())
	var err error
	a.c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave()
		_, err = a.c.BeginLogout(w, r)
	})).ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if errors.Is(err, auth.ErrUnavailable) {
		t.Error(err)
	}
	thief.SignedOut()
}
