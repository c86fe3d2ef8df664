package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// withoutOffline requests no refresh token.
func withoutOffline(cfg *auth.Config) { cfg.Scopes = []string{"openid", "profile"} }

// TestTokenIsAcceptedByAnAPI checks that Token returns the stored token without a request to the provider, and renews
// it when it is about to expire.
func TestTokenIsAcceptedByAnAPI(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	b := newDevBrowser(t, newDevApp(t, p, openStore(t, "memory:"), nil))
	b.signIn("ada")
	first, err := b.token()
	if err != nil || p.hello(first) != "200 OK" || p.count("/token") != 1 {
		t.Fatalf("got error %v, status %s and %d token requests", err, p.hello(first), p.count("/token"))
	}
	p.advance(time.Hour - 35*time.Second)
	if token, err := b.token(); token != first || err != nil || p.count("/token") != 1 {
		t.Errorf("35 s before the end: got another token %t, error %v", token != first, err)
	}
	p.advance(10 * time.Second)
	second, err := b.token()
	if second == first || err != nil || p.hello(second) != "200 OK" || p.count("/token") != 2 {
		t.Errorf("25 s before the end: got the same token %t, error %v", second == first, err)
	}
	if err := b.refresh(); err != nil || p.count("/token") != 2 {
		t.Errorf("Refresh does not use the new token: error %v, %d token requests", err, p.count("/token"))
	}
}

// TestTokenContents checks what a caller gets: a bearer token with its expiry, and no refresh token.
func TestTokenContents(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	b := newDevBrowser(t, newDevApp(t, p, openStore(t, "memory:"), nil))
	b.signIn("ada")
	b.request("/", func(w http.ResponseWriter, r *http.Request) {
		token, err := b.client.Token(w, r)
		if err != nil {
			t.Fatal(err)
		}
		left := token.Expiry.Sub(p.now())
		if token.TokenType != "Bearer" || token.RefreshToken != "" || left < 59*time.Minute || left > time.Hour {
			t.Errorf("got type %q, a refresh token %t, %v left", token.TokenType, token.RefreshToken != "", left)
		}
	})
}

// TestConcurrentTokensUseOneTokenRequest calls Token and Refresh from many tabs on two instances while the access token
// has expired.
func TestConcurrentTokensUseOneTokenRequest(t *testing.T) {
	t.Parallel()
	onEachStore(t, func(t *testing.T, open func() auth.Store) {
		p := newDevProvider(t)
		instances := []*auth.Client{newDevApp(t, p, open(), nil), newDevApp(t, p, open(), nil)}
		b := newDevBrowser(t, instances[0])
		b.signIn("ada")
		p.advance(2 * time.Hour)
		const requests = 20
		var (
			done   sync.WaitGroup
			tokens [requests]string
			errs   [requests]error
		)
		for i := range requests {
			tab := b.at(instances[i%2])
			done.Go(func() {
				if i == 0 {
					errs[i] = tab.refresh()
					return
				}
				tokens[i], errs[i] = tab.token()
			})
		}
		done.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Error(err)
		}
		for _, token := range tokens[1:] {
			if token != tokens[1] {
				t.Error("the requests got different tokens")
			}
		}
		if n := p.count("/token") - 1; n != 1 || p.hello(tokens[1]) != "200 OK" {
			t.Errorf("%d token requests, want 1; the API answers %s", n, p.hello(tokens[1]))
		}
	})
}

// TestTokenWithoutRefreshToken checks that an access token that cannot be renewed is returned until it expires.
func TestTokenWithoutRefreshToken(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	b := newDevBrowser(t, newDevApp(t, p, openStore(t, "memory:"), withoutOffline))
	b.signIn("ada")
	p.advance(time.Hour - 5*time.Second)
	if _, err := b.token(); err != nil {
		t.Errorf("5 s before the end: got error %v", err)
	}
	p.advance(5 * time.Second)
	if _, err := b.token(); !errors.Is(err, auth.ErrNeedsSignIn) {
		t.Errorf("after the end: got error %v, want %v", err, auth.ErrNeedsSignIn)
	}
	if _, err := b.user(); err != nil {
		t.Errorf("the session has ended: %v", err)
	}
}

// TestTokenErrors checks that nobody gets a token after the session has ended, and that the error is told apart from a
// provider that does not answer.
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	p := newDevProvider(t)
	client := newDevApp(t, p, openStore(t, "memory:"), nil)
	if _, err := newDevBrowser(t, client).token(); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("signed out: got error %v, want %v", err, auth.ErrSignedOut)
	}
	b := newDevBrowser(t, client)
	b.signIn("ada")
	first, _ := b.token()
	down := func() { panic(http.ErrAbortHandler) }
	p.onRequest("/token", down)
	p.advance(time.Hour - 10*time.Second)
	if token, err := b.token(); token != first || err != nil {
		t.Errorf("provider down, token still valid: got error %v", err)
	}
	p.advance(10 * time.Second)
	if _, err := b.token(); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("provider down, token expired: got error %v, want %v", err, auth.ErrUnavailable)
	}
	p.onRequest("/token", nil)
	if _, err := b.token(); err != nil {
		t.Errorf("provider up again: got error %v", err)
	}

	// The person signs out at the provider, which no longer accepts the refresh token then.
	provider := &http.Client{Jar: b.jar, Transport: b.transport}
	resp, err := provider.PostForm(p.url+"/signout", url.Values{"everywhere": {"true"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	p.advance(2 * time.Hour)
	if _, err := b.token(); !errors.Is(err, auth.ErrSignedOut) || !errors.Is(err, auth.ErrRefused) {
		t.Errorf("refresh token rejected: got error %v, want %v and %v", err, auth.ErrSignedOut, auth.ErrRefused)
	}
	u, err := url.Parse(devURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "session") {
			t.Errorf("the session cookie was not deleted: %s", c.Name)
		}
	}
}
