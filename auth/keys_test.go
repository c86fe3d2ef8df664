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

// A key of an unknown kind is left out, and does not spoil the others.
func TestOddKeySets(t *testing.T) {
	t.Parallel()
	secp256k1 := map[string]any{"kty": "EC", "crv": "secp256k1", "kid": "key-1", "use": "sig", "alg": "ES256K",
		"x": "3q2-7w", "y": "3q2-7w"}
	encryption := publicJWK(newKey("RS256", "key-1", 1), "RSA-OAEP")
	encryption["use"] = "enc"
	secret := map[string]any{"kty": "oct", "kid": "key-1", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
	for name, c := range map[string]struct {
		bend func(keys []map[string]any) []map[string]any
		want error
	}{
		"a curve that is not known":       {prepend(secp256k1), nil},
		"a kind that is not known":        {prepend(map[string]any{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}), nil},
		"a key for encryption":            {prepend(encryption), nil},
		"a symmetric key":                 {prepend(secret), nil},
		"no kind at all":                  {prepend(map[string]any{"kid": 7}), nil},
		"a broken key":                    {prepend(map[string]any{"kty": "RSA", "n": "", "e": ""}), nil},
		"a broken certificate":            {prepend(map[string]any{"kty": "RSA", "x5c": []string{"!"}}), nil},
		"null":                            {prepend(nil), nil},
		"another key with the same id":    {prepend(publicJWK(newKey("RS256", "key-1", 1), "RS256")), nil},
		"the key without an id":           {editKey(func(k map[string]any) { delete(k, "kid") }), auth.ErrBadToken},
		"the key without use and alg":     {editKey(func(k map[string]any) { delete(k, "use"); delete(k, "alg") }), nil},
		"the key is for encryption":       {editKey(func(k map[string]any) { k["use"] = "enc" }), auth.ErrBadToken},
		"no key":                          {func([]map[string]any) []map[string]any { return nil }, auth.ErrBadToken},
		"the key has given itself away":   {privateKey, auth.ErrBadToken},
		"a certificate of another key":    {editKey(func(k map[string]any) { k["x5c"] = []string{"AAAA"} }), nil},
		"the public key as a shared one":  {editKey(func(k map[string]any) { k["kty"], k["k"] = "oct", k["n"] }), auth.ErrBadToken},
		"a number of keys that is a page": {func(k []map[string]any) []map[string]any { return append(make([]map[string]any, 500), k...) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			op.JWKS = c.bend
			if err := newApp(t, op, nil).browser().SignIn(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func prepend(key map[string]any) func([]map[string]any) []map[string]any {
	return func(keys []map[string]any) []map[string]any { return append([]map[string]any{key}, keys...) }
}

func editKey(change func(map[string]any)) func([]map[string]any) []map[string]any {
	return func(keys []map[string]any) []map[string]any {
		change(keys[0])
		return keys
	}
}

// privateKey publishes the key that signs with its private part: everybody can sign with it now.
func privateKey([]map[string]any) []map[string]any {
	b, _ := json.Marshal(jose.JSONWebKey{Key: rsaKeys[0](), KeyID: "key-1", Use: "sig"})
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	return []map[string]any{m}
}

// Without key ids every key is tried.
func TestKeysWithoutIDs(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.RotateKey(true)
	op.RotateKey(true)
	op.JWKS = func(keys []map[string]any) []map[string]any {
		for _, k := range keys {
			delete(k, "kid")
		}
		return keys
	}
	op.IDToken = func(_, header map[string]any) { delete(header, "kid") }
	newApp(t, op, nil).browser().MustSignIn()
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rotate func(op *provider)
		calls  int // of the keys' address in all
	}{
		"the old one is kept":     {func(op *provider) { op.RotateKey(true) }, 2},
		"the old one is gone":     {func(op *provider) { op.RotateKey(false) }, 2},
		"under the same id":       {func(op *provider) { op.RotateKey(false); op.Key().kid = "key-1" }, 2},
		"announced long before":   {func(op *provider) {}, 1},
		"several times in a row":  {func(op *provider) { op.RotateKey(false); op.RotateKey(false) }, 2},
		"after they had gone old": {func(op *provider) { op.Clock.Advance(time.Hour); op.RotateKey(false) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			app := newApp(t, op, nil)
			app.browser().MustSignIn()
			c.rotate(op)
			app.browser().MustSignIn() // at once, with no waiting
			if n := op.Calls("/jwks"); n != c.calls {
				t.Errorf("%d calls for the keys, want %d", n, c.calls)
			}
		})
	}
}

// A key that the provider has withdrawn is believed for an hour at most, also when the new ones cannot be had.
func TestWithdrawnKey(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	app.browser().MustSignIn()
	stolen := op.Key()
	op.RotateKey(false)
	op.Sign = func(claims, header map[string]any) string {
		return signJWT(stolen.key, claims, with(header, "kid", stolen.kid))
	}
	op.Clock.Advance(time.Hour)
	op.Handle("/jwks", lostConnection)
	if err := app.browser().SignIn(); !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("keys cannot be had: %v, want ErrUnavailable", err)
	}
	op.Handle("/jwks", nil)
	op.Clock.Advance(time.Second)
	if err := app.browser().SignIn(); !errors.Is(err, auth.ErrBadToken) {
		t.Errorf("got %v, want ErrBadToken", err)
	}
}

// A set of keys that cannot be had, or makes no sense, says nothing about the token.
func TestKeysUnavailable(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, _ string, bend func(*provider)) {
		cases[name] = refusal{want: want, bend: func(op *provider) {
			op.RotateKey(false) // so that the keys are asked for again
			bend(op)
		}}
	}
	broken("/jwks", add)
	for name, bend := range map[string]func(*provider){
		"status 404":    status("/jwks", 404, asJSON, `{"keys":[]}`),
		"a redirect":    handle("/jwks", redirectTo("https://evil.example/")),
		"garbage":       status("/jwks", 200, asJSON, "garbage"),
		"a list":        status("/jwks", 200, asJSON, "[]"),
		"keys are none": status("/jwks", 200, asJSON, `{"keys":"none"}`),
		"two megabytes": func(op *provider) { op.Handle("/jwks", padAnswer(op.jwks, 2<<20)) },
	} {
		want := auth.ErrMisconfigured
		if name == "two megabytes" {
			want = auth.ErrUnavailable
		}
		add(name, want, "", bend)
	}
	testRefusals(t, cases)
}

// signInAtOnce lets n people sign in, holds the keys back until all of them have their tokens, and wants every sign-in to succeed.
func signInAtOnce(t *testing.T, op *provider, app *app, n int) {
	t.Helper()
	came, gate := make(chan struct{}, n), make(chan struct{})
	op.Handle("/jwks", func(w http.ResponseWriter, r *http.Request) {
		<-gate
		op.jwks(w, r)
	})
	op.at("/token", func() { came <- struct{}{} })
	done := make(chan error, n)
	for range n {
		go func() { done <- app.browser().SignIn() }()
	}
	for range n {
		<-came
	}
	close(gate)
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// One address that answers slowly is asked once, however many sign in meanwhile.
func TestKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	signInAtOnce(t, op, newApp(t, op, nil), 10)
	if n := op.Calls("/jwks"); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// However many sign in at the moment of a rotation, they wait for the one call that brings the new key.
func TestKeyRotationAmongManySignIns(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	app.browser().MustSignIn()
	op.RotateKey(false)
	signInAtOnce(t, op, app, 30)
}

// Keys that cannot be had for a while are no token's fault, however many ask for them, and are found when they are back.
func TestKeysUnavailableForAWhile(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	app := newApp(t, op, nil)
	app.browser().MustSignIn()
	op.RotateKey(false)
	op.Status("/jwks", 503, "text/plain", "")
	for range 30 {
		if err := app.c.BackChannelLogout(t.Context(), op.LogoutToken("alice-0001", "", nil)); !errors.Is(err, auth.ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable: the provider must try again", err)
		}
		op.Clock.Advance(time.Second)
	}
	op.Handle("/jwks", nil)
	app.browser().MustSignIn()
}
