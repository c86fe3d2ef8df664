package auth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// requestText returns everything that a request contained, as a careless server would repeat it.
func requestText(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	for name, values := range r.Header {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(values, ", "))
	}
	if id, secret, ok := r.BasicAuth(); ok {
		fmt.Fprintf(&b, "client %s with the secret %s\n", id, secret)
	}
	fmt.Fprintf(&b, "form %s\n", r.Form.Encode())
	for name, values := range r.Form {
		fmt.Fprintf(&b, "%s=%s (%q)\n", name, values[0], values[0])
	}
	return b.String()
}

// echoes are responses that repeat the request.
var echoes = map[string]func(w http.ResponseWriter, text string, values []string){
	"error": func(w http.ResponseWriter, text string, _ []string) { oauthError(w, 400, text, "") },
	"error of one value": func(w http.ResponseWriter, _ string, values []string) {
		oauthError(w, 400, values[0], strings.Join(values, " "))
	},
	"error_description": func(w http.ResponseWriter, text string, _ []string) { oauthError(w, 401, "invalid_client", text) },
	"error_description of values": func(w http.ResponseWriter, _ string, values []string) {
		oauthError(w, 400, "invalid_request", strings.Join(values, "|"))
	},
	"error_description that is cut": func(w http.ResponseWriter, _ string, values []string) {
		description := strings.Repeat("x", 270)
		for _, value := range values {
			if len(value) >= 30 {
				oauthError(w, 400, "invalid_grant", description+value)
				return
			}
		}
		oauthError(w, 400, "invalid_grant", description)
	},
	"error_description in another case": func(w http.ResponseWriter, text string, _ []string) {
		oauthError(w, 400, "invalid_request", strings.ToUpper(text))
	},
	"error_description in HTML": func(w http.ResponseWriter, text string, _ []string) {
		oauthError(w, 400, "invalid_request", html.EscapeString(text))
	},
	"message": func(w http.ResponseWriter, text string, _ []string) {
		writeJSON(w, 400, map[string]any{"message": text, "code": text})
	},
	"plain text": func(w http.ResponseWriter, text string, _ []string) { http.Error(w, text, 400) },
	"form": func(w http.ResponseWriter, text string, _ []string) {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
		w.WriteHeader(400)
		fmt.Fprint(w, url.Values{"error": {text}, "error_description": {text}}.Encode())
	},
	"success that is not JSON": func(w http.ResponseWriter, text string, _ []string) { fmt.Fprint(w, text) },
	"content type": func(w http.ResponseWriter, _ string, values []string) {
		w.Header().Set("Content-Type", "text/x-"+values[0])
		fmt.Fprint(w, "{")
	},
	"redirect": func(w http.ResponseWriter, text string, _ []string) {
		w.Header().Set("Location", "https://op.example/?"+url.QueryEscape(text))
		w.WriteHeader(307)
	},
	"WWW-Authenticate": func(w http.ResponseWriter, text string, _ []string) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error=%q", url.PathEscape(text)))
		w.WriteHeader(401)
	},
	"malformed header": func(w http.ResponseWriter, text string, _ []string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", strings.ReplaceAll(text, "\n", " "))
	},
	"malformed status": func(w http.ResponseWriter, text string, _ []string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "%s\r\n\r\n", strings.ReplaceAll(text, "\n", " "))
	},
	"token_type": func(w http.ResponseWriter, _ string, values []string) {
		writeJSON(w, 200, map[string]any{"access_token": "an-access-token", "token_type": values[0]})
	},
	"ID token": func(w http.ResponseWriter, _ string, values []string) {
		header := map[string]any{"alg": values[0]}
		writeJSON(w, 200, map[string]any{"access_token": "a-token-of-it", "id_token": signJWT(nil, map[string]any{}, header)})
	},
	"error with status 404": func(w http.ResponseWriter, text string, values []string) {
		oauthError(w, 404, values[0], strings.Join(values, " "))
	},
	"sub": func(w http.ResponseWriter, text string, _ []string) { writeJSON(w, 200, map[string]any{"sub": text}) },
}

// sentSecrets returns the secrets of a request, the longest first.
func sentSecrets(r *http.Request) []string {
	var values []string
	add := func(value string) {
		if len(value) >= 8 {
			values = append(values, value)
		}
	}
	if _, secret, ok := r.BasicAuth(); ok {
		add(secret)
	}
	_, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	add(credentials)
	for _, name := range []string{"code", "code_verifier", "client_secret", "client_assertion", "refresh_token", "token", "nonce",
		"state"} {
		add(r.Form.Get(name))
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	return append(values, "nothing-secret")
}

// A provider may repeat what was sent to it. None of it must reach an error, its fields, or the log. The recorder of each
// application searches for the secrets that the provider issued and received.
func TestRepeatedRequestsAreRedacted(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/token", "/userinfo", "/par", "/revoke"} {
		for _, method := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt"} {
			for name, echo := range echoes {
				t.Run(path+" "+method+" "+name, func(t *testing.T) {
					t.Parallel()
					p := newProvider(t)
					var configure func(*auth.Config)
					if method == "private_key_jwt" {
						configure = privateKeyJWTClient("ES256", "kid")(p)
					} else {
						p.AuthMethod = method
					}
					app := newApp(t, p, func(cfg *auth.Config) {
						withOfflineAccess(cfg)
						if cfg.PushedAuthorization = path == "/par"; configure != nil {
							configure(cfg)
						}
					})
					var refreshing atomic.Bool
					repeat := func(w http.ResponseWriter, r *http.Request) {
						text, secrets := requestText(r), sentSecrets(r)
						for _, s := range secrets[:len(secrets)-1] {
							app.output.addSecret("value sent to "+path, s)
							app.output.addSecret("beginning of a value sent to "+path, s[:min(len(s), 20)])
						}
						if path == "/userinfo" && !refreshing.Load() { // the provider knows the code as well
							code := p.LastRequest("/token").Form.Get("code")
							text, secrets = text+code, append([]string{code}, secrets...)
						}
						echo(w, text, secrets)
					}
					b := app.browser()
					if path != "/revoke" {
						p.Handle(path, repeat)
						checkFields(t, app, b.SignIn())
						p.Handle(path, nil)
					}
					if err := b.SignIn(); err != nil {
						t.Fatalf("SignIn after the provider was repaired: %v", err)
					}
					p.ExpireAccessTokens()
					refreshing.Store(true)
					p.Handle(path, repeat)
					_, err := b.Refresh()
					checkFields(t, app, err)
					_, err = b.BeginLogout()
					checkFields(t, app, err)
					app.client.Wait() // for the revocation
				})
			}
		}
	}
}

// checkFields records the fields of an error for the recorder of the application.
func checkFields(t *testing.T, app *app, err error) {
	t.Helper()
	if refused, ok := errors.AsType[*auth.ProviderError](err); ok {
		app.output.addValues(refused.Code, refused.Description)
	}
	if m, ok := errors.AsType[*auth.MisconfiguredError](err); ok {
		app.output.addValues(m.Problem)
	}
}

// The error of an authorization response may repeat the authorization request and the code.
func TestRepeatedAuthorizationRequestIsRedacted(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	b := app.browser()
	authURL, err := b.BeginLogin(auth.LoginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	q := mustParseURL(t, authURL).Query()
	callback := "/login/callback?" + url.Values{"state": {q.Get("state")}, "iss": {p.Issuer}, "code": {"code-that-is-repeated"},
		"error": {"x code-that-is-repeated"}, "error_description": {q.Encode() + " code-that-is-repeated"}}.Encode()
	app.output.addSecret("code", "code-that-is-repeated")
	_, err = b.FinishLogin(callback)
	refused, ok := errors.AsType[*auth.ProviderError](err)
	if !ok || !strings.HasPrefix(refused.Code, "x [redacted]") {
		t.Errorf("got %v, want a ProviderError without the code", err)
	}
	checkFields(t, app, err)
}

// A claim that repeats a token is not part of the user object, which pages show.
func TestClaimsThatRepeatTokensAreLeftOut(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Handle("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		writeJSON(w, 200, map[string]any{
			"sub": "alice-0001", "name": "Alice Adams", "token": token, "request": map[string]any{"headers": r.Header},
			"list": []any{"x", "Bearer " + token}, "url": "https://op.example/?token=" + url.QueryEscape(token),
			"escaped": json.RawMessage(`"` + escapeUnicode(token) + `"`), token: true,
		})
	})
	p.IDToken = func(claims, _ map[string]any) { claims["request"] = p.LastRequest("/token").Form.Encode() }
	app := newApp(t, p, withOfflineAccess)
	b := app.browser()
	u := b.MustSignIn()
	check := func(u auth.User) {
		t.Helper()
		var claims map[string]any
		if err := json.Unmarshal(u.Claims, &claims); err != nil {
			t.Fatal(err)
		}
		for name := range claims {
			if slices.Contains([]string{"token", "request", "list", "url", "escaped"}, name) || strings.Contains(name, "access") {
				t.Errorf("got the claim %s", name)
			}
		}
		if u.Name != "Alice Adams" {
			t.Errorf("got the name %q", u.Name)
		}
		app.output.addValues(string(u.Claims))
	}
	check(u)
	u, err := b.Refresh()
	if err != nil {
		t.Fatal(err)
	}
	check(u)
}

// escapeUnicode writes every character as a JSON escape.
func escapeUnicode(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// TestLongRepeatedSecretIsRedacted takes a long secret out of a text that contains each of its parts very often.
// BenchmarkRedact has the time that this takes.
func TestLongRepeatedSecretIsRedacted(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.changeTokenResponse(func(r map[string]any) { r["access_token"] = strings.Repeat("a", 900<<10) })
	claim("at_hash", nil)(p)
	p.Handle("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		oauthError(w, 400, "invalid_request", strings.Repeat("a", 5000))
	})
	b := newApp(t, p, nil).browser()
	_, err := b.FinishLogin(b.beginAt("/"))
	if !errors.Is(err, auth.ErrMisconfigured) || strings.Contains(err.Error(), "aa") {
		t.Errorf("got error %.200v, want %v", err, auth.ErrMisconfigured)
	}
}
