package handlers_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// trouble is a mistake in a set-up, or a fault of the provider, and what the error page says about it.
type trouble struct {
	name    string
	auth    auth.Config
	baseURL string
	request func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response
	cause   string   // the first one on the page; PROVIDER stands for the provider's host
	also    []string // evidence, cures and further causes
}

var troubles = []trouble{
	// The browser.
	{name: "opened at 127.0.0.1", request: callbackAt("X-Forwarded-Host", "127.0.0.1:3000"),
		cause: "The app was opened at another address than BASE_URL.", also: []string{"http://127.0.0.1:3000"}},
	{name: "http page with Secure cookies", baseURL: "https://app.example", request: callbackAt("X-Forwarded-Proto", "http"),
		cause: "The page was opened over http, and the cookies are Secure.", also: []string{"The browser used http://app.example"}},
	{name: "cookies blocked", request: func(_ *testing.T, _ *testapp.App, b *testapp.Browser) *testapp.Response {
		callback := b.BeginSignIn("ada")
		b.Client.Jar = nil
		return b.Get(callback)
	}, cause: "The browser blocks cookies."},
	{name: "another browser", request: callbackAt("Cookie", "another=x"),
		cause: "The sign-in took more than ten minutes", also: []string{"The sign-in began in another browser."}},
	{name: "instance with another store", baseURL: "https://app.example", request: otherInstance,
		cause: "The instances of this app do not share store and secrets"},
	{name: "form_post", request: func(_ *testing.T, _ *testapp.App, b *testapp.Browser) *testapp.Response {
		return b.Post("/login/callback", "code=x", "Sec-Fetch-Site", "cross-site")
	}, cause: "The client's response mode is form_post."},
	{name: "link for another issuer", request: get("/login?iss=https://other.example"),
		cause: "AUTH_URL names another issuer than the link."},
	{name: "error without state", request: get("/login/callback?error=unauthorized_client"),
		cause: "The provider rejected the request before it read the state.", also: []string{"/login/callback with the client"}},
	{name: "session cookie lost", request: loseSession, cause: "The browser does not keep the session's cookie.",
		also: []string{"do not share a store", "A guard asks again"}},

	// The provider's answer to the browser.
	{name: "cancelled", request: refused("access_denied", ""),
		cause: "The person cancelled the sign-in", also: []string{"A policy of PROVIDER"}},
	{name: "redirect URI", request: refused("invalid_request", "redirect_uri did not match"),
		cause: "The redirect URI is not registered.", also: []string{"/login/callback. Register exactly this URI"}},
	{name: "scope", request: refused("invalid_scope", ""), cause: "SCOPES has a scope that the client may not use.",
		also: []string{"It is openid profile email."}},
	{name: "flow", request: refused("unauthorized_client", ""), cause: "The client may not use the authorization code flow."},
	{name: "login_required", auth: auth.Config{Prompt: "none"}, request: refused("login_required", ""),
		cause: "PROVIDER must not ask the person", also: []string{`PROMPT is "none".`}},
	{name: "interaction_required", request: refused("interaction_required", ""),
		cause: "PROVIDER must not ask the person", also: []string{"PROMPT is not set."}},
	{name: "server_error", request: refused("server_error", ""), cause: "PROVIDER has a problem of its own."},
	{name: "resource", request: refused("invalid_target", ""), cause: "AUTH_PARAMS does not fit PROVIDER."},
	{name: "other parameter", request: refused("request_not_supported", ""),
		cause: "PROVIDER does not accept a parameter of the sign-in."},
	{name: "no code", request: answer(""), cause: "The answer has no code."},
	{name: "answer of another issuer", request: answer("&code=x&iss=https://other.example"),
		cause: "The answer comes from another issuer.", also: []string{"got https://other.example"}},

	// The token endpoint.
	{name: "client secret", request: tokenError(401, "invalid_client"), cause: "CLIENT_SECRET is wrong.",
		also: []string{"The client is registered for another method.", "CLIENT_ID names another client."}},
	{name: "client without its secret", auth: auth.Config{ClientID: "app"}, request: tokenError(401, "invalid_client"),
		cause: "CLIENT_SECRET is not set, and the client has a secret."},
	{name: "method of client authentication", auth: auth.Config{ClientAuthMethod: auth.ClientSecretBasic},
		request: withMetadata(map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}},
			tokenError(401, "invalid_client")),
		cause: "CLIENT_AUTH_METHOD does not fit the provider.",
		also:  []string{"the provider lists client_secret_post only", "Set CLIENT_AUTH_METHOD=client_secret_post."}},
	{name: "code too old", request: tokenError(400, "invalid_grant"), cause: "The code was too old, or was used before."},

	// The tokens.
	{name: "clock", request: token(map[string]any{"iat": in(312)}), cause: "The clock of this server is slow.",
		also: []string{"(iat) is 31", "The clock of PROVIDER is fast."}},
	{name: "expired", request: token(map[string]any{"exp": in(-312)}), cause: "The clock of this server is fast.",
		also: []string{"expired 31"}},
	{name: "clock by Date header", request: token(map[string]any{"iat": in(312), "Date": in(312)}),
		cause: "The clock of this server is slow.", also: []string{"the clock of PROVIDER is 31"}},
	{name: "nonce", request: token(map[string]any{"nonce": "another"}),
		cause: "The ID token belongs to another sign-in."},
	{name: "audience", request: token(map[string]any{"aud": "another"}),
		cause: "The ID token is for another client.", also: []string{"got another. CLIENT_ID is app."}},
	{name: "authorized party", request: token(map[string]any{"azp": "another"}),
		cause: "The ID token is for another client.", also: []string{"got another."}},
	{name: "issuer of the token", request: token(map[string]any{"iss": "https://other.example"}),
		cause: "AUTH_URL is not the issuer.", also: []string{"https://other.example"}},
	{name: "access token", request: token(map[string]any{"at_hash": "another"}),
		cause: "The access token does not belong to the ID token."},
	{name: "key", request: token(map[string]any{"kid": "another"}),
		cause: "The key of the ID token (kid) is not among the provider's keys."},
	{name: "algorithm", request: token(map[string]any{"alg": "PS256"}), cause: "ID_TOKEN_SIGNING_ALG does not fit PROVIDER.",
		also: []string{"signed with PS256, and only RS256 is accepted"}},
	{name: "unreadable token", request: token(map[string]any{"nonce": 1}), cause: "The token of PROVIDER cannot be read."},
	{name: "userinfo", request: token(map[string]any{"userinfo": "another"}),
		cause: "The userinfo endpoint answered for another person."},

	// The provider's discovery document, and the connection.
	{name: "issuer", request: withMetadata(map[string]any{"issuer": "https://other.example"}, get("/login")),
		cause: "AUTH_URL is not the issuer.", also: []string{"https://other.example"}},
	{name: "name", auth: dialing(func() error { return &net.DNSError{Err: "no such host", Name: "x.test", IsNotFound: true} }),
		request: get("/login"), cause: "The name PROVIDER cannot be resolved."},
	{name: "refused", auth: dialing(dialClosedPort), request: get("/login"), cause: "Nothing listens at PROVIDER."},
	{name: "slow", auth: auth.Config{ProviderTimeout: 100 * time.Millisecond}, request: slowProvider,
		cause: "PROVIDER is too slow, or a firewall drops the request.", also: []string{"PROVIDER_TIMEOUT"}},
	{name: "certificate", auth: dialing(dialUntrusted), request: get("/login"),
		cause: "The certificate of PROVIDER is not trusted."},
	{name: "provider fails", request: tokenError(500, "server_error"), cause: "PROVIDER has a problem of its own."},
	{name: "store", request: func(_ *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		callback := b.BeginSignIn("ada")
		app.Store.SetDown(true)
		return b.Get(callback)
	}, cause: "The session store does not answer.", also: []string{"SESSION_STORE"}},
}

// TestCauses produces each trouble and checks that the page names its cause first, and that only developers see it.
func TestCauses(t *testing.T) {
	t.Parallel()
	for _, c := range troubles {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, inspect := range []bool{true, false} {
				app := testapp.New(t, testapp.Options{BaseURL: c.baseURL, Auth: c.auth, Handler: func(cfg handlers.Config) http.Handler {
					cfg.Inspect, cfg.Variables = inspect, variables
					return handlers.New(cfg)
				}})
				b := app.Browser(t)
				resp := followFailedLogin(b, c.request(t, app, b))
				text := strings.ReplaceAll(resp.Text(), strings.TrimPrefix(app.Provider.URL, "http://"), "PROVIDER")
				if !inspect {
					if strings.Contains(text, "likely causes") || strings.Contains(text, "Technical details") ||
						strings.Contains(text, c.cause) {
						t.Errorf("people see the causes: %s", text)
					}
					continue
				}
				_, causes, _ := strings.Cut(text, "likely causes, in order ")
				if resp.Status < 400 || !strings.HasPrefix(causes, c.cause) {
					t.Errorf("got status %d and %q, want the cause %q", resp.Status, cmp.Or(causes, text), c.cause)
				}
				for _, also := range c.also {
					if !strings.Contains(causes, also) {
						t.Errorf("got %q, want %q in it", causes, also)
					}
				}
			}
		})
	}
}

var variables = map[string]string{
	"Issuer": "AUTH_URL", "ClientSecret": "CLIENT_SECRET", "AuthParams": "AUTH_PARAMS", "SigningAlg": "ID_TOKEN_SIGNING_ALG",
}

type troubleRequest = func(*testing.T, *testapp.App, *testapp.Browser) *testapp.Response

func get(path string) troubleRequest {
	return func(_ *testing.T, _ *testapp.App, b *testapp.Browser) *testapp.Response { return b.Get(path) }
}

// callbackAt is a callback without the cookie of the sign-in, and with a header. The browser keeps the cookies that it
// gets then.
func callbackAt(name, value string) troubleRequest {
	return func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		callback := app.Browser(t).BeginSignIn("ada")
		return b.Get(callback, name, value)
	}
}

// otherInstance is a callback that another instance with a store of its own receives.
func otherInstance(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
	first := testapp.New(t, testapp.Options{BaseURL: app.URL}).Browser(t)
	callback := first.BeginSignIn("ada")
	b.Client.Jar = first.Client.Jar
	return b.Get(callback)
}

// loseSession signs in again and again in a browser that loses the cookie of the session.
func loseSession(t *testing.T, _ *testapp.App, b *testapp.Browser) *testapp.Response {
	u, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b.Get(b.BeginSignIn("ada"))
		for _, c := range b.Client.Jar.Cookies(u) {
			if strings.Contains(c.Name, "session") {
				b.Client.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1}})
			}
		}
	}
	return b.Get("/login?return_to=/profile")
}

// answer is a callback with a state and other parameters.
func answer(params string) troubleRequest {
	return func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		state := authorizationRequest(t, b.Get("/login")).Get("state")
		if !strings.Contains(params, "&iss=") {
			params += "&iss=" + url.QueryEscape(app.Provider.URL)
		}
		return b.Get("/login/callback?state=" + state + params)
	}
}

func refused(code, description string) troubleRequest {
	return answer("&" + query("error", code, "error_description", description))
}

func tokenError(status int, code string) troubleRequest {
	return func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		tokenResponse(status, `{"error":"`+code+`"}`)(app, b)
		return answer("&code=some-code")(t, app, b)
	}
}

// withMetadata changes members of the discovery document.
func withMetadata(members map[string]any, next troubleRequest) troubleRequest {
	const path = "/.well-known/openid-configuration"
	return func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		app.Provider.Override(path, func(w http.ResponseWriter, r *http.Request) {
			original := httptest.NewRecorder()
			app.Provider.Forward(original, r)
			document := map[string]any{}
			if err := json.Unmarshal(original.Body.Bytes(), &document); err != nil {
				t.Error(err)
			}
			maps.Copy(document, members)
			json.NewEncoder(w).Encode(document)
		})
		return next(t, app, b)
	}
}

// in is a time from now, in seconds.
type in int64

// token is a sign-in whose ID token has other claims. The names alg, kid, Date and userinfo change the signature, the
// header of the response, and the sub of userinfo.
func token(changes map[string]any) troubleRequest {
	return func(t *testing.T, app *testapp.App, b *testapp.Browser) *testapp.Response {
		request := authorizationRequest(t, b.Get("/login"))
		now := time.Now()
		claims := map[string]any{
			"iss": app.Provider.URL, "aud": "app", "sub": "ada", "nonce": request.Get("nonce"), "iat": now.Unix(),
			"exp": now.Add(time.Hour).Unix(), "alg": "RS256", "kid": "key", "userinfo": "ada",
		}
		for name, value := range changes {
			if seconds, ok := value.(in); ok {
				value = now.Unix() + int64(seconds)
			}
			claims[name] = value
		}
		key := hostileKey()
		keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "key", Use: "sig"}}})
		check(t, err)
		userinfo, err := json.Marshal(map[string]any{"sub": claims["userinfo"]})
		check(t, err)
		idToken := sign(t, key, claims)
		app.Provider.Override("/keys", testapp.Respond(200, "application/json", string(keys)))
		app.Provider.Override("/userinfo", testapp.Respond(200, "application/json", string(userinfo)))
		app.Provider.Override("/token", func(w http.ResponseWriter, r *http.Request) {
			if date, ok := claims["Date"].(int64); ok {
				w.Header().Set("Date", time.Unix(date, 0).UTC().Format(http.TimeFormat))
			}
			testapp.Respond(200, "application/json",
				`{"access_token":"access","token_type":"Bearer","id_token":"`+idToken+`"}`)(w, r)
		})
		return b.Get("/login/callback?" + query("state", request.Get("state"), "iss", app.Provider.URL, "code", "some-code"))
	}
}
