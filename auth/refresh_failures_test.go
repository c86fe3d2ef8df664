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
		return func(op *provider) { op.Status("/token", status, contentType, body) }
	}
	userinfo := func(status int, contentType, body string) func(*provider) {
		return func(op *provider) { op.Status("/userinfo", status, contentType, body) }
	}
	const json = "application/json"
	for name, c := range map[string]struct {
		bend func(op *provider)
		want error
	}{
		"token endpoint: connection broken":            {func(op *provider) { op.Handle("/token", hangUp) }, auth.ErrUnavailable},
		"token endpoint: 500":                          {token(500, json, `{"error":"invalid_grant"}`), auth.ErrUnavailable},
		"token endpoint: 503 with a page":              {token(503, "text/html", "<p>soon</p>"), auth.ErrUnavailable},
		"token endpoint: 429":                          {token(429, json, `{"error":"slow_down"}`), auth.ErrUnavailable},
		"token endpoint: garbage":                      {token(200, json, `%%%`), auth.ErrMisconfigured},
		"token endpoint: an empty object":              {token(200, json, `{}`), auth.ErrMisconfigured},
		"token endpoint: a page":                       {token(200, "text/html", "<html>"), auth.ErrMisconfigured},
		"token endpoint: endless":                      {func(op *provider) { op.Handle("/token", endless) }, auth.ErrUnavailable},
		"token endpoint: a redirect":                   {func(op *provider) { op.Handle("/token", elsewhere(op)) }, auth.ErrRefused},
		"token endpoint: invalid_client":               {token(401, json, `{"error":"invalid_client"}`), auth.ErrRefused},
		"token endpoint: invalid_request":              {token(400, json, `{"error":"invalid_request"}`), auth.ErrRefused},
		"token endpoint: 400 without a word":           {token(400, "text/plain", ""), auth.ErrRefused},
		"token endpoint: another token type":           {func(op *provider) { op.answer(func(r map[string]any) { r["token_type"] = "DPoP" }) }, auth.ErrBadToken},
		"userinfo: connection broken":                  {func(op *provider) { op.Handle("/userinfo", hangUp) }, auth.ErrUnavailable},
		"userinfo: 500":                                {userinfo(500, json, `{}`), auth.ErrUnavailable},
		"userinfo: 429":                                {userinfo(429, json, `{}`), auth.ErrUnavailable},
		"userinfo: 403":                                {userinfo(403, json, `{}`), auth.ErrRefused},
		"userinfo: garbage":                            {userinfo(200, json, `%%%`), auth.ErrBadToken},
		"userinfo: endless":                            {func(op *provider) { op.Handle("/userinfo", endless) }, auth.ErrUnavailable},
		"userinfo: another person":                     {userinfo(200, json, `{"sub":"bob-0002","name":"Bob"}`), auth.ErrBadToken},
		"userinfo: no sub":                             {userinfo(200, json, `{"name":"Bob"}`), auth.ErrBadToken},
		"userinfo: refused also with the fresh token":  {userinfo(401, json, `{}`), auth.ErrNeedsSignIn},
		"renewed ID token: another person":             {renewed("sub", "bob-0002"), auth.ErrBadToken},
		"renewed ID token: another issuer":             {renewed("iss", "https://evil.example"), auth.ErrBadToken},
		"renewed ID token: another client":             {renewed("aud", "other"), auth.ErrBadToken},
		"renewed ID token: another authorized party":   {renewed("azp", "other"), auth.ErrBadToken},
		"renewed ID token: another nonce":              {renewed("nonce", "not the one of the sign-in"), auth.ErrBadToken},
		"renewed ID token: an earlier auth_time":       {renewed("auth_time", 1700000000), auth.ErrBadToken},
		"renewed ID token: another sid":                {renewed("sid", "another"), auth.ErrBadToken},
		"renewed ID token: expired":                    {renewed("exp", 1700000000), auth.ErrBadToken},
		"renewed ID token: issued in the future":       {renewed("iat", 1<<36), auth.ErrBadToken},
		"renewed ID token: at_hash of another token":   {renewed("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), auth.ErrBadToken},
		"renewed ID token: a logout token":             {renewed("events", map[string]any{"x": map[string]any{}}), auth.ErrBadToken},
		"renewed ID token: unsigned":                   {signed(nil, "none"), auth.ErrBadToken},
		"renewed ID token: signed with another's key":  {signed(newKey("RS256", "key-1", 1).key, "RS256"), auth.ErrBadToken},
		"renewed ID token: garbage":                    {func(op *provider) { op.answer(func(r map[string]any) { r["id_token"] = "a.b.c" }) }, auth.ErrBadToken},
		"provider away altogether, discovery included": {func(op *provider) { op.Down(true) }, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := newProvider(t)
			s := newSpy(t)
			op.bend(func(b *bends) { b.NoRotate = true }) // so that the tokens from before can be used once more
			b := newApp(t, op, all(offline, on(s))).browser()
			before := b.MustSignIn()
			op.Clock.Advance(time.Hour - 10*time.Second)
			c.bend(op)
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
			op.bend(func(b *bends) { b.TokenResponse, b.IDToken, b.Sign = nil, nil, nil })
			op.Down(false)
			op.Clock.Advance(time.Second)
			if _, err := b.Refresh(); err != nil {
				t.Errorf("with the provider as it was: %v", err)
			}
		})
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for chunk := []byte(strings.Repeat(" ", 64<<10)); ; {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// elsewhere sends the caller, with what it brought, to a server that must never see it.
func elsewhere(op *provider) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, op.Issuer+"/userinfo", http.StatusTemporaryRedirect)
	}
}

// renewed bends one claim of the ID token in a refresh response.
func renewed(claim string, value any) func(*provider) {
	return func(op *provider) {
		op.bend(func(b *bends) { b.IDToken = func(claims, _ map[string]any) { claims[claim] = value } })
	}
}

func signed(key any, alg string) func(*provider) {
	return func(op *provider) {
		op.bend(func(b *bends) {
			b.Sign = func(claims, header map[string]any) string {
				return signJWT(key, claims, with(header, "alg", alg))
			}
		})
	}
}
