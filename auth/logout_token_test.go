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

// Back-Channel Logout 1.0 section 2.6, and what goes by the name of a logout token and is none.
func TestLogoutTokenIsRefused(t *testing.T) {
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
			return p.LogoutToken("alice-0001", "sid-of-alice", func(_, header map[string]any) { header[name] = value })
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
	text := func(s string) func(*provider) string { return func(*provider) string { return s } }
	for name, token := range map[string]func(p *provider) string{
		"no token":                          text(""),
		"garbage":                           text("%%%"),
		"three parts of garbage":            text("a.b.c"),
		"four parts":                        func(p *provider) string { return p.LogoutToken("alice-0001", "", nil) + ".x" },
		"a JSON serialisation":              text(`{"payload":"e30","signatures":[]}`),
		"longer than 16 KiB":                claim("note", strings.Repeat("x", 16<<10)),
		"typ of an access token":            header("typ", "at+jwt"),
		"typ of another event":              header("typ", "secevent+jwt"),
		"typ that is no text":               header("typ", 5),
		"typ that is empty":                 header("typ", ""),
		"a critical header of the unknown":  header("crit", []string{"exp"}),
		"unsigned":                          resign(func(*provider) any { return nil }, "none"),
		"an HMAC with the public key":       resign(func(p *provider) any { return pkix(p.keyLocked().key.Public().(*rsa.PublicKey)) }, "HS256"),
		"an HMAC with the client secret":    resign(func(*provider) any { return []byte("client-secret +/%:&= ~") }, "HS256"),
		"another algorithm of the same key": resign(func(p *provider) any { return p.keyLocked().key }, "PS256"),
		"signed with another key":           resign(func(*provider) any { return newKey("RS256", "", 1).key }, "RS256"),
		"signed with an unknown key":        header("kid", "unknown"),
		"changed after it was signed":       logoutTokenWithOtherClaims,
		"another issuer":                    claim("iss", "https://evil.example"),
		"no issuer":                         claim("iss", nil),
		"another audience":                  claim("aud", "other"),
		"no audience":                       claim("aud", nil),
		"audiences without us":              claim("aud", []string{"other", "another"}),
		"no iat":                            claim("iat", nil),
		"iat that is no number":             claim("iat", "now"),
		"iat in the future":                 at("iat", 31*time.Second),
		"iat too long ago":                  at("iat", -10*time.Minute-31*time.Second),
		"no exp":                            claim("exp", nil),
		"exp in the past":                   at("exp", -31*time.Second),
		"no jti":                            claim("jti", nil),
		"an empty jti":                      claim("jti", ""),
		"no events":                         claim("events", nil),
		"another event":                     claim("events", map[string]any{"http://schemas.openid.net/event/other": map[string]any{}}),
		"events that are no object":         claim("events", []string{logoutEvent}),
		"an event that is no object":        claim("events", map[string]any{logoutEvent: "yes"}),
		"an event that is an array":         claim("events", map[string]any{logoutEvent: []any{}}),
		"an event that is null":             claim("events", map[string]any{logoutEvent: nil}),
		"a nonce":                           claim("nonce", "n"),
		"a nonce that is null":              nullNonce,
		"a nonce that is empty":             claim("nonce", ""),
		"sub that is no text":               claim("sub", 7),
		"neither sub nor sid":               func(p *provider) string { return p.LogoutToken("", "", nil) },
		"a second sub in capitals":          claim("SUB", "bob-0002"),
		"a second sid in capitals":          claim("Sid", "another"),
		"a nonce in capitals":               claim("NONCE", "n"),
		"an event in capitals":              claim("events", map[string]any{strings.ToUpper(logoutEvent): map[string]any{}}),
		"an ID token":                       idTokenForLogout,
		"an ID token in its clothes":        idTokenWithLogoutType,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			p := newProvider(t)
			p.setSID("sid-of-alice")
			a := newApp(t, p, on(s))
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
				t.Errorf("it made %d writes, want none", n)
			}
			if _, err := b.User(); err != nil {
				t.Errorf("the session ended: %v", err)
			}
			if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil)); err != nil {
				t.Errorf("a right token after it: %v", err)
			}
			b.CheckSignedOut()
		})
	}
}

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

func TestLogoutTokenMay(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(p *provider, claims, header map[string]any){
		"be typed as the specification recommends": func(*provider, map[string]any, map[string]any) {},
		"be typed in full":                         func(_ *provider, _, h map[string]any) { h["typ"] = "application/logout+jwt" },
		"be typed in capitals":                     func(_ *provider, _, h map[string]any) { h["typ"] = "Logout+JWT" },
		"be typed as any JWT":                      func(_ *provider, _, h map[string]any) { h["typ"] = "JWT" },
		"be untyped":                               func(_ *provider, _, h map[string]any) { delete(h, "typ") },
		"have no kid":                              func(_ *provider, _, h map[string]any) { delete(h, "kid") },
		"have other audiences besides us":          func(_ *provider, c, _ map[string]any) { c["aud"] = []string{"other", "starter"} },
		"be of a clock that is a little ahead": func(p *provider, c, _ map[string]any) {
			c["iat"] = p.Clock.Now().Add(29 * time.Second).Unix()
		},
		"be of a clock that is a little behind": func(p *provider, c, _ map[string]any) {
			c["exp"] = p.Clock.Now().Add(-29 * time.Second).Unix()
		},
		"say something in the event": func(_ *provider, c, _ map[string]any) {
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

func TestLogoutTokenOfOtherAlgorithms(t *testing.T) {
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

func TestForgedLogoutTokensDoNotFloodTheProvider(t *testing.T) {
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
		t.Errorf("200 forged tokens made %d calls for keys, want a few", n)
	}
	// And a key that is really new is found soon, flood or not.
	p.RotateKey(false)
	p.Clock.Advance(10 * time.Second)
	if err := a.client.BackChannelLogout(t.Context(), p.LogoutToken("alice-0001", "", nil)); err != nil {
		t.Errorf("signed with the next key: %v", err)
	}
}
