package auth_test

import (
	"crypto"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

const asJSON = "application/json"

// status makes an endpoint return a fixed response.
func status(path string, code int, contentType, body string) func(*provider) {
	return func(p *provider) { p.Respond(path, code, contentType, body) }
}

// handle replaces an endpoint.
func handle(path string, h http.HandlerFunc) func(*provider) {
	return func(p *provider) { p.Handle(path, h) }
}

func lostConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// addUnavailable adds the responses that mean that an endpoint is unavailable.
func addUnavailable(path string, add func(name string, want error, code string, override func(*provider))) {
	add("status 500", auth.ErrUnavailable, "", status(path, 500, asJSON, `{"error":"server_error"}`))
	add("status 503 with HTML", auth.ErrUnavailable, "", status(path, 503, "text/html", "<h1>Sorry"))
	add("connection closed", auth.ErrUnavailable, "", handle(path, lostConnection))
	add("endless response", auth.ErrUnavailable, "", handle(path, endlessJSON(nil)))
}

func TestInvalidTokenResponseIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, code string, override func(*provider)) {
		cases[name] = refusal{override: override, want: want, code: code}
	}
	addUnavailable("/token", add)
	add("invalid_grant", auth.ErrRefused, "invalid_grant",
		status("/token", 400, asJSON, `{"error":"invalid_grant","error_description":"expired"}`))
	add("wrong client secret", auth.ErrRefused, "invalid_client", func(p *provider) { p.ClientSecret = "another" })
	add("error with status 200", auth.ErrRefused, "invalid_grant",
		status("/token", 200, asJSON, `{"error":"invalid_grant"}`))
	add("form-encoded error", auth.ErrRefused, "bad_verification_code",
		status("/token", 200, "application/x-www-form-urlencoded", `error=bad_verification_code`))
	add("status 403 with HTML", auth.ErrRefused, "", status("/token", 403, "text/html", "<h1>Forbidden"))
	add("status 429", auth.ErrUnavailable, "", status("/token", 429, asJSON, `{"error":"slow_down"}`))
	add("malformed JSON", auth.ErrMisconfigured, "", status("/token", 200, asJSON, "garbage"))
	add("empty body", auth.ErrMisconfigured, "", status("/token", 200, asJSON, ""))
	add("empty object", auth.ErrMisconfigured, "", status("/token", 200, asJSON, "{}"))
	add("two megabytes", auth.ErrUnavailable, "", func(p *provider) { p.Handle("/token", padResponse(p.token, 2<<20)) })
	response := func(change func(map[string]any)) func(*provider) {
		return func(p *provider) { p.TokenResponse = change }
	}
	add("neither access token nor ID token", auth.ErrMisconfigured, "", response(func(r map[string]any) {
		delete(r, "access_token")
		delete(r, "id_token")
	}))
	add("token_type mac", auth.ErrBadToken, "", response(func(r map[string]any) { r["token_type"] = "mac" }))
	add("token_type DPoP", auth.ErrBadToken, "", response(func(r map[string]any) { r["token_type"] = "DPoP" }))
	add("no ID token", auth.ErrBadToken, "", response(func(r map[string]any) { delete(r, "id_token") }))
	add("ID token not a string", auth.ErrBadToken, "", response(func(r map[string]any) { r["id_token"] = 7 }))
	add("access token with a line break", auth.ErrUnavailable, "", func(p *provider) {
		response(func(r map[string]any) { r["access_token"] = "a\nb" })(p)
		claim("at_hash", nil)(p)
	})
	testRefusals(t, cases)
}

func TestInvalidUserinfoIsRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, code string, override func(*provider)) {
		cases[name] = refusal{override: override, want: want, code: code}
	}
	addUnavailable("/userinfo", add)
	add("status 404", auth.ErrRefused, "", status("/userinfo", 404, asJSON, `{}`))
	add("status 429", auth.ErrUnavailable, "", status("/userinfo", 429, asJSON, `{}`))
	add("redirect", auth.ErrRefused, "", handle("/userinfo", redirectTo("https://evil.example/")))
	add("two megabytes", auth.ErrUnavailable, "", func(p *provider) {
		p.Handle("/userinfo", padResponse(p.userinfo, 2<<20))
	})
	for _, body := range []string{
		"garbage", "", "null", "[]", `"alice-0001"`, `{"sub":"alice-0001"`, `{"sub":"alice-0001"}{}`,
	} {
		add("body "+body, auth.ErrBadToken, "", status("/userinfo", 200, asJSON, body))
	}
	for name, change := range map[string]func(map[string]any){
		"sub of another person":            func(c map[string]any) { c["sub"] = "bob-0002" },
		"sub missing":                      func(c map[string]any) { delete(c, "sub") },
		"sub empty":                        func(c map[string]any) { c["sub"] = "" },
		"sub in another case":              func(c map[string]any) { c["sub"] = "ALICE-0001" },
		"sub with a space":                 func(c map[string]any) { c["sub"] = "alice-0001 " },
		"sub in capitals":                  func(c map[string]any) { delete(c, "sub"); c["SUB"] = "alice-0001" },
		"sub in a list":                    func(c map[string]any) { c["sub"] = []string{"alice-0001"} },
		"two claims that Go takes for sub": func(c map[string]any) { c["sub"], c["ſub"] = "bob-0002", "alice-0001" },
	} {
		add(name, auth.ErrBadToken, "", func(p *provider) { p.Userinfo = change })
	}
	for name, sign := range map[string]func(key crypto.Signer, claims, header map[string]any) string{
		"signed by another key": func(_ crypto.Signer, c, h map[string]any) string { return signJWT(rsaKeys[1](), c, h) },
		"unsigned": func(_ crypto.Signer, c, h map[string]any) string {
			return signJWT(nil, c, withMember(h, "alg", "none"))
		},
		"signed for another client": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, withMember(c, "aud", "other"), h)
		},
		"signed without an audience": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, withMember(c, "aud", nil), h)
		},
		"signed by another issuer": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, withMember(c, "iss", "x"), h)
		},
		"signed about another person": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, withMember(c, "sub", "bob-0002"), h)
		},
		"JWT type but not a JWT": func(crypto.Signer, map[string]any, map[string]any) string { return "garbage" },
		"JWT type but JSON": func(crypto.Signer, map[string]any, map[string]any) string {
			return `{"sub":"alice-0001"}`
		},
	} {
		add(name, auth.ErrBadToken, "", func(p *provider) { p.Handle("/userinfo", signedUserinfo(p, sign)) })
	}
	testRefusals(t, cases)
}

// signedUserinfo returns a UserInfo endpoint that responds with a JWT (OpenID Connect Core section 5.3.2).
func signedUserinfo(p *provider, sign func(key crypto.Signer, claims, header map[string]any) string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		key := p.Key()
		claims := map[string]any{"iss": p.Issuer, "aud": "starter", "sub": "alice-0001", "name": "Signed Alice"}
		w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
		_, _ = io.WriteString(w, sign(key.key, claims, map[string]any{"alg": "RS256", "kid": key.kid}))
	}
}

func TestSignedUserinfoIsAccepted(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.User = map[string]any{"sub": "alice-0001"}
	sign := func(key crypto.Signer, claims, header map[string]any) string { return signJWT(key, claims, header) }
	p.Handle("/userinfo", signedUserinfo(p, sign))
	u := newApp(t, p, nil).browser().MustSignIn()
	if u.Name != "Signed Alice" || strings.Contains(string(u.Claims), `"aud":["`) {
		t.Errorf("got the user %+v with the claims %s", u, u.Claims)
	}
}

// The access token is sent in the Authorization header only (RFC 6750 section 2.3).
func TestAccessTokenIsSentInTheHeader(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	newApp(t, p, nil).browser().MustSignIn()
	request := p.LastRequest("/userinfo")
	if !strings.HasPrefix(request.Header.Get("Authorization"), "Bearer access-token-") || len(request.Form) != 0 {
		t.Errorf("got the header %v and the form %v", request.Header, request.Form)
	}
}

// A redirect must not send the code, the secret or the access token to another server.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var foreignRequests atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		foreignRequests.Add(1)
		writeJSON(w, http.StatusOK, map[string]string{"access_token": "a", "token_type": "Bearer", "sub": "alice-0001"})
	}))
	t.Cleanup(foreign.Close)
	for _, path := range []string{"/token", "/userinfo", "/jwks", "/.well-known/openid-configuration", "/par"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			p := newProvider(t)
			app := newApp(t, p, func(cfg *auth.Config) { cfg.PushedAuthorization = path == "/par" })
			p.Handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, foreign.URL+path, code) })
			b := app.browser()
			if err := b.SignIn(); err == nil {
				t.Errorf("%s with status %d: signed in", path, code)
			}
			b.CheckSignedOut()
		}
	}
	if n := foreignRequests.Load(); n != 0 {
		t.Errorf("the other server received %d requests, want none", n)
	}
}

// The code verifier is sent and belongs to the attempt, because the provider rejects every other one.
func TestProviderRejectsAWrongCodeVerifier(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(url.Values){
		"another": func(form url.Values) { form.Set("code_verifier", strings.Repeat("v", 43)) },
		"none":    func(form url.Values) { form.Del("code_verifier") },
	} {
		app := newApp(t, newProvider(t), func(cfg *auth.Config) {
			cfg.Transport = rewriteForm{cfg.Transport, "/token", change}
		})
		err := app.browser().SignIn()
		if !isRefusal(err, "invalid_grant") {
			t.Errorf("%s: got %v, want invalid_grant", name, err)
		}
	}
}

// rewriteForm is a transport that changes the form that is posted to a path.
type rewriteForm struct {
	base   http.RoundTripper
	path   string
	change func(url.Values)
}

func (t rewriteForm) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != t.path {
		return t.base.RoundTrip(r)
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	t.change(form)
	rewritten, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	rewritten.Header = r.Header
	return t.base.RoundTrip(rewritten)
}
