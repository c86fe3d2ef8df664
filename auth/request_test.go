package auth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestSessionIsReadOncePerRequest(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	p := newProvider(t)
	a := newApp(t, p, withStore(s))
	b := a.browser()
	signedIn := b.MustSignIn()
	s.reset()
	b.visit(a.client.Load, "GET", "/", func(_ http.ResponseWriter, r *http.Request) {
		for range 3 {
			if u, err := a.client.User(r.Context()); err != nil || !reflect.DeepEqual(u, signedIn) {
				t.Errorf("got %+v, %v; want %+v", u, err, signedIn)
			}
		}
	})
	if n := s.count("Find"); n != 1 {
		t.Errorf("the session was read %d times, want 1", n)
	}
	if n := s.count(append(writes, "HasLabel")...); n != 0 {
		t.Errorf("got %d other calls of the store, want none", n)
	}
}

// User returns the person whom Load found until the request ends. The next request sees the change.
func TestRequestKeepsItsUser(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		do   func(c *auth.Client, w http.ResponseWriter, r *http.Request) error
		next string // the name in the next request; empty if nobody is signed in
	}{
		"refresh": {func(c *auth.Client, w http.ResponseWriter, r *http.Request) error {
			u, err := c.Refresh(w, r)
			if u.FullName != "Alice Brown" {
				t.Errorf("Refresh: got %q, want Alice Brown", u.FullName)
			}
			return err
		}, "Alice Brown"},
		"sign-out": {func(c *auth.Client, w http.ResponseWriter, r *http.Request) error {
			_, err := c.BeginLogout(w, r)
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Adams"})
			a := newApp(t, p, nil)
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Minute)
			p.setUser(map[string]any{"sub": "alice-0001", "name": "Alice Brown"})
			b.visit(a.client.Load, "POST", "/", func(w http.ResponseWriter, r *http.Request) {
				if err := change.do(a.client, w, r); err != nil {
					t.Error(err)
				}
				if u, err := a.client.User(r.Context()); err != nil || u.FullName != "Alice Adams" {
					t.Errorf("User after the change: got %q, %v; want Alice Adams", u.FullName, err)
				}
			})
			u, err := b.User()
			if u.FullName != change.next || (change.next == "") != errors.Is(err, auth.ErrSignedOut) {
				t.Errorf("next request: got %q, %v; want %q", u.FullName, err, change.next)
			}
		})
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()
	const claims = `{"text":"a","number":12345678901234567890,"list":["a",1],"null":null,"yes":true}`
	u := auth.User{Claims: json.RawMessage(claims)}
	for name, want := range map[string]any{
		"text":   "a",
		"number": json.Number("12345678901234567890"),
		"list":   []any{"a", json.Number("1")},
		"null":   nil,
		"yes":    true,
	} {
		if got, ok := u.Claim(name); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v", name, got, ok, want)
		}
	}
	for _, u := range []auth.User{u, {}, {Claims: json.RawMessage(`[]`)}} {
		if got, ok := u.Claim("Text"); ok || got != nil {
			t.Errorf("claim Text of %s: got %#v, %v; want none", u.Claims, got, ok)
		}
	}
}

// Browsers reject cookies that are larger than 4096 bytes.
func TestAttemptCookieFitsIntoABrowser(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"&", "<", `"`, "\u2028", "x"} {
		returnTo := "/?" + strings.Repeat(s, (1024-2)/len(s))
		b := newApp(t, newProvider(t), nil).browser()
		authURL, resp, err := b.beginLoginResponse(auth.LoginOptions{ReturnTo: returnTo})
		if err != nil {
			t.Fatal(err)
		}
		if c := onlyCookie(t, resp); len(c.Name)+len(c.Value) > 4000 {
			t.Errorf("%q: the cookie has %d bytes, want at most 4000", s, len(c.Name)+len(c.Value))
		}
		if got, err := b.FinishLogin(b.Authorize(authURL)); err != nil || got != returnTo {
			t.Errorf("%q: got %.20q, %v; want %.20q", s, got, err, returnTo)
		}
	}
}
