package auth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

func TestNameIsTheFirstNonBlankClaim(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	person := map[string]any{"sub": "by sub"}
	order := []string{"username", "preferred_username", "name", "nickname", "email", "sub"}
	for _, name := range order {
		person[name] = "by " + name
	}
	for i, name := range order {
		p.User = person
		if u := app.browser().MustSignIn(); u.Name != "by "+name {
			t.Errorf("got %q, want %q", u.Name, "by "+name)
		}
		if name != "sub" { // a blank value or a value that is not a string counts as missing
			person = withMember(person, name, []any{" \t", 7, nil, "", []string{"x"}}[i])
		}
	}
}

func TestClaimsOfIDTokenAndUserinfo(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.IDToken = func(claims, _ map[string]any) {
		claims["name"], claims["locale"], claims["acr"] = "from the ID token", "tr", "1"
		claims["c_hash"] = "xxxxxxxxxxxxxxxxxxxxxx"
	}
	p.Handle("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"sub":"alice-0001","name":"from userinfo","email":"a@b.c","email_verified":"true",
			"big":123456789012345678901234567890,"exact":1.10,"html":"<b>&","nested":{"a":[1,2]},"empty":null,
			"iss":"https://evil.example","aud":"evil","azp":"evil","exp":1,"iat":1,"nbf":1,"jti":"evil","auth_time":1,"acr":"9",
			"amr":["evil"],"nonce":"evil","at_hash":"evil","c_hash":"evil","s_hash":"evil","sid":"evil"}`))
	})
	u := newApp(t, p, nil).browser().MustSignIn()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(u.Claims, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"sub": `"alice-0001"`, "name": `"from userinfo"`, "locale": `"tr"`, "acr": `"1"`,
		"iss": `"` + p.Issuer + `"`, "aud": `"starter"`,
		"big": "123456789012345678901234567890", "exact": "1.10", "html": `"\u003cb\u003e\u0026"`,
		"nested": `{"a":[1,2]}`, "empty": "null",
	} {
		if string(got[name]) != want {
			t.Errorf("%s: got %s, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash", "sid", "azp", "jti", "amr", "nbf"} {
		if value, ok := got[name]; ok {
			t.Errorf("%s: got %s, want none", name, value)
		}
	}
	if bytes.Contains(u.Claims, []byte("evil")) || !u.EmailVerified || u.Email != "a@b.c" || u.Name != "from userinfo" {
		t.Errorf("got the user %+v with the claims %s", u, u.Claims)
	}
	if !u.AuthTime.Equal(p.Clock.Now()) {
		t.Errorf("got AuthTime %v, want %v of the ID token", u.AuthTime, p.Clock.Now())
	}
}

func TestEmailVerified(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	for _, c := range []struct {
		value any
		want  bool
	}{
		{true, true}, {"true", true}, {false, false}, {"false", false}, {nil, false}, {1, false}, {"TRUE", false},
		{[]bool{true}, false},
	} {
		p.User = map[string]any{"sub": "s", "email": "e@example.com", "email_verified": c.value}
		if u := app.browser().MustSignIn(); u.EmailVerified != c.want {
			t.Errorf("%v (%T): got %v, want %v", c.value, c.value, u.EmailVerified, c.want)
		}
	}
}

// email_verified in the ID token refers to the address in the ID token, not to another one in userinfo.
func TestEmailVerifiedAppliesOnlyToItsAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		userinfo string
		verified bool
		claim    string
	}{
		"another address without email_verified": {`"email":"new@example.com"`, false, ""},
		"another address with email_verified":    {`"email":"new@example.com","email_verified":true`, true, "true"},
		"the same address":                       {`"email":"alice@example.com"`, true, "true"},
		"no address":                             {`"name":"Alice"`, true, "true"},
		"another phone number":                   {`"phone_number":"+1 2"`, true, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.IDToken = func(claims, _ map[string]any) {
				claims["email"], claims["email_verified"] = "alice@example.com", true
				claims["phone_number"], claims["phone_number_verified"] = "+1 1", true
			}
			p.Respond("/userinfo", 200, asJSON, `{"sub":"alice-0001",`+c.userinfo+`}`)
			u := newApp(t, p, nil).browser().MustSignIn()
			var got map[string]json.RawMessage
			if err := json.Unmarshal(u.Claims, &got); err != nil {
				t.Fatal(err)
			}
			if u.EmailVerified != c.verified || string(got["email_verified"]) != c.claim {
				t.Errorf("%s: got EmailVerified %v and the claim %q, want %v and %q",
					u.Email, u.EmailVerified, got["email_verified"], c.verified, c.claim)
			}
			if _, ok := got["phone_number_verified"]; ok != (name != "another phone number") {
				t.Errorf("phone_number_verified: got the claims %s", u.Claims)
			}
		})
	}
}
