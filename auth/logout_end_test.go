package auth_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// logoutQuery calls BeginLogout and returns the query of its URL.
func (b *browser) logoutQuery() url.Values {
	b.app.t.Helper()
	to, err := b.BeginLogout()
	if err != nil {
		b.app.t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		b.app.t.Fatal(err)
	}
	if base := u.Scheme + "://" + u.Host + u.Path; base != b.app.provider.Issuer+"/end" {
		b.app.t.Errorf("got the URL %q, want the end_session_endpoint of the provider", base)
	}
	return u.Query()
}

func TestBeginLogoutRequest(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	var idToken string
	p.changeTokenResponse(func(r map[string]any) { idToken, _ = r["id_token"].(string) })
	b := newApp(t, p, nil).browser()
	b.MustSignIn()
	thief := b.copySession()
	q := b.logoutQuery()
	state := q.Get("state")
	want := url.Values{
		"id_token_hint":            {idToken},
		"client_id":                {"starter"},
		"post_logout_redirect_uri": {"http://app.test/logout"},
		"state":                    {state},
	}
	if !maps.EqualFunc(q, want, slices.Equal) {
		t.Errorf("got the parameters %v, want %v", q, want)
	}
	if len(state) < 22 {
		t.Errorf("got the state %q, want at least 22 characters", state)
	}
	if b.token() != "" {
		t.Error("the session cookie was not deleted")
	}
	b.CheckSignedOut()
	thief.CheckSignedOut()
	if to, err := b.BeginLogout(); to != "" || err != nil {
		t.Errorf("second call: got %q, %v; want no URL", to, err)
	}
	b.MustSignIn()
	if again := b.logoutQuery().Get("state"); again == state {
		t.Error("got the same state twice")
	}
}

func TestBeginLogoutSendsTheLatestIDToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	var idToken string
	p.changeTokenResponse(func(r map[string]any) { idToken, _ = r["id_token"].(string) })
	b := newApp(t, p, withOfflineAccess).browser()
	b.MustSignIn()
	first := idToken
	p.Clock.Advance(time.Hour)
	if _, err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := b.logoutQuery().Get("id_token_hint"); got != idToken || got == first {
		t.Error("id_token_hint is not the ID token of the last refresh")
	}
}

func TestBeginLogoutURL(t *testing.T) {
	t.Parallel()
	discovery := func(change func(doc map[string]any)) func(*provider) {
		return func(p *provider) { p.override(func(o *overrides) { o.Discovery = change }) }
	}
	for name, c := range map[string]struct {
		before func(p *provider) // called before the sign-in
		after  func(p *provider) // called after it
		change func(*auth.Config)
		want   func(t *testing.T, endURL string)
	}{
		"no endpoint: no URL": {
			before: discovery(func(doc map[string]any) { delete(doc, "end_session_endpoint") }),
			want: func(t *testing.T, endURL string) {
				if endURL != "" {
					t.Errorf("got %q, want no URL", endURL)
				}
			},
		},
		"provider unavailable since the sign-in: no URL": {
			after: func(p *provider) { p.SetDown(true); p.Clock.Advance(time.Minute) },
			want: func(t *testing.T, endURL string) {
				if endURL != "" {
					t.Errorf("got %q, want none", endURL)
				}
			},
		},
		"endpoint with a query: the query is kept": {
			before: discovery(func(doc map[string]any) {
				doc["end_session_endpoint"] = doc["issuer"].(string) + "/end?tenant=a%26b"
			}),
			want: func(t *testing.T, endURL string) {
				if q := mustParseURL(t, endURL).Query(); q.Get("tenant") != "a&b" || q.Get("client_id") != "starter" {
					t.Errorf("got %q, want the query of the endpoint and client_id", endURL)
				}
			},
		},
		"ID token longer than 4 KiB: no id_token_hint": {
			before: func(p *provider) {
				p.override(func(o *overrides) {
					o.IDToken = func(claims, _ map[string]any) { claims["roles"] = strings.Repeat("role ", 1000) }
				})
			},
			want: func(t *testing.T, endURL string) {
				q := mustParseURL(t, endURL).Query()
				if q.Has("id_token_hint") || q.Get("client_id") != "starter" || !q.Has("state") {
					t.Errorf("got %.300q, want client_id and state, but no id_token_hint", endURL)
				}
			},
		},
		"no post-logout URL: no state": {
			change: func(cfg *auth.Config) { cfg.PostLogoutRedirectURL = "" },
			want: func(t *testing.T, endURL string) {
				q := mustParseURL(t, endURL).Query()
				if q.Has("state") || q.Has("post_logout_redirect_uri") || !q.Has("id_token_hint") {
					t.Errorf("got %.300q, want id_token_hint, but no redirect URI and no state", endURL)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			if c.before != nil {
				c.before(p)
			}
			b := newApp(t, p, c.change).browser()
			b.MustSignIn()
			if c.after != nil {
				c.after(p)
			}
			endURL, err := b.BeginLogout()
			if err != nil {
				t.Fatal(err)
			}
			c.want(t, endURL)
			b.CheckSignedOut()
		})
	}
}

// An instance that has just started has not discovered the provider. BeginLogout ends the session here nevertheless.
func TestBeginLogoutBeforeTheProviderWasReached(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newStore(t)
	b := newApp(t, p, withStore(s)).browser()
	b.MustSignIn()
	p.SetDown(true)
	restarted := b.withApp(newApp(t, p, withStore(s)))
	if to, err := restarted.BeginLogout(); to != "" || err != nil {
		t.Errorf("got %q, %v; want no URL", to, err)
	}
	restarted.CheckSignedOut()
}

// If the client disconnects before BeginLogout, the session ends nevertheless.
func TestBeginLogoutOfADisconnectedClient(t *testing.T) {
	t.Parallel()
	a := newApp(t, newProvider(t), nil)
	b := a.browser()
	b.MustSignIn()
	thief := b.copySession()
	r := httptest.NewRequest("POST", "http://app.test/logout", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: b.token()})
	ctx, disconnect := context.WithCancel(t.Context())
	var err error
	a.client.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		disconnect()
		_, err = a.client.BeginLogout(w, r)
	})).ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if errors.Is(err, auth.ErrUnavailable) {
		t.Error(err)
	}
	thief.CheckSignedOut()
}
