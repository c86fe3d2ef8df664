package auth_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// relabelTokens makes the token endpoint send its response with another content type. If it is empty, the response has
// none.
func relabelTokens(contentType string) func(*provider) {
	return func(p *provider) {
		p.Handle("/token", func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			p.token(answer, r)
			maps.Copy(w.Header(), answer.Header())
			if w.Header()["Content-Type"] = []string{contentType}; contentType == "" {
				w.Header()["Content-Type"] = nil
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	}
}

// tokensWith sets a member of the token response. If value is nil, the member is removed.
func tokensWith(name string, value any) func(*provider) {
	return func(p *provider) {
		p.TokenResponse = func(r map[string]any) {
			if r[name] = value; value == nil {
				delete(r, name)
			}
		}
	}
}

func TestUnusualTokenResponseIsAccepted(t *testing.T) {
	t.Parallel()
	for name, override := range map[string]func(*provider){
		"JSON as text/plain":                relabelTokens("text/plain; charset=utf-8"),
		"JSON without a content type":       relabelTokens(""),
		"JSON as a form":                    relabelTokens("application/x-www-form-urlencoded"),
		"JSON as HTML":                      relabelTokens("text/html"),
		"expires_in with a fraction":        tokensWith("expires_in", 3599.5),
		"expires_in as a string":            tokensWith("expires_in", "3600"),
		"expires_in as a string, fraction":  tokensWith("expires_in", " 3599.5 "),
		"expires_in with an exponent":       tokensWith("expires_in", json.RawMessage("3.6e3")),
		"expires_in larger than any number": tokensWith("expires_in", json.RawMessage("1e300")),
		"expires_in of a wrong type":        tokensWith("expires_in", []int{3600}),
		"expires_in of no number":           tokensWith("expires_in", "soon"),
		"expires_in negative":               tokensWith("expires_in", -1),
		"expires_in null":                   tokensWith("expires_in", json.RawMessage("null")),
		"token_type in capitals":            tokensWith("token_type", "BEARER"),
		"token_type missing":                tokensWith("token_type", nil),
		"error that is empty":               tokensWith("error", ""),
		"error that is null":                tokensWith("error", json.RawMessage("null")),
		"refresh_token null":                tokensWith("refresh_token", json.RawMessage("null")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			override(p)
			b := newApp(t, p, nil).browser()
			if u := b.MustSignIn(); u.Email != "alice@example.com" {
				t.Errorf("got the user %+v, want the claims of userinfo", u)
			}
			if _, err := b.Refresh(); err != nil {
				t.Errorf("Refresh: %v", err)
			}
		})
	}
}

// expires_in counts in every format, so that the token is renewed when it has expired.
func TestExpiresInOfEveryFormat(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"number": 600, "fraction": 600.9, "string": "600", "string, fraction": "600.9"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			tokensWith("expires_in", value)(p)
			b := newApp(t, p, withOfflineAccess).browser()
			b.MustSignIn()
			p.Clock.Advance(9 * time.Minute)
			if _, err := b.Refresh(); err != nil || p.RequestCount("/token") != 1 {
				t.Errorf("after 9 minutes: %v, %d token requests, want 1", err, p.RequestCount("/token"))
			}
			p.Clock.Advance(time.Minute)
			if _, err := b.Refresh(); err != nil || p.RequestCount("/token") != 2 {
				t.Errorf("after 10 minutes: %v, %d token requests, want 2", err, p.RequestCount("/token"))
			}
		})
	}
}

// An ID token is enough for a sign-in. Without an access token, userinfo is not requested.
func TestSignInWithoutAnAccessToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.TokenResponse = func(r map[string]any) {
		delete(r, "access_token")
		delete(r, "expires_in")
		delete(r, "token_type")
	}
	p.IDToken = func(claims, _ map[string]any) { claims["email"] = "alice@id-token.example" }
	b := newApp(t, p, nil).browser()
	if u := b.MustSignIn(); u.Email != "alice@id-token.example" {
		t.Errorf("got the user %+v, want the claims of the ID token", u)
	}
	if u, err := b.Refresh(); err != nil || u.Email != "alice@id-token.example" {
		t.Errorf("Refresh: got %+v, %v", u, err)
	}
	if n := p.RequestCount("/userinfo"); n != 0 {
		t.Errorf("got %d userinfo requests, want none", n)
	}
}

// The reason of a rejection is found in the formats that providers use.
func TestTokenErrorFormats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contentType, body, code, description string
	}{
		"standard":                {asJSON, `{"error":"invalid_grant","error_description":"too old"}`, "invalid_grant", "too old"},
		"JSON as text":            {"text/plain", `{"error":"invalid_grant","error_description":"too old"}`, "invalid_grant", "too old"},
		"plain text":              {"text/plain", "Bad code\n", "", "Bad code"},
		"plain text with a code":  {"text/plain", "invalid_grant: too old", "invalid_grant", "invalid_grant: too old"},
		"plain text, no type":     {"", "Bad code", "", "Bad code"},
		"form":                    {"application/x-www-form-urlencoded", "error=invalid_grant&error_description=too+old", "invalid_grant", "too old"},
		"message":                 {asJSON, `{"status":400,"message":"bad code"}`, "", "bad code"},
		"nested":                  {asJSON, `{"error":{"code":"bad_code","message":"too old"}}`, "bad_code", "too old"},
		"code and summary":        {asJSON, `{"errorCode":"E0001","errorSummary":"too old"}`, "E0001", "too old"},
		"problem details":         {"application/problem+json", `{"title":"Bad Request","detail":"too old"}`, "", "too old"},
		"HTML":                    {"text/html", "<h1>Bad Request</h1>", "", ""},
		"members of a wrong type": {asJSON, `{"error":7,"error_description":["x"]}`, "", ""},
		"empty":                   {asJSON, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.Handle("/token", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{c.contentType}
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(c.body))
			})
			refused, ok := errors.AsType[*auth.ProviderError](newApp(t, p, nil).browser().SignIn())
			if !ok || refused.Code != c.code || refused.Description != c.description || refused.Status != 400 {
				t.Errorf("got %+v, want the code %q and the description %q", refused, c.code, c.description)
			}
		})
	}
}
