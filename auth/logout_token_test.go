package auth_test

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Back-Channel Logout 1.0 section 2.6, and JWTs of other kinds.
func TestInvalidLogoutTokenIsRejected(t *testing.T) {
	t.Parallel()
	claim := func(name string, value any) func(p *provider) string {
		return func(p *provider) string {
			return p.LogoutToken("alice-0001", "sid-of-alice", func(claims, _ map[string]any) {
				if claims[name] = value; value == nil {
					delete(claims, name)
				}
			})
		}
	}
	at := func(name string, d time.Duration) func(p *provider) string {
		return func(p *provider) string { return claim(name, p.Clock.Now().Add(d).Unix())(p) }
	}
	header := func(name string, value any) func(p *provider) string {
		return func(p *provider) string {
			return p.LogoutToken("alice-0001", "sid-of-alice", func(_, header map[string]any) {
				header[name] = value
			})
		}
	}
	resign := func(key func(p *provider) any, alg string) func(p *provider) string {
		return func(p *provider) (token string) {
			p.LogoutToken("alice-0001", "sid-of-alice", func(claims, header map[string]any) {
				token = signJWT(key(p), claims, withMember(header, "alg", alg))
			})
			return token
		}
	}
	event := func(name string) func(p *provider) string {
		return claim("events", map[string]any{name: map[string]any{}})
	}
	text := func(s string) func(*provider) string { return func(*provider) string { return s } }
	for name, token := range map[string]func(p *provider) string{
		"no token":            text(""),
		"not a JWT":           text("%%%"),
		"three invalid parts": text("a.b.c"),
		"four parts": func(p *provider) string {
			return p.LogoutToken("alice-0001", "", nil) + ".x"
		},
		"JSON serialization":                  text(`{"payload":"e30","signatures":[]}`),
		"longer than 16 KiB":                  claim("note", strings.Repeat("x", 16<<10)),
		"typ of an access token":              header("typ", "at+jwt"),
		"typ of another event":                header("typ", "secevent+jwt"),
		"typ not a string":                    header("typ", 5),
		"empty typ":                           header("typ", ""),
		"unknown critical header":             header("crit", []string{"exp"}),
		"unsigned":                            resign(func(*provider) any { return nil }, "none"),
		"HMAC with the public key":            resign(publicKeyDER, "HS256"),
		"HMAC with the client secret":         resign(func(p *provider) any { return []byte(p.ClientSecret) }, "HS256"),
		"another algorithm with the same key": resign(func(p *provider) any { return p.Key().key }, "PS256"),
		"signed with another key":             resign(func(*provider) any { return newKey("RS256", "", 1).key }, "RS256"),
		"unknown key ID":                      header("kid", "unknown"),
		"claims changed after signing":        logoutTokenWithOtherClaims,
		"another issuer":                      claim("iss", "https://evil.example"),
		"no issuer":                           claim("iss", nil),
		"another audience":                    claim("aud", "other"),
		"no audience":                         claim("aud", nil),
		"several other audiences":             claim("aud", []string{"other", "another"}),
		"no iat":                              claim("iat", nil),
		"iat not a number":                    claim("iat", "now"),
		"iat in the future":                   at("iat", 31*time.Second),
		"iat too long ago":                    at("iat", -10*time.Minute-31*time.Second),
		"no exp":                              claim("exp", nil),
		"expired":                             at("exp", -31*time.Second),
		"no jti":                              claim("jti", nil),
		"empty jti":                           claim("jti", ""),
		"no events":                           claim("events", nil),
		"another event":                       event("http://schemas.openid.net/event/other"),
		"events not an object":                claim("events", []string{logoutEvent}),
		"event not an object":                 claim("events", map[string]any{logoutEvent: "yes"}),
		"event an array":                      claim("events", map[string]any{logoutEvent: []any{}}),
		"event null":                          claim("events", map[string]any{logoutEvent: nil}),
		"nonce":                               claim("nonce", "n"),
		"nonce null":                          nullNonce,
		"empty nonce":                         claim("nonce", ""),
		"sub not a string":                    claim("sub", 7),
		"neither sub nor sid":                 func(p *provider) string { return p.LogoutToken("", "", nil) },
		"second sub in capitals":              claim("SUB", "bob-0002"),
		"second sid with a capital":           claim("Sid", "another"),
		"nonce in capitals":                   claim("NONCE", "n"),
		"event in capitals":                   event(strings.ToUpper(logoutEvent)),
		"ID token":                            idTokenForLogout,
		"ID token of type logout+jwt":         idTokenWithLogoutType,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			p.setSID("sid-of-alice")
			a := newApp(t, p, withStore(s))
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			raw := token(p)
			s.reset()
			err := a.client.BackChannelLogout(t.Context(), raw)
			if !errors.Is(err, auth.ErrBadToken) || errors.Is(err, auth.ErrUnavailable) {
				t.Errorf("got %v, want %v", err, auth.ErrBadToken)
			}
			a.output.addError(err)
			if n := s.count(writes...); n != 0 {
				t.Errorf("got %d writes, want none", n)
			}
			if _, err := b.User(); err != nil {
				t.Errorf("the session ended: %v", err)
			}
			valid := p.LogoutToken("alice-0001", "", nil)
			if err := a.client.BackChannelLogout(t.Context(), valid); err != nil {
				t.Errorf("valid token: %v", err)
			}
			b.CheckSignedOut()
		})
	}
}

func publicKeyDER(p *provider) any { return pkix(p.Key().key.Public().(*rsa.PublicKey)) }

func logoutTokenWithOtherClaims(p *provider) string {
	parts := strings.Split(p.LogoutToken("bob-0002", "", nil), ".")
	forged := strings.Split(p.LogoutToken("alice-0001", "", nil), ".")
	return parts[0] + "." + forged[1] + "." + parts[2]
}

func nullNonce(p *provider) string {
	return p.LogoutToken("alice-0001", "", func(claims, _ map[string]any) { claims["nonce"] = nil })
}

func idTokenForLogout(p *provider) string {
	return p.LogoutToken("alice-0001", "sid-of-alice", func(claims, header map[string]any) {
		delete(claims, "events")
		claims["nonce"], claims["auth_time"], header["typ"] = "n", claims["iat"], "JWT"
	})
}

func idTokenWithLogoutType(p *provider) string {
	return p.LogoutToken("alice-0001", "sid-of-alice", func(claims, _ map[string]any) { delete(claims, "events") })
}

func TestLogoutTokenIsAccepted(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(p *provider, claims, header map[string]any){
		"recommended typ":          func(*provider, map[string]any, map[string]any) {},
		"typ as a full media type": func(_ *provider, _, h map[string]any) { h["typ"] = "application/logout+jwt" },
		"typ with capitals":        func(_ *provider, _, h map[string]any) { h["typ"] = "Logout+JWT" },
		"typ JWT":                  func(_ *provider, _, h map[string]any) { h["typ"] = "JWT" },
		"no typ":                   func(_ *provider, _, h map[string]any) { delete(h, "typ") },
		"no kid":                   func(_ *provider, _, h map[string]any) { delete(h, "kid") },
		"several audiences":        func(_ *provider, c, _ map[string]any) { c["aud"] = []string{"other", "starter"} },
		"iat in the future within the clock skew": func(p *provider, c, _ map[string]any) {
			c["iat"] = p.Clock.Now().Add(29 * time.Second).Unix()
		},
		"expired within the clock skew": func(p *provider, c, _ map[string]any) {
			c["exp"] = p.Clock.Now().Add(-29 * time.Second).Unix()
		},
		"members in the event and a second event": func(_ *provider, c, _ map[string]any) {
			c["events"] = map[string]any{logoutEvent: map[string]any{"more": true}, "other": 1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			a := newApp(t, p, nil)
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			token := p.LogoutToken("alice-0001", "", func(claims, header map[string]any) { override(p, claims, header) })
			if err := a.client.BackChannelLogout(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			b.CheckSignedOut()
		})
	}
}

func TestLogoutTokenAlgorithms(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"PS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.override(func(o *overrides) { o.Alg = alg })
			a := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg = alg })
			b := a.browser()
			b.MustSignIn()
			p.Clock.Advance(time.Second)
			if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil)); err != nil {
				t.Fatal(err)
			}
			b.CheckSignedOut()
		})
	}
}

func TestForgedLogoutTokensCauseFewKeyFetches(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := newApp(t, p, nil)
	a.browser().MustSignIn()
	before := p.RequestCount("/jwks")
	var claims, header map[string]any
	p.LogoutToken("alice-0001", "", func(c, h map[string]any) { claims, header = c, h })
	for i := range 200 {
		forged := signJWT([]byte("guessed"), claims, withMember(header, "kid", fmt.Sprintf("unknown-%d", i)))
		if err := a.client.BackChannelLogout(t.Context(), forged); !errors.Is(err, auth.ErrBadToken) {
			t.Fatalf("got %v, want %v", err, auth.ErrBadToken)
		}
	}
	if n := p.RequestCount("/jwks") - before; n > 10 || n < 1 {
		t.Errorf("200 forged tokens caused %d key fetches, want 1 to 10", n)
	}
	// A new key is fetched as soon as the budget allows it.
	p.RotateKey(false)
	p.Clock.Advance(10 * time.Second)
	if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil)); err != nil {
		t.Errorf("token signed with the new key: %v", err)
	}
}
