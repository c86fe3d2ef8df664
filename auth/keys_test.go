package auth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Keys that cannot be used are ignored. They do not invalidate the others.
func TestUnusableKeysAreIgnored(t *testing.T) {
	t.Parallel()
	secp256k1 := map[string]any{"kty": "EC", "crv": "secp256k1", "kid": "key-1", "use": "sig", "alg": "ES256K",
		"x": "3q2-7w", "y": "3q2-7w"}
	unknownType := map[string]any{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}
	encryption := publicJWK(newKey("RS256", "key-1", 1), "RSA-OAEP")
	encryption["use"] = "enc"
	secret := map[string]any{"kty": "oct", "kid": "key-1", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
	for name, c := range map[string]struct {
		change func(keys []map[string]any) []map[string]any
		want   error
	}{
		"unknown curve":                    {prependKey(secp256k1), nil},
		"unknown key type":                 {prependKey(unknownType), nil},
		"encryption key":                   {prependKey(encryption), nil},
		"symmetric key":                    {prependKey(secret), nil},
		"key without kty":                  {prependKey(map[string]any{"kid": 7}), nil},
		"empty key":                        {prependKey(map[string]any{"kty": "RSA", "n": "", "e": ""}), nil},
		"malformed certificate":            {prependKey(map[string]any{"kty": "RSA", "x5c": []string{"!"}}), nil},
		"null":                             {prependKey(nil), nil},
		"another key with the same key ID": {prependKey(publicJWK(newKey("RS256", "key-1", 1), "RS256")), nil},
		"signing key without key ID":       {editKey(func(k map[string]any) { delete(k, "kid") }), auth.ErrBadToken},
		"signing key without use and alg":  {editKey(func(k map[string]any) { delete(k, "use"); delete(k, "alg") }), nil},
		"signing key with use enc":         {editKey(func(k map[string]any) { k["use"] = "enc" }), auth.ErrBadToken},
		"no keys":                          {func([]map[string]any) []map[string]any { return nil }, auth.ErrBadToken},
		"signing key published with its private part": {publishPrivateKey, auth.ErrBadToken},
		"signing key with a malformed certificate": {
			editKey(func(k map[string]any) { k["x5c"] = []string{"AAAA"} }), nil},
		"signing key published as a symmetric key": {
			editKey(func(k map[string]any) { k["kty"], k["k"] = "oct", k["n"] }), auth.ErrBadToken},
		"500 times null": {func(keys []map[string]any) []map[string]any {
			return append(make([]map[string]any, 500), keys...)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.JWKS = c.change
			if err := newApp(t, p, nil).browser().SignIn(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// prependKey returns a change of the key set that adds a key before the others.
func prependKey(key map[string]any) func([]map[string]any) []map[string]any {
	return func(keys []map[string]any) []map[string]any { return append([]map[string]any{key}, keys...) }
}

// editKey returns a change of the key set that changes the first key.
func editKey(change func(map[string]any)) func([]map[string]any) []map[string]any {
	return func(keys []map[string]any) []map[string]any {
		change(keys[0])
		return keys
	}
}

// publishPrivateKey replaces the key set by the signing key with its private part, with which anyone can sign.
func publishPrivateKey([]map[string]any) []map[string]any {
	b, _ := json.Marshal(jose.JSONWebKey{Key: rsaKeys[0](), KeyID: "key-1", Use: "sig"})
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return []map[string]any{m}
}

// If a token has no key ID, all keys are tried.
func TestKeysWithoutIDs(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.RotateKey(true)
	p.RotateKey(true)
	p.JWKS = func(keys []map[string]any) []map[string]any {
		for _, k := range keys {
			delete(k, "kid")
		}
		return keys
	}
	p.IDToken = func(_, header map[string]any) { delete(header, "kid") }
	newApp(t, p, nil).browser().MustSignIn()
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rotate   func(p *provider)
		requests int // total number of requests for the keys
	}{
		"old key stays published":      {func(p *provider) { p.RotateKey(true) }, 2},
		"old key is removed":           {func(p *provider) { p.RotateKey(false) }, 2},
		"new key with the same key ID": {func(p *provider) { p.RotateKey(false); p.Key().kid = "key-1" }, 2},
		"no rotation":                  {func(p *provider) {}, 1},
		"two rotations":                {func(p *provider) { p.RotateKey(false); p.RotateKey(false) }, 2},
		"rotation after the cached keys have expired": {func(p *provider) {
			p.Clock.Advance(time.Hour)
			p.RotateKey(false)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			app := newApp(t, p, nil)
			app.browser().MustSignIn()
			c.rotate(p)
			app.browser().MustSignIn()
			if n := p.RequestCount("/jwks"); n != c.requests {
				t.Errorf("got %d requests for the keys, want %d", n, c.requests)
			}
		})
	}
}

// A key that the provider has withdrawn is trusted for at most an hour, even if the new keys cannot be fetched.
func TestWithdrawnKeyIsTrustedForAnHour(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	app.browser().MustSignIn()
	stolen := p.Key()
	p.RotateKey(false)
	p.Sign = func(claims, header map[string]any) string {
		return signJWT(stolen.key, claims, withMember(header, "kid", stolen.kid))
	}
	p.Clock.Advance(time.Hour)
	p.Handle("/jwks", lostConnection)
	if err := app.browser().SignIn(); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("SignIn while the keys are unavailable: got %v, want ErrUnavailable", err)
	}
	p.Handle("/jwks", nil)
	p.Clock.Advance(time.Second)
	if err := app.browser().SignIn(); !errors.Is(err, auth.ErrBadToken) {
		t.Errorf("SignIn with the withdrawn key: got %v, want ErrBadToken", err)
	}
}

// If the keys cannot be fetched, the error is ErrUnavailable or ErrMisconfigured, and not ErrBadToken.
func TestKeysUnavailable(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, _ string, prepare func(*provider)) {
		cases[name] = refusal{want: want, override: func(p *provider) {
			p.RotateKey(false) // so that the keys are fetched again
			prepare(p)
		}}
	}
	addUnavailable("/jwks", add)
	for name, prepare := range map[string]func(*provider){
		"status 404":                status("/jwks", 404, asJSON, `{"keys":[]}`),
		"redirect":                  handle("/jwks", redirectTo("https://evil.example/")),
		"response is not JSON":      status("/jwks", 200, asJSON, "garbage"),
		"response is an array":      status("/jwks", 200, asJSON, "[]"),
		"keys are not an array":     status("/jwks", 200, asJSON, `{"keys":"none"}`),
		"response of two megabytes": func(p *provider) { p.Handle("/jwks", padResponse(p.jwks, 2<<20)) },
	} {
		want := auth.ErrMisconfigured
		if name == "response of two megabytes" {
			want = auth.ErrUnavailable
		}
		add(name, want, "", prepare)
	}
	testRefusals(t, cases)
}

// signInAtOnce signs in n browsers at the same time. The provider sends no keys before all of them have requested
// their tokens. All sign-ins must succeed.
func signInAtOnce(t *testing.T, p *provider, app *app, n int) {
	t.Helper()
	requested, release := make(chan struct{}, n), make(chan struct{})
	p.Handle("/jwks", func(w http.ResponseWriter, r *http.Request) {
		<-release
		p.jwks(w, r)
	})
	p.onRequest("/token", func() { requested <- struct{}{} })
	done := make(chan error, n)
	for range n {
		go func() { done <- app.browser().SignIn() }()
	}
	for range n {
		<-requested
	}
	close(release)
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestConcurrentSignInsFetchTheKeysOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	signInAtOnce(t, p, newApp(t, p, nil), 10)
	if n := p.RequestCount("/jwks"); n != 1 {
		t.Errorf("got %d requests for the keys, want 1", n)
	}
}

// All sign-ins during a key rotation wait for the request that fetches the new key.
func TestKeyRotationDuringManySignIns(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	app.browser().MustSignIn()
	p.RotateKey(false)
	signInAtOnce(t, p, app, 30)
}

// While the keys are unavailable, all tokens are answered with ErrUnavailable. The failed requests do not use up the
// budget, so that the keys are fetched as soon as they are available.
func TestKeysAreFetchedAfterManyFailures(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	app.browser().MustSignIn()
	p.RotateKey(false)
	p.Respond("/jwks", 503, "text/plain", "")
	for range 30 {
		err := app.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil))
		if !errors.Is(err, auth.ErrUnavailable) {
			t.Fatalf("BackChannelLogout: got %v, want ErrUnavailable, so that the provider retries", err)
		}
		p.Clock.Advance(time.Second)
	}
	p.Handle("/jwks", nil)
	app.browser().MustSignIn()
}
