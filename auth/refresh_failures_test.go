package auth_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// A refresh that fails must not change the session or its tokens.
func TestFailedRefreshKeepsTheSession(t *testing.T) {
	t.Parallel()
	token := func(status int, contentType, body string) func(*provider) {
		return func(p *provider) { p.Respond("/token", status, contentType, body) }
	}
	userinfo := func(status int, contentType, body string) func(*provider) {
		return func(p *provider) { p.Respond("/userinfo", status, contentType, body) }
	}
	redirectFromTokenEndpoint := func(p *provider) { p.Handle("/token", redirectToUserinfo(p)) }
	for name, c := range map[string]struct {
		override func(p *provider)
		want     error
	}{
		"token endpoint: connection closed":          {handle("/token", lostConnection), auth.ErrUnavailable},
		"token endpoint: 500":                        {token(500, asJSON, `{"error":"invalid_grant"}`), auth.ErrUnavailable},
		"token endpoint: 503 with HTML":              {token(503, "text/html", "<p>soon</p>"), auth.ErrUnavailable},
		"token endpoint: 429":                        {token(429, asJSON, `{"error":"slow_down"}`), auth.ErrUnavailable},
		"token endpoint: malformed JSON":             {token(200, asJSON, `%%%`), auth.ErrMisconfigured},
		"token endpoint: empty object":               {token(200, asJSON, `{}`), auth.ErrMisconfigured},
		"token endpoint: HTML":                       {token(200, "text/html", "<html>"), auth.ErrMisconfigured},
		"token endpoint: endless response":           {handle("/token", endlessJSON(nil)), auth.ErrUnavailable},
		"token endpoint: redirect":                   {redirectFromTokenEndpoint, auth.ErrRefused},
		"token endpoint: invalid_client":             {token(401, asJSON, `{"error":"invalid_client"}`), auth.ErrRefused},
		"token endpoint: invalid_request":            {token(400, asJSON, `{"error":"invalid_request"}`), auth.ErrRefused},
		"token endpoint: 400 without a body":         {token(400, "text/plain", ""), auth.ErrRefused},
		"token endpoint: another token type":         {tokenResponseWith("token_type", "DPoP"), auth.ErrBadToken},
		"userinfo: connection closed":                {handle("/userinfo", lostConnection), auth.ErrUnavailable},
		"userinfo: 500":                              {userinfo(500, asJSON, `{}`), auth.ErrUnavailable},
		"userinfo: 429":                              {userinfo(429, asJSON, `{}`), auth.ErrUnavailable},
		"userinfo: 403":                              {userinfo(403, asJSON, `{}`), auth.ErrRefused},
		"userinfo: malformed JSON":                   {userinfo(200, asJSON, `%%%`), auth.ErrBadToken},
		"userinfo: endless response":                 {handle("/userinfo", endlessJSON(nil)), auth.ErrUnavailable},
		"userinfo: another person":                   {userinfo(200, asJSON, `{"sub":"bob-0002"}`), auth.ErrBadToken},
		"userinfo: no sub":                           {userinfo(200, asJSON, `{"name":"Bob"}`), auth.ErrBadToken},
		"userinfo: 401 after the renewal":            {userinfo(401, asJSON, `{}`), auth.ErrNeedsSignIn},
		"renewed ID token: another person":           {renewedClaim("sub", "bob-0002"), auth.ErrBadToken},
		"renewed ID token: another issuer":           {renewedClaim("iss", "https://evil.example"), auth.ErrBadToken},
		"renewed ID token: another client":           {renewedClaim("aud", "other"), auth.ErrBadToken},
		"renewed ID token: another authorized party": {renewedClaim("azp", "other"), auth.ErrBadToken},
		"renewed ID token: another nonce":            {renewedClaim("nonce", "not the one of the sign-in"), auth.ErrBadToken},
		"renewed ID token: earlier auth_time":        {renewedClaim("auth_time", 1700000000), auth.ErrBadToken},
		"renewed ID token: another sid":              {renewedClaim("sid", "another"), auth.ErrBadToken},
		"renewed ID token: expired":                  {renewedClaim("exp", 1700000000), auth.ErrBadToken},
		"renewed ID token: issued in the future":     {renewedClaim("iat", 1<<36), auth.ErrBadToken},
		"renewed ID token: at_hash of another token": {renewedClaim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), auth.ErrBadToken},
		"renewed ID token: logout token":             {renewedClaim("events", map[string]any{}), auth.ErrBadToken},
		"renewed ID token: unsigned":                 {renewedSignature(nil, "none"), auth.ErrBadToken},
		"renewed ID token: another key":              {renewedSignature(rsaKeys[1](), "RS256"), auth.ErrBadToken},
		"renewed ID token: not a JWT":                {tokenResponseWith("id_token", "a.b.c"), auth.ErrBadToken},
		"provider: unavailable":                      {func(p *provider) { p.SetDown(true) }, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			s := newSpy(t)
			p.override(func(o *overrides) { o.NoRotation = true }) // so that the old refresh token stays valid
			b := newApp(t, p, combine(withOfflineAccess, withStore(s))).browser()
			before := b.MustSignIn()
			p.Clock.Advance(time.Hour - 10*time.Second)
			c.override(p)
			u, err := b.Refresh()
			if !errors.Is(err, c.want) || errors.Is(err, auth.ErrSignedOut) || u.Subject != "" {
				t.Errorf("got %q, %v; want %v", u.Subject, err, c.want)
			}
			after, err := b.User()
			if err != nil || !reflect.DeepEqual(after, before) {
				t.Errorf("after the refresh: got %+v, %v; want %+v", after, err, before)
			}
			if !strings.HasPrefix(name, "userinfo") && s.count("Update") != 0 {
				t.Errorf("the session was updated %d times, want 0", s.count("Update"))
			}
			p.override(func(o *overrides) { o.TokenResponse, o.IDToken, o.Sign = nil, nil, nil })
			p.SetDown(false)
			p.Clock.Advance(time.Second)
			if _, err := b.Refresh(); err != nil {
				t.Errorf("refresh when the provider works again: %v", err)
			}
		})
	}
}

// redirectToUserinfo redirects a request, with its method and body, to an endpoint that must not receive it.
func redirectToUserinfo(p *provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, p.Issuer+"/userinfo", http.StatusTemporaryRedirect)
	}
}

// tokenResponseWith sets one member of the token response.
func tokenResponseWith(name, value string) func(*provider) {
	return func(p *provider) { p.changeTokenResponse(func(r map[string]any) { r[name] = value }) }
}

// renewedClaim sets one claim of the ID token in the next token responses.
func renewedClaim(claim string, value any) func(*provider) {
	return func(p *provider) {
		p.override(func(o *overrides) { o.IDToken = func(claims, _ map[string]any) { claims[claim] = value } })
	}
}

// renewedSignature signs the ID token in the next token responses with another key or algorithm.
func renewedSignature(key any, alg string) func(*provider) {
	return func(p *provider) {
		p.override(func(o *overrides) {
			o.Sign = func(claims, header map[string]any) string {
				return signJWT(key, claims, withMember(header, "alg", alg))
			}
		})
	}
}
