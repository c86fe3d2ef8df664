package auth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	b := app.browser()
	b.SignedOut()
	returnTo, err := b.signIn(auth.BeginOptions{ReturnTo: "/profile?tab=1#top"})
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
	now := op.Clock.Now()
	if !u.AuthTime.Equal(now) || !u.Began.Equal(now) || !u.Refreshed.Equal(now) || !u.Ends.Equal(now.Add(7*24*time.Hour)) {
		t.Errorf("times %v %v %v %v, now %v", u.AuthTime, u.Began, u.Refreshed, u.Ends, now)
	}
	for path, want := range map[string]int{"/.well-known/openid-configuration": 1, "/jwks": 1, "/token": 1, "/userinfo": 1} {
		if got := op.Calls(path); got != want {
			t.Errorf("%d calls of %s, want %d", got, path, want)
		}
	}
	app.browser().SignedOut() // another browser
}

func TestSignInOfEachKindOfClient(t *testing.T) {
	t.Parallel()
	const odd = "a+/%:&= ~é\"\\ü"
	for name, prepare := range map[string]func(op *provider) func(*auth.Config){
		"client_secret_basic with a secret that wants encoding": func(op *provider) func(*auth.Config) {
			op.ClientID, op.ClientSecret = "id "+odd, "secret "+odd
			return nil
		},
		"client_secret_post with a secret that wants encoding": func(op *provider) func(*auth.Config) {
			op.ClientID, op.ClientSecret, op.AuthMethod = "id "+odd, "secret "+odd, "client_secret_post"
			return nil
		},
		"public client": func(op *provider) func(*auth.Config) {
			op.ClientSecret, op.AuthMethod = "", "none"
			return nil
		},
		"private_key_jwt with RSA":         keyClient("RS256", "kid-1"),
		"private_key_jwt with P-256":       keyClient("ES256", "kid-2"),
		"private_key_jwt with P-384":       keyClient("ES384", ""),
		"private_key_jwt with Ed25519":     keyClient("EdDSA", "kid-3"),
		"private_key_jwt without a key id": keyClient("ES256", ""),
	} {
		for _, pushed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pushed %v", name, pushed), func(t *testing.T) {
				t.Parallel()
				op := newProvider(t)
				configure := prepare(op)
				app := newApp(t, op, func(cfg *auth.Config) {
					cfg.PushedAuthorization = pushed
					cfg.Scopes = []string{"openid", "offline_access"}
					if configure != nil {
						configure(cfg)
					}
				})
				b := app.browser()
				b.MustSignIn()
				op.ExpireAccess() // so that Refresh has to authenticate, too
				if _, err := b.Refresh(); err != nil {
					t.Errorf("refresh: %v", err)
				}
				if _, err := b.End(); err != nil {
					t.Errorf("end: %v", err)
				}
				app.c.Wait()
				if got := op.Calls("/token"); got != 2 {
					t.Errorf("%d calls of the token endpoint, want 2: the way to authenticate is not tried out", got)
				}
				if op.Calls("/revoke") != 1 || strings.Contains(app.heard.log.String(), "revoke") {
					t.Errorf("refresh token not revoked: %s", app.heard.log.String())
				}
				form := op.Last("/token").Form
				if form.Has("client_secret") && op.AuthMethod != "client_secret_post" {
					t.Error("the secret is in the form")
				}
			})
		}
	}
}

func keyClient(alg, kid string) func(op *provider) func(*auth.Config) {
	return func(op *provider) func(*auth.Config) {
		key := newKey(alg, kid, 2).key
		op.ClientSecret, op.AuthMethod, op.ClientKey, op.ClientKeyID = "", "private_key_jwt", key.Public(), kid
		return func(cfg *auth.Config) {
			cfg.ClientAuthMethod, cfg.ClientKey, cfg.ClientKeyID = auth.PrivateKeyJWT, key, kid
		}
	}
}

func TestClientAssertionOfAnotherKeyIsRefusedByTheProvider(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	configure := keyClient("ES256", "k")(op)
	op.ClientKey = newKey("ES256", "k", 0).key.Public()
	err := newApp(t, op, configure).browser().SignIn()
	if refusal := (*auth.ProviderError)(nil); !errors.As(err, &refusal) || refusal.Code != "invalid_client" {
		t.Errorf("got %v, want invalid_client", err)
	}
}

func TestSigningAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			op.Alg = alg
			newApp(t, op, func(cfg *auth.Config) { cfg.SigningAlg = alg }).browser().MustSignIn()
			if alg != "RS256" { // which is the one accepted unless another is chosen
				err := newApp(t, op, nil).browser().SignIn()
				if !errors.Is(err, auth.ErrBadToken) {
					t.Errorf("with RS256 expected: %v, want ErrBadToken", err)
				}
			}
		})
	}
}

func TestSecondSignInReplacesTheFirst(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	b := app.browser()
	b.MustSignIn()
	first := b.Cookies("/")["session"]
	thief := app.browser()
	thief.jar.SetCookies(mustURL(t, app.base), sessionCookie(first))
	if u, err := thief.User(); err != nil || u.Subject != "alice-0001" {
		t.Fatalf("before: %v, %v", u.Subject, err)
	}
	op.Person = map[string]any{"sub": "bob-0002"}
	u := b.MustSignIn()
	if second := b.Cookies("/")["session"]; second == first || u.Subject != "bob-0002" || u.Email != "" || u.Name != "bob-0002" {
		t.Errorf("same token: %v, user %+v", second == first, u)
	}
	thief.SignedOut()
}

// A session token that was there before the sign-in, planted by somebody say, is never the one after it.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	app := newApp(t, newProvider(t), nil)
	planted := strings.Repeat("A", 43)
	b := app.browser()
	b.jar.SetCookies(mustURL(t, app.base), sessionCookie(planted))
	b.SignedOut()
	b.MustSignIn()
	if b.Cookies("/")["session"] == planted {
		t.Error("the planted token became the session's")
	}
}

func TestDisplayName(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	person := map[string]any{"sub": "by sub"}
	order := []string{"username", "preferred_username", "name", "nickname", "email", "sub"}
	for _, name := range order {
		person[name] = "by " + name
	}
	for i, name := range order {
		op.Person = person
		if u := app.browser().MustSignIn(); u.Name != "by "+name {
			t.Errorf("name %q, want %q", u.Name, "by "+name)
		}
		if name != "sub" { // blank, or no string: as if it were missing
			person = with(person, name, []any{" \t", 7, nil, "", []string{"x"}}[i])
		}
	}
}

func TestUserObject(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.IDToken = func(claims, _ map[string]any) {
		claims["name"], claims["locale"], claims["acr"] = "from the ID token", "tr", "1"
		claims["c_hash"] = "xxxxxxxxxxxxxxxxxxxxxx"
	}
	op.Handle("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"sub":"alice-0001","name":"from userinfo","email":"a@b.c","email_verified":"true",
			"big":123456789012345678901234567890,"exact":1.10,"html":"<b>&","nested":{"a":[1,2]},"empty":null,
			"iss":"https://evil.example","aud":"evil","azp":"evil","exp":1,"iat":1,"nbf":1,"jti":"evil","auth_time":1,"acr":"9",
			"amr":["evil"],"nonce":"evil","at_hash":"evil","c_hash":"evil","s_hash":"evil","sid":"evil"}`))
	})
	u := newApp(t, op, nil).browser().MustSignIn()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(u.Claims, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"sub": `"alice-0001"`, "name": `"from userinfo"`, "locale": `"tr"`, "acr": `"1"`, "iss": `"` + op.Issuer + `"`, "aud": `"starter"`,
		"big": "123456789012345678901234567890", "exact": "1.10", "html": `"\u003cb\u003e\u0026"`, "nested": `{"a":[1,2]}`, "empty": "null",
	} {
		if string(got[name]) != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash", "sid", "azp", "jti", "amr", "nbf"} {
		if value, there := got[name]; there {
			t.Errorf("%s is in the user object: %s", name, value)
		}
	}
	if bytes.Contains(u.Claims, []byte("evil")) || !u.EmailVerified || u.Email != "a@b.c" || u.Name != "from userinfo" {
		t.Errorf("user %+v %s", u, u.Claims)
	}
	if !u.AuthTime.Equal(op.Clock.Now()) {
		t.Errorf("auth_time %v is userinfo's", u.AuthTime)
	}
}

func TestEmailVerified(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	for _, c := range []struct {
		value any
		want  bool
	}{{true, true}, {"true", true}, {false, false}, {"false", false}, {nil, false}, {1, false}, {"TRUE", false}, {[]bool{true}, false}} {
		op.Person = map[string]any{"sub": "s", "email": "e@example.com", "email_verified": c.value}
		if u := app.browser().MustSignIn(); u.EmailVerified != c.want {
			t.Errorf("%v (%T) is %v, want %v", c.value, c.value, u.EmailVerified, c.want)
		}
	}
}

// Everything that a sign-in can do without.
func TestSignInWithout(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*provider){
		"userinfo endpoint": func(op *provider) {
			op.Discovery = func(doc map[string]any) { delete(doc, "userinfo_endpoint") }
		},
		"at_hash":         idTokenWithout("at_hash"),
		"sid":             idTokenWithout("sid"),
		"auth_time":       idTokenWithout("auth_time"),
		"key id":          func(op *provider) { op.IDToken = func(_, header map[string]any) { delete(header, "kid") } },
		"typ":             func(op *provider) { op.IDToken = func(_, header map[string]any) { delete(header, "typ") } },
		"expires_in":      func(op *provider) { op.TokenResponse = func(r map[string]any) { delete(r, "expires_in") } },
		"token_type case": func(op *provider) { op.TokenResponse = func(r map[string]any) { r["token_type"] = "bEARER" } },
		"iss in the answer": func(op *provider) {
			op.Discovery = func(doc map[string]any) { delete(doc, "authorization_response_iss_parameter_supported") }
			op.Answer = func(q url.Values) { q.Del("iss") }
		},
		"prompt values": func(op *provider) {
			op.Discovery = func(doc map[string]any) { delete(doc, "prompt_values_supported") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			bend(op)
			if u := newApp(t, op, nil).browser().MustSignIn(); u.Subject != "alice-0001" {
				t.Errorf("user %+v", u)
			}
		})
	}
}

func idTokenWithout(claim string) func(*provider) {
	return func(op *provider) { op.IDToken = func(claims, _ map[string]any) { delete(claims, claim) } }
}

// What is odd but right, or within the clocks' difference.
func TestIDTokensThatAreGood(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(claims map[string]any, now int64){
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
			op := newProvider(t)
			op.IDToken = func(claims, _ map[string]any) { bend(claims, op.Clock.Now().Unix()) }
			op.Discovery = func(doc map[string]any) { delete(doc, "userinfo_endpoint") }
			if u := newApp(t, op, nil).browser().MustSignIn(); u.Subject == "root" {
				t.Error("signed in as root")
			}
		})
	}
}

func TestEveryAttemptIsFresh(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	b, seen := app.browser(), map[string]bool{}
	const attempts = 40
	for range attempts {
		authURL, err := b.Begin(auth.BeginOptions{})
		if err != nil {
			t.Fatal(err)
		}
		q := mustURL(t, authURL).Query()
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
	op := newProvider(t)
	b := newApp(t, op, nil).browser()
	authURL, err := b.Begin(auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := b.Cookies("/login/callback")
	seen["the address"] = authURL
	callback := b.Authorize(authURL)
	seen["the callback"] = callback
	if _, err := b.Finish(callback); err != nil {
		t.Fatal(err)
	}
	verifier := op.Last("/token").Form.Get("code_verifier")
	for name, value := range seen {
		decoded, _ := base64.RawURLEncoding.DecodeString(value)
		if len(verifier) != 43 || strings.Contains(value, verifier) || bytes.Contains(decoded, []byte(verifier)) {
			t.Errorf("the code verifier %q is in %s", verifier, name)
		}
	}
}
