package auth_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	b.CheckSignedOut()
	returnTo, err := b.signInWith(auth.LoginOptions{ReturnTo: "/profile?tab=1#top"})
	if err != nil || returnTo != "/profile?tab=1#top" {
		t.Fatalf("return to %q, %v", returnTo, err)
	}
	u, err := b.User()
	if err != nil {
		t.Fatal(err)
	}
	if u.Subject != "alice-0001" || u.Name != "alice" || u.Email != "alice@example.com" || !u.EmailVerified {
		t.Errorf("user %+v", u)
	}
	now := p.Clock.Now()
	if !u.AuthTime.Equal(now) || !u.SignedInAt.Equal(now) || !u.RefreshedAt.Equal(now) || !u.ExpiresAt.Equal(now.Add(7*24*time.Hour)) {
		t.Errorf("times %v %v %v %v, now %v", u.AuthTime, u.SignedInAt, u.RefreshedAt, u.ExpiresAt, now)
	}
	for path, want := range map[string]int{"/.well-known/openid-configuration": 1, "/jwks": 1, "/token": 1, "/userinfo": 1} {
		if got := p.RequestCount(path); got != want {
			t.Errorf("%d calls of %s, want %d", got, path, want)
		}
	}
	app.browser().CheckSignedOut() // another browser
}

func TestSecondSignInReplacesTheFirst(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	b.MustSignIn()
	first := b.Cookies("/")["session"]
	thief := app.browser()
	thief.jar.SetCookies(mustParseURL(t, app.baseURL), sessionCookie(first))
	if u, err := thief.User(); err != nil || u.Subject != "alice-0001" {
		t.Fatalf("before: %v, %v", u.Subject, err)
	}
	p.User = map[string]any{"sub": "bob-0002"}
	u := b.MustSignIn()
	if second := b.Cookies("/")["session"]; second == first || u.Subject != "bob-0002" || u.Email != "" || u.Name != "bob-0002" {
		t.Errorf("same token: %v, user %+v", second == first, u)
	}
	thief.CheckSignedOut()
}

// A session token that was there before the sign-in, planted by somebody say, is never the one after it.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	app := newApp(t, newProvider(t), nil)
	planted := strings.Repeat("A", 43)
	b := app.browser()
	b.jar.SetCookies(mustParseURL(t, app.baseURL), sessionCookie(planted))
	b.CheckSignedOut()
	b.MustSignIn()
	if b.Cookies("/")["session"] == planted {
		t.Error("the planted token became the session's")
	}
}

// Everything that a sign-in can do without.
func TestSignInWithout(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(*provider){
		"userinfo endpoint": document("userinfo_endpoint", nil),
		"at_hash":           claim("at_hash", nil),
		"sid":               claim("sid", nil),
		"auth_time":         claim("auth_time", nil),
		"key id":            func(p *provider) { p.IDToken = func(_, header map[string]any) { delete(header, "kid") } },
		"typ":               func(p *provider) { p.IDToken = func(_, header map[string]any) { delete(header, "typ") } },
		"expires_in":        func(p *provider) { p.TokenResponse = func(r map[string]any) { delete(r, "expires_in") } },
		"token_type case":   func(p *provider) { p.TokenResponse = func(r map[string]any) { r["token_type"] = "bEARER" } },
		"iss in the answer": func(p *provider) {
			document("authorization_response_iss_parameter_supported", nil)(p)
			p.AuthResponse = func(q url.Values) { q.Del("iss") }
		},
		"prompt values": document("prompt_values_supported", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			override(p)
			if u := newApp(t, p, nil).browser().MustSignIn(); u.Subject != "alice-0001" {
				t.Errorf("user %+v", u)
			}
		})
	}
}

// What is odd but right, or within the clocks' difference.
func TestIDTokensThatAreGood(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(claims map[string]any, now int64){
		"one audience in a list":        func(c map[string]any, _ int64) { c["aud"] = []string{"starter"} },
		"two audiences with azp":        func(c map[string]any, _ int64) { c["aud"], c["azp"] = []string{"other", "starter"}, "starter" },
		"azp beside one audience":       func(c map[string]any, _ int64) { c["azp"] = "starter" },
		"expired within the clock skew": func(c map[string]any, now int64) { c["exp"] = now - 29 },
		"issued ahead within the skew":  func(c map[string]any, now int64) { c["iat"] = now + 29 },
		"nbf ahead within the skew":     func(c map[string]any, now int64) { c["nbf"] = now + 29 },
		"nbf long ago":                  func(c map[string]any, now int64) { c["nbf"] = now - 1e6 },
		"times with a fraction":         func(c map[string]any, now int64) { c["iat"], c["exp"] = float64(now)+0.25, float64(now)+60.75 },
		"a second sub in capitals":      func(c map[string]any, _ int64) { c["SUB"], c["ſub"], c["Nonce"], c["ſid"] = "root", "root", "n", "s" },
		"a sub of 255 bytes":            func(c map[string]any, _ int64) { c["sub"] = strings.Repeat("s", 255) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.IDToken = func(claims, _ map[string]any) { override(claims, p.Clock.Now().Unix()) }
			p.Discovery = func(doc map[string]any) { delete(doc, "userinfo_endpoint") }
			if u := newApp(t, p, nil).browser().MustSignIn(); u.Subject == "root" {
				t.Error("signed in as root")
			}
		})
	}
}

func TestEveryAttemptIsFresh(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b, seen := app.browser(), map[string]bool{}
	const attempts = 40
	for range attempts {
		authURL, err := b.BeginLogin(auth.LoginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		q := mustParseURL(t, authURL).Query()
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if len(q.Get(name)) < 22 { // 128 bits
				t.Errorf("%s is %q", name, q.Get(name))
			}
			seen[q.Get(name)] = true
		}
		if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("client_id") != "starter" ||
			q.Get("redirect_uri") != "http://app.test/login/callback" || q.Get("scope") != "openid profile email" {
			t.Errorf("query %v", q)
		}
		if names := slices.Sorted(maps.Keys(q)); len(names) != 8 {
			t.Errorf("parameters %v", names)
		}
	}
	if len(seen) != 3*attempts {
		t.Errorf("%d values in %d attempts, want all different", len(seen), attempts)
	}
}

// What the browser can see of an attempt, its address and its cookie, does not tell the verifier.
func TestCodeVerifierStaysHidden(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := b.Cookies("/login/callback")
	seen["the address"] = authURL
	callback := b.Authorize(authURL)
	seen["the callback"] = callback
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	verifier := p.LastRequest("/token").Form.Get("code_verifier")
	for name, value := range seen {
		decoded, _ := base64.RawURLEncoding.DecodeString(value)
		if len(verifier) != 43 || strings.Contains(value, verifier) || bytes.Contains(decoded, []byte(verifier)) {
			t.Errorf("the code verifier %q is in %s", verifier, name)
		}
	}
}
