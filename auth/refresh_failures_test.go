package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// What goes wrong and leaves the session as it was, with the tokens that it had.
func TestRefreshThatFailsKeepsTheSession(t *testing.T) {
	t.Parallel()
	token := func(status int, contentType, body string) func(*provider) {
		return func(p *provider) { p.Respond("/token", status, contentType, body) }
	}
	userinfo := func(status int, contentType, body string) func(*provider) {
		return func(p *provider) { p.Respond("/userinfo", status, contentType, body) }
	}
	const json = "application/json"
	for name, c := range map[string]struct {
		override func(p *provider)
		want     error
	}{
		"token endpoint: connection broken":            {func(p *provider) { p.Handle("/token", lostConnection) }, auth.ErrUnavailable},
		"token endpoint: 500":                          {token(500, json, `{"error":"invalid_grant"}`), auth.ErrUnavailable},
		"token endpoint: 503 with a page":              {token(503, "text/html", "<p>soon</p>"), auth.ErrUnavailable},
		"token endpoint: 429":                          {token(429, json, `{"error":"slow_down"}`), auth.ErrUnavailable},
		"token endpoint: garbage":                      {token(200, json, `%%%`), auth.ErrUnavailable},
		"token endpoint: an empty object":              {token(200, json, `{}`), auth.ErrUnavailable},
		"token endpoint: a page":                       {token(200, "text/html", "<html>"), auth.ErrUnavailable},
		"token endpoint: endless":                      {func(p *provider) { p.Handle("/token", endlessJSON(nil)) }, auth.ErrUnavailable},
		"token endpoint: a redirect":                   {func(p *provider) { p.Handle("/token", redirectToUserinfo(p)) }, auth.ErrRefused},
		"token endpoint: invalid_client":               {token(401, json, `{"error":"invalid_client"}`), auth.ErrRefused},
		"token endpoint: invalid_request":              {token(400, json, `{"error":"invalid_request"}`), auth.ErrRefused},
		"token endpoint: 400 without a word":           {token(400, "text/plain", ""), auth.ErrRefused},
		"token endpoint: another token type":           {func(p *provider) { p.changeTokenResponse(func(r map[string]any) { r["token_type"] = "DPoP" }) }, auth.ErrBadToken},
		"userinfo: connection broken":                  {func(p *provider) { p.Handle("/userinfo", lostConnection) }, auth.ErrUnavailable},
		"userinfo: 500":                                {userinfo(500, json, `{}`), auth.ErrUnavailable},
		"userinfo: 429":                                {userinfo(429, json, `{}`), auth.ErrUnavailable},
		"userinfo: 403":                                {userinfo(403, json, `{}`), auth.ErrRefused},
		"userinfo: garbage":                            {userinfo(200, json, `%%%`), auth.ErrBadToken},
		"userinfo: endless":                            {func(p *provider) { p.Handle("/userinfo", endlessJSON(nil)) }, auth.ErrUnavailable},
		"userinfo: another person":                     {userinfo(200, json, `{"sub":"bob-0002","name":"Bob"}`), auth.ErrBadToken},
		"userinfo: no sub":                             {userinfo(200, json, `{"name":"Bob"}`), auth.ErrBadToken},
		"userinfo: refused also with the fresh token":  {userinfo(401, json, `{}`), auth.ErrNeedsSignIn},
		"renewed ID token: another person":             {renewedClaim("sub", "bob-0002"), auth.ErrBadToken},
		"renewed ID token: another issuer":             {renewedClaim("iss", "https://evil.example"), auth.ErrBadToken},
		"renewed ID token: another client":             {renewedClaim("aud", "other"), auth.ErrBadToken},
		"renewed ID token: another authorized party":   {renewedClaim("azp", "other"), auth.ErrBadToken},
		"renewed ID token: another nonce":              {renewedClaim("nonce", "not the one of the sign-in"), auth.ErrBadToken},
		"renewed ID token: an earlier auth_time":       {renewedClaim("auth_time", 1700000000), auth.ErrBadToken},
		"renewed ID token: another sid":                {renewedClaim("sid", "another"), auth.ErrBadToken},
		"renewed ID token: expired":                    {renewedClaim("exp", 1700000000), auth.ErrBadToken},
		"renewed ID token: issued in the future":       {renewedClaim("iat", 1<<36), auth.ErrBadToken},
		"renewed ID token: at_hash of another token":   {renewedClaim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), auth.ErrBadToken},
		"renewed ID token: a logout token":             {renewedClaim("events", map[string]any{"x": map[string]any{}}), auth.ErrBadToken},
		"renewed ID token: unsigned":                   {renewedSignature(nil, "none"), auth.ErrBadToken},
		"renewed ID token: signed with another's key":  {renewedSignature(newKey("RS256", "key-1", 1).key, "RS256"), auth.ErrBadToken},
		"renewed ID token: garbage":                    {func(p *provider) { p.changeTokenResponse(func(r map[string]any) { r["id_token"] = "a.b.c" }) }, auth.ErrBadToken},
		"provider away altogether, discovery included": {func(p *provider) { p.SetDown(true) }, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newSpy(t)
			p.override(func(o *overrides) { o.NoRotation = true }) // so that the tokens from before can be used once more
			b := newApp(t, p, all(offline, on(s))).browser()
			before := b.MustSignIn()
			p.Clock.Advance(time.Hour - 10*time.Second)
			c.override(p)
			u, err := b.Refresh()
			if !errors.Is(err, c.want) || errors.Is(err, auth.ErrSignedOut) || u.Subject != "" {
				t.Errorf("got %q, %v; want %v", u.Subject, err, c.want)
			}
			after, err := b.User()
			if err != nil || after.Subject != before.Subject || string(after.Claims) != string(before.Claims) || !after.RefreshedAt.Equal(before.RefreshedAt) {
				t.Errorf("the session after it: %s, %v; want it as before: %s", after.Claims, err, before.Claims)
			}
			if strings.HasPrefix(name, "token endpoint") || strings.HasPrefix(name, "renewed") || strings.HasPrefix(name, "provider") {
				if n := s.count("Update"); n != 0 {
					t.Errorf("the session was written %d times, want the old tokens kept", n)
				}
			}
			p.override(func(o *overrides) { o.TokenResponse, o.IDToken, o.Sign = nil, nil, nil })
			p.SetDown(false)
			p.Clock.Advance(time.Second)
			if _, err := b.Refresh(); err != nil {
				t.Errorf("with the provider as it was: %v", err)
			}
		})
	}
}

// elsewhere sends the caller, with what it brought, to a server that must never see it.
func redirectToUserinfo(p *provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, p.Issuer+"/userinfo", http.StatusTemporaryRedirect)
	}
}

// renewed bends one claim of the ID token in a refresh response.
func renewedClaim(claim string, value any) func(*provider) {
	return func(p *provider) {
		p.override(func(o *overrides) { o.IDToken = func(claims, _ map[string]any) { claims[claim] = value } })
	}
}

func renewedSignature(key any, alg string) func(*provider) {
	return func(p *provider) {
		p.override(func(o *overrides) {
			o.Sign = func(claims, header map[string]any) string {
				return signJWT(key, claims, withMember(header, "alg", alg))
			}
		})
	}
}
