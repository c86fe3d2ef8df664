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
		t.Fatalf("got %q, %v; want /profile?tab=1#top", returnTo, err)
	}
	u, err := b.User()
	if err != nil {
		t.Fatal(err)
	}
	if u.Subject != "alice-0001" || u.Name != "alice" || u.Email != "alice@example.com" || !u.EmailVerified {
		t.Errorf("got the user %+v, want Alice", u)
	}
	now := p.Clock.Now()
	if !u.AuthTime.Equal(now) || !u.SignedInAt.Equal(now) || !u.RefreshedAt.Equal(now) ||
		!u.ExpiresAt.Equal(now.Add(7*day)) {
		t.Errorf("got AuthTime %v, SignedInAt %v, RefreshedAt %v, ExpiresAt %v; the sign-in was at %v",
			u.AuthTime, u.SignedInAt, u.RefreshedAt, u.ExpiresAt, now)
	}
	for _, path := range []string{discoveryPath, "/jwks", "/token", "/userinfo"} {
		if got := p.RequestCount(path); got != 1 {
			t.Errorf("%s received %d requests, want 1", path, got)
		}
	}
	app.browser().CheckSignedOut() // another browser is not signed in
}

func TestSecondSignInReplacesTheFirst(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.setUser(map[string]any{
		"sub": "alice-0001", "name": "Alice", "email": "alice@example.com", "diagnosis": "private",
	})
	b := newApp(t, p, nil).browser()
	first := b.MustSignIn()
	thief := b.copySession()
	if u, err := thief.User(); err != nil || u.Subject != "alice-0001" {
		t.Fatalf("first session: got %q, %v; want alice-0001", u.Subject, err)
	}
	p.Clock.Advance(time.Hour)
	p.setUser(map[string]any{"sub": "bob-0002"})
	second := b.MustSignIn()

	if second.Subject != "bob-0002" || second.Email != "" || second.Name != "bob-0002" ||
		strings.Contains(string(second.Claims), "private") {
		t.Errorf("got the user %+v with the claims %s, want Bob", second, second.Claims)
	}
	if want := first.ExpiresAt.Add(time.Hour); !second.ExpiresAt.Equal(want) {
		t.Errorf("got ExpiresAt %v, want %v", second.ExpiresAt, want)
	}
	if b.token() == thief.token() {
		t.Error("the second session has the token of the first")
	}
	thief.CheckSignedOut()
}

// Session fixation: a token that an attacker has set before the sign-in must not become the token of the session.
func TestSignInReplacesAPlantedSessionToken(t *testing.T) {
	t.Parallel()
	app := newApp(t, newProvider(t), nil)
	planted := strings.Repeat("A", 43)
	b := app.browser()
	b.jar.SetCookies(mustParseURL(t, app.baseURL), sessionCookie(planted))
	b.CheckSignedOut()
	b.MustSignIn()
	if b.token() == planted {
		t.Error("the session has the planted token")
	}
}

func TestSignInWithoutOptionalValues(t *testing.T) {
	t.Parallel()
	withoutHeader := func(name string) func(*provider) {
		return func(p *provider) { p.IDToken = func(_, header map[string]any) { delete(header, name) } }
	}
	for name, override := range map[string]func(*provider){
		"userinfo_endpoint":          document("userinfo_endpoint", nil),
		"at_hash":                    claim("at_hash", nil),
		"sid":                        claim("sid", nil),
		"auth_time":                  claim("auth_time", nil),
		"kid":                        withoutHeader("kid"),
		"typ":                        withoutHeader("typ"),
		"expires_in":                 withoutExpiresIn,
		"token_type in another case": tokenResponseWith("token_type", "bEARER"),
		"iss in the response": func(p *provider) {
			document("authorization_response_iss_parameter_supported", nil)(p)
			p.AuthResponse = func(q url.Values) { q.Del("iss") }
		},
		"prompt_values_supported": document("prompt_values_supported", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			override(p)
			if u := newApp(t, p, nil).browser().MustSignIn(); u.Subject != "alice-0001" {
				t.Errorf("got the user %+v, want Alice", u)
			}
		})
	}
}

// Unusual but valid ID tokens, and times within the clock skew of 30 seconds.
func TestValidIDTokenIsAccepted(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(claims map[string]any, now int64){
		"one audience in a list": func(c map[string]any, _ int64) { c["aud"] = []string{"starter"} },
		"two audiences with azp": func(c map[string]any, _ int64) {
			c["aud"], c["azp"] = []string{"other", "starter"}, "starter"
		},
		"one audience with azp":                      func(c map[string]any, _ int64) { c["azp"] = "starter" },
		"expired within the clock skew":              func(c map[string]any, now int64) { c["exp"] = now - 29 },
		"issued in the future within the clock skew": func(c map[string]any, now int64) { c["iat"] = now + 29 },
		"nbf in the future within the clock skew":    func(c map[string]any, now int64) { c["nbf"] = now + 29 },
		"nbf in the past":                            func(c map[string]any, now int64) { c["nbf"] = now - 1e6 },
		"fractional times": func(c map[string]any, now int64) {
			c["iat"], c["exp"] = float64(now)+0.25, float64(now)+60.75
		},
		"claims whose names differ from sub and nonce in case": func(c map[string]any, _ int64) {
			c["SUB"], c["ſub"], c["Nonce"], c["ſid"] = "root", "root", "n", "s"
		},
		"sub of 255 bytes": func(c map[string]any, _ int64) { c["sub"] = strings.Repeat("s", 255) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.IDToken = func(claims, _ map[string]any) { override(claims, p.Clock.Now().Unix()) }
			document("userinfo_endpoint", nil)(p)
			if u := newApp(t, p, nil).browser().MustSignIn(); u.Subject == "root" {
				t.Error("got the subject root")
			}
		})
	}
}

func TestEveryAttemptHasNewValues(t *testing.T) {
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
				t.Errorf("%s: got %q, want at least 22 characters", name, q.Get(name))
			}
			seen[q.Get(name)] = true
		}
		for name, want := range map[string]string{
			"code_challenge_method": "S256", "response_type": "code", "client_id": "starter",
			"redirect_uri": "http://app.test/login/callback", "scope": "openid profile email",
		} {
			if got := q.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if names := slices.Sorted(maps.Keys(q)); len(names) != 8 {
			t.Errorf("got the parameters %v, want 8", names)
		}
	}
	if len(seen) != 3*attempts {
		t.Errorf("got %d different values in %d attempts, want %d", len(seen), attempts, 3*attempts)
	}
}

// The URLs and the cookie of an attempt, which the browser sees, must not contain the verifier.
func TestCodeVerifierIsNotVisibleToTheBrowser(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newApp(t, p, nil).browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := b.Cookies("/login/callback")
	seen["authorization URL"] = authURL
	callback := b.Authorize(authURL)
	seen["callback URL"] = callback
	if _, err := b.FinishLogin(callback); err != nil {
		t.Fatal(err)
	}
	verifier := p.LastRequest("/token").Form.Get("code_verifier")
	for name, value := range seen {
		decoded, _ := base64.RawURLEncoding.DecodeString(value)
		if len(verifier) != 43 || strings.Contains(value, verifier) || bytes.Contains(decoded, []byte(verifier)) {
			t.Errorf("the code verifier %q is visible in: %s", verifier, name)
		}
	}
}
