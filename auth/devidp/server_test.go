package devidp_test

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

func TestStart(t *testing.T) {
	t.Parallel()
	app := newTestApp(t)
	p, err := devidp.Start(devidp.Config{
		Clients: []devidp.Client{{ID: "app", RedirectURIs: []string{app.URL + "/callback"}}},
		Key:     sharedRSAKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := oidc.NewProvider(t.Context(), p.Issuer()); err != nil {
		t.Error(err)
	}
	_, err = devidp.Start(devidp.Config{Issuer: p.Issuer()})
	if err == nil || !strings.Contains(err.Error(), "taken by another program") {
		t.Errorf("port in use: got %v", err)
	}
	_, err = devidp.Start(devidp.Config{Issuer: "https://127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "plain http") {
		t.Errorf("https: got %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	l, err := net.Listen("tcp", strings.TrimPrefix(p.Issuer(), "http://"))
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	l.Close()
}

func TestConfigurationMistakesAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := devidp.New(devidp.Config{
		Issuer:     "https://example.com",
		SigningAlg: "HS256",
		Clients: []devidp.Client{
			{}, {ID: "a", RedirectURIs: []string{"/relative"}}, {ID: "a", RedirectURIs: []string{"http://x/#y"}},
		},
		Users: []devidp.User{{}, {Username: "x"}, {Username: "X"}, {Username: "y", Subject: "a:b"}},
	})
	for _, want := range []string{
		"loopback", "HS256", "a client has no ID", `"/relative"`, `"http://x/#y"`, `client "a" is listed twice`,
		"a user has no username", `user "X" is listed twice`, "colon",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
}

func TestIssuerMustBeALoopbackOrigin(t *testing.T) {
	t.Parallel()
	for issuer, valid := range map[string]bool{
		"http://127.0.0.1:9998": true, "http://localhost:1": true, "http://[::1]:1": true,
		"https://127.0.0.1:1": true, "http://idp.localhost:1": true, "http://127.8.9.1": true,
		"": false, "http://0.0.0.0:1": false, "http://example.com": false, "http://192.168.1.1": false,
		"http://127.0.0.1.example.com": false, "http://localhost.example.com": false,
		"http://127.0.0.1/": false, "http://127.0.0.1/x": false, "http://127.0.0.1?x": false,
		"http://a@127.0.0.1": false, "ftp://127.0.0.1": false, "127.0.0.1:1": false, "http://": false,
	} {
		p, err := devidp.New(devidp.Config{Issuer: issuer, Key: sharedRSAKey()})
		if (err == nil) != valid {
			t.Errorf("%q: %v", issuer, err)
		}
		if err == nil {
			p.Close()
		}
		if issuer != "" && !valid {
			if s, err := devidp.Start(devidp.Config{Issuer: issuer, Key: sharedRSAKey()}); err == nil {
				s.Close()
				t.Errorf("%q: Start succeeded", issuer)
			}
		}
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	if _, err := devidp.SignIn(&http.Client{}, e.authURL(), "ada"); err == nil {
		t.Error("got no error without a cookie jar")
	}
	for name, address := range map[string]string{
		"unknown user": e.authURL(), "registration": e.authURL("prompt", "create"),
		"invalid request": e.Issuer() + "/authorize",
	} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := devidp.SignIn(&http.Client{Jar: jar}, address, "nobody"); err == nil {
			resp.Body.Close()
			t.Errorf("%s: got no error, at %s", name, resp.Request.URL)
		} else if strings.Contains(err.Error(), `no user has the username "nobody"`) != (name == "unknown user") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	_, body := e.get(e.browser(), e.Issuer()+"/.well-known/openid-configuration")
	for _, want := range []string{
		`"issuer":"ISS"`, `"authorization_endpoint":"ISS/authorize"`, `"token_endpoint":"ISS/token"`,
		`"userinfo_endpoint":"ISS/userinfo"`, `"revocation_endpoint":"ISS/revoke"`,
		`"end_session_endpoint":"ISS/end_session"`, `"jwks_uri":"ISS/keys"`,
		`"pushed_authorization_request_endpoint":"ISS/par"`,
		`"require_pushed_authorization_requests":false`, `"authorization_response_iss_parameter_supported":true`,
		`"prompt_values_supported":["none","login","consent","select_account","create"]`,
		`"backchannel_logout_supported":true`, `"backchannel_logout_session_supported":true`,
		`"frontchannel_logout_supported":true`, `"frontchannel_logout_session_supported":true`,
		`"response_types_supported":["code"]`, `"response_modes_supported":["query"]`,
		`"grant_types_supported":["authorization_code","refresh_token"]`,
		`"code_challenge_methods_supported":["S256"]`, `"id_token_signing_alg_values_supported":["RS256"]`,
		`"subject_types_supported":["public"]`, `"request_uri_parameter_supported":false`,
		`"token_endpoint_auth_methods_supported":["none","client_secret_basic","client_secret_post"]`,
		`"scopes_supported":["openid","profile","email","offline_access"]`,
	} {
		if want = strings.ReplaceAll(want, "ISS", e.Issuer()); !strings.Contains(body, want) {
			t.Errorf("want %s in %s", want, body)
		}
	}
	for _, not := range []string{"introspection", "device", "registration_endpoint", "implicit", "jwt-bearer"} {
		if strings.Contains(body, not) {
			t.Errorf("%s is listed: %s", not, body)
		}
	}
	_, keys := e.get(e.browser(), e.Issuer()+"/keys")
	if strings.Contains(keys, `"d"`) || !strings.Contains(keys, `"kid"`) {
		t.Errorf("keys %s", keys)
	}
}
