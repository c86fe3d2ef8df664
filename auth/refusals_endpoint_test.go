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

// status makes an endpoint answer so.
func status(path string, code int, contentType, body string) func(*provider) {
	return func(op *provider) { op.Status(path, code, contentType, body) }
}

func handle(path string, h http.HandlerFunc) func(*provider) {
	return func(op *provider) { op.Handle(path, h) }
}

func lostConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// broken are answers that no endpoint should give.
func broken(path string, add func(name string, want error, code string, bend func(*provider))) {
	add("status 500", auth.ErrUnavailable, "", status(path, 500, asJSON, `{"error":"server_error"}`))
	add("status 503 without words", auth.ErrUnavailable, "", status(path, 503, "text/html", "<h1>Sorry"))
	add("a connection that is lost", auth.ErrUnavailable, "", handle(path, lostConnection))
	add("an answer without end", auth.ErrUnavailable, "", handle(path, endlessJSON(nil)))
}

func TestTokenEndpointRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, code string, bend func(*provider)) {
		cases[name] = refusal{bend: bend, want: want, code: code}
	}
	broken("/token", add)
	add("invalid_grant", auth.ErrRefused, "invalid_grant", status("/token", 400, asJSON, `{"error":"invalid_grant","error_description":"expired"}`))
	add("the client's secret is wrong", auth.ErrRefused, "invalid_client", func(op *provider) { op.ClientSecret = "another" })
	add("an error with status 200", auth.ErrRefused, "invalid_grant", status("/token", 200, asJSON, `{"error":"invalid_grant"}`))
	add("an error that is form-encoded", auth.ErrRefused, "bad_verification_code",
		status("/token", 200, "application/x-www-form-urlencoded", `error=bad_verification_code`))
	add("an error page", auth.ErrRefused, "", status("/token", 403, "text/html", "<h1>Forbidden"))
	add("too many requests", auth.ErrUnavailable, "", status("/token", 429, asJSON, `{"error":"slow_down"}`))
	add("garbage", auth.ErrMisconfigured, "", status("/token", 200, asJSON, "garbage"))
	add("nothing", auth.ErrMisconfigured, "", status("/token", 200, asJSON, ""))
	add("an empty object", auth.ErrMisconfigured, "", status("/token", 200, asJSON, "{}"))
	add("two megabytes", auth.ErrUnavailable, "", func(op *provider) { op.Handle("/token", padAnswer(op.token, 2<<20)) })
	response := func(change func(map[string]any)) func(*provider) {
		return func(op *provider) { op.TokenResponse = change }
	}
	add("no token at all", auth.ErrMisconfigured, "", response(func(r map[string]any) {
		delete(r, "access_token")
		delete(r, "id_token")
	}))
	add("token_type mac", auth.ErrBadToken, "", response(func(r map[string]any) { r["token_type"] = "mac" }))
	add("token_type DPoP", auth.ErrBadToken, "", response(func(r map[string]any) { r["token_type"] = "DPoP" }))
	add("no ID token", auth.ErrBadToken, "", response(func(r map[string]any) { delete(r, "id_token") }))
	add("the ID token is no string", auth.ErrBadToken, "", response(func(r map[string]any) { r["id_token"] = 7 }))
	add("the access token cannot be sent", auth.ErrUnavailable, "", func(op *provider) {
		response(func(r map[string]any) { r["access_token"] = "a\nb" })(op)
		claim("at_hash", nil)(op)
	})
	testRefusals(t, cases)
}

func TestUserinfoRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]refusal{}
	add := func(name string, want error, code string, bend func(*provider)) {
		cases[name] = refusal{bend: bend, want: want, code: code}
	}
	broken("/userinfo", add)
	add("status 429", auth.ErrUnavailable, "", status("/userinfo", 429, asJSON, `{}`))
	add("a redirect", auth.ErrRefused, "", handle("/userinfo", redirectTo("https://evil.example/")))
	add("two megabytes", auth.ErrUnavailable, "", func(op *provider) { op.Handle("/userinfo", padAnswer(op.userinfo, 2<<20)) })
	for _, body := range []string{"garbage", "", "null", "[]", `"alice-0001"`, `{"sub":"alice-0001"`, `{"sub":"alice-0001"}{}`} {
		add("the body "+body, auth.ErrBadToken, "", status("/userinfo", 200, asJSON, body))
	}
	for name, change := range map[string]func(map[string]any){
		"sub of another person":       func(c map[string]any) { c["sub"] = "bob-0002" },
		"sub missing":                 func(c map[string]any) { delete(c, "sub") },
		"sub empty":                   func(c map[string]any) { c["sub"] = "" },
		"sub in another case":         func(c map[string]any) { c["sub"] = "ALICE-0001" },
		"sub with a space":            func(c map[string]any) { c["sub"] = "alice-0001 " },
		"sub under another name":      func(c map[string]any) { delete(c, "sub"); c["SUB"] = "alice-0001" },
		"sub is a list with ours":     func(c map[string]any) { c["sub"] = []string{"alice-0001"} },
		"sub of another, ours beside": func(c map[string]any) { c["sub"], c["ſub"] = "bob-0002", "alice-0001" },
	} {
		add(name, auth.ErrBadToken, "", func(op *provider) { op.Userinfo = change })
	}
	for name, write := range map[string]func(key crypto.Signer, claims, header map[string]any) string{
		"signed by another key": func(_ crypto.Signer, c, h map[string]any) string { return signJWT(rsaKeys[1](), c, h) },
		"signed by nobody":      func(_ crypto.Signer, c, h map[string]any) string { return signJWT(nil, c, with(h, "alg", "none")) },
		"signed for another client": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, with(c, "aud", "other"), h)
		},
		"signed for nobody":        func(key crypto.Signer, c, h map[string]any) string { return signJWT(key, with(c, "aud", nil), h) },
		"signed by another issuer": func(key crypto.Signer, c, h map[string]any) string { return signJWT(key, with(c, "iss", "x"), h) },
		"signed about another person": func(key crypto.Signer, c, h map[string]any) string {
			return signJWT(key, with(c, "sub", "bob-0002"), h)
		},
		"signed, but garbage":           func(crypto.Signer, map[string]any, map[string]any) string { return "garbage" },
		"said to be signed, and is not": func(crypto.Signer, map[string]any, map[string]any) string { return `{"sub":"alice-0001"}` },
	} {
		add(name, auth.ErrBadToken, "", func(op *provider) { op.Handle("/userinfo", signedUserinfo(op, write)) })
	}
	testRefusals(t, cases)
}

// signedUserinfo answers with a signed JWT (OpenID Connect Core section 5.3.2).
func signedUserinfo(op *provider, write func(key crypto.Signer, claims, header map[string]any) string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		key := op.Key()
		claims := map[string]any{"iss": op.Issuer, "aud": "starter", "sub": "alice-0001", "name": "Signed Alice"}
		w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
		_, _ = io.WriteString(w, write(key.key, claims, map[string]any{"alg": "RS256", "kid": key.kid}))
	}
}

func TestSignedUserinfo(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	op.Person = map[string]any{"sub": "alice-0001"}
	op.Handle("/userinfo", signedUserinfo(op, func(key crypto.Signer, c, h map[string]any) string { return signJWT(key, c, h) }))
	if u := newApp(t, op, nil).browser().MustSignIn(); u.Name != "Signed Alice" || strings.Contains(string(u.Claims), `"aud":["`) {
		t.Errorf("user %+v %s", u, u.Claims)
	}
}

// The access token goes into the header, and nowhere else (RFC 6750 section 2.3).
func TestAccessTokenIsSentInTheHeader(t *testing.T) {
	t.Parallel()
	op := newProvider(t)
	newApp(t, op, nil).browser().MustSignIn()
	last := op.Last("/userinfo")
	if !strings.HasPrefix(last.Header.Get("Authorization"), "Bearer access-token-") || len(last.Form) != 0 {
		t.Errorf("%v %v", last.Header, last.Form)
	}
}

// Nothing of the provider's sends code, secret or access token to another server.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		writeJSON(w, http.StatusOK, map[string]string{"access_token": "a", "token_type": "Bearer", "sub": "alice-0001"})
	}))
	t.Cleanup(thief.Close)
	for _, path := range []string{"/token", "/userinfo", "/jwks", "/.well-known/openid-configuration", "/par"} {
		for _, code := range []int{301, 302, 303, 307, 308} {
			op := newProvider(t)
			app := newApp(t, op, func(cfg *auth.Config) { cfg.PushedAuthorization = path == "/par" })
			op.Handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL+path, code) })
			b := app.browser()
			if err := b.SignIn(); err == nil {
				t.Errorf("%s with %d: signed in", path, code)
			}
			b.SignedOut()
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// The provider finds out when the verifier is not the one of the attempt: that it is sent, and right.
func TestWrongCodeVerifier(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(url.Values){
		"another": func(form url.Values) { form.Set("code_verifier", strings.Repeat("v", 43)) },
		"none":    func(form url.Values) { form.Del("code_verifier") },
	} {
		meddle := func(op *provider) func(*auth.Config) {
			return func(cfg *auth.Config) { cfg.Transport = rewriteForm{cfg.Transport, "/token", change} }
		}
		op := newProvider(t)
		err := newApp(t, op, meddle(op)).browser().SignIn()
		if !isRefusal(err, "invalid_grant") {
			t.Errorf("%s: %v, want invalid_grant", name, err)
		}
	}
}

// rewriteForm changes what is posted to a path on its way.
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
	again, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	again.Header = r.Header
	return t.base.RoundTrip(again)
}
