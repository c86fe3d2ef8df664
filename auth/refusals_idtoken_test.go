package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// claim sets a claim of the ID token. If value is nil, it removes the claim.
func claim(name string, value any) func(*provider) {
	return func(p *provider) {
		p.IDToken = func(claims, _ map[string]any) {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
	}
}

// claimAt sets a claim of the ID token to the time after d.
func claimAt(name string, d time.Duration) func(*provider) {
	return func(p *provider) {
		p.IDToken = func(claims, _ map[string]any) { claims[name] = p.Clock.Now().Add(d).Unix() }
	}
}

// twoClaims sets two claims of the ID token.
func twoClaims(name1 string, value1 any, name2 string, value2 any) func(*provider) {
	return func(p *provider) {
		p.IDToken = func(claims, _ map[string]any) { claims[name1], claims[name2] = value1, value2 }
	}
}

func TestInvalidIDTokenIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, override func(*provider)) {
		cases[name] = refusal{override: override, want: auth.ErrBadToken, withoutUserinfo: true}
	}
	add("wrong iss", claim("iss", "https://evil.example"))
	add("iss with a trailing slash", func(p *provider) { claim("iss", p.Issuer+"/")(p) })
	add("iss in capitals", func(p *provider) { claim("iss", strings.Replace(p.Issuer, "http", "HTTP", 1))(p) })
	add("iss missing", claim("iss", nil))

	add("wrong aud", claim("aud", "another-client"))
	add("aud missing", claim("aud", nil))
	add("aud empty", claim("aud", []string{}))
	add("aud with our client ID as a prefix", claim("aud", "starter2"))
	add("aud a list without this client", claim("aud", []string{"a", "b"}))
	add("two audiences without azp", claim("aud", []string{"starter", "another-client"}))
	add("two audiences with the azp of the other", twoClaims("aud", []string{"starter", "other"}, "azp", "other"))
	add("azp of another client", claim("azp", "another-client"))

	add("wrong nonce", claim("nonce", "another-nonce"))
	add("nonce missing", claim("nonce", nil))
	add("nonce empty", claim("nonce", ""))
	add("nonce not a string", claim("nonce", 1))

	add("sub missing", claim("sub", nil))
	add("sub empty", claim("sub", ""))
	add("sub longer than 255 bytes", claim("sub", strings.Repeat("s", 256)))
	add("sub not a string", claim("sub", 1))
	add("two claims that Go takes for iss", func(p *provider) {
		twoClaims("iss", "https://evil.example", "iſs", p.Issuer)(p)
	})
	add("second aud with a capital", claim("Aud", "starter"))
	add("second at_hash with capitals", claim("AT_hash", "x"))

	add("expired", claimAt("exp", -31*time.Second))
	add("exp missing", claim("exp", nil))
	add("exp a string", claim("exp", "tomorrow"))
	add("exp out of range", claim("exp", 1e18))
	add("exp negative", claim("exp", -1))
	add("issued in the future", claimAt("iat", 31*time.Second))
	add("iat missing", claim("iat", nil))
	add("nbf in the future", claimAt("nbf", 31*time.Second))
	add("auth_time in the future", claimAt("auth_time", 31*time.Second))

	add("at_hash of another token", func(p *provider) { claim("at_hash", atHash("RS256", "another token"))(p) })
	add("at_hash of the wrong length", claim("at_hash", strings.Repeat("a", 43)))
	add("logout token", claim("events", map[string]any{logoutEvent: map[string]any{}}))
	add("security event token", claim("events", map[string]any{}))

	testRefusals(t, cases)
}

// If max_age is sent, auth_time is required (OpenID Connect Core section 3.1.2.1) and checked (section 3.1.3.7).
func TestMaxAgeIsEnforced(t *testing.T) {
	t.Parallel()
	recent := auth.LoginOptions{MaxAge: 5 * time.Minute}
	const tooOld = -5*time.Minute - 31*time.Second
	testRefusals(t, map[string]refusal{
		"auth_time missing":      {options: recent, want: auth.ErrBadToken, override: claim("auth_time", nil)},
		"auth_time too old":      {options: recent, want: auth.ErrBadToken, override: claimAt("auth_time", tooOld)},
		"auth_time not a number": {options: recent, want: auth.ErrBadToken, override: claim("auth_time", "just now")},
	})
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	p.AuthTime = p.Clock.Now().Add(-5*time.Minute - 29*time.Second) // within the clock skew
	if _, err := b.signInWith(auth.LoginOptions{MaxAge: 5 * time.Minute}); err != nil {
		t.Error(err)
	}
	u, err := b.User()
	if err != nil || !u.AuthTime.Equal(p.AuthTime) {
		t.Errorf("got AuthTime %v, %v; want %v", u.AuthTime, err, p.AuthTime)
	}
	if !app.client.SignedInWithin(u, 5*time.Minute) || app.client.SignedInWithin(u, 4*time.Minute) {
		t.Error("SignedInWithin does not allow for the clock skew")
	}
	if app.client.SignedInWithin(auth.User{}, 100*365*24*time.Hour) {
		t.Error("SignedInWithin reports true without AuthTime")
	}
	p.AuthTime = p.Clock.Now().Add(-24 * time.Hour)
	if _, err := b.signInWith(auth.LoginOptions{}); err != nil {
		t.Errorf("without max_age: %v", err)
	}
}

func TestIDTokenOfAnotherAttemptIsRejected(t *testing.T) {
	t.Parallel()
	var first string
	replay := func(p *provider) {
		p.Sign = func(claims, header map[string]any) string {
			delete(claims, "at_hash")
			if first == "" {
				first = signJWT(p.Key().key, withMember(claims, "nonce", "of another attempt"), header)
			}
			return first
		}
	}
	testRefusals(t, map[string]refusal{"replayed": {want: auth.ErrBadToken, withoutUserinfo: true, override: replay}})
}
