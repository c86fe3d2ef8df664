package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// tenant starts a provider that the program does not start itself, and returns the variables of its client.
func tenant(t *testing.T, baseURL string) map[string]string {
	t.Helper()
	provider, err := devidp.Start(devidp.Config{
		Issuer: "http://127.0.0.1:0",
		Clients: []devidp.Client{{
			ID: "shop", Secret: "marked-secret-of-the-shop", Name: "Shop",
			RedirectURIs: []string{baseURL + "/login/callback"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	return map[string]string{
		"AUTH_URL": provider.Issuer(), "CLIENT_ID": "shop", "CLIENT_SECRET": "marked-secret-of-the-shop",
		"BASE_URL": baseURL, "PORT": "0", "SESSION_STORE": "memory:",
	}
}

// runDoctor returns the output and the error of doctor.
func runDoctor(t *testing.T, cmd command, vars map[string]string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := doctor(t.Context(), cmd, vars, &out)
	return out.String(), err
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]string
		want   []string
		fails  bool
	}{
		"right": {nil, []string{"ok       client secret", "Register these URIs", "http://localhost:4000/logout/backchannel"}, false},
		"wrong secret": {map[string]string{"CLIENT_SECRET": "marked-wrong-secret"}, []string{"problem  client secret",
			"→ CLIENT_SECRET: "}, true},
		"redirect URI of another port": {map[string]string{"BASE_URL": "http://localhost:4001"}, []string{"problem  redirect URI",
			"→ BASE_URL", "Register http://localhost:4001/login/callback"}, true},
		"127.0.0.1 for localhost": {map[string]string{"BASE_URL": "http://127.0.0.1:4000"}, []string{"problem  redirect URI"}, true},
		"method not offered": {map[string]string{"CLIENT_AUTH_METHOD": "client_secret_post", "ID_TOKEN_SIGNING_ALG": "ES256"},
			[]string{"→ ID_TOKEN_SIGNING_ALG: "}, true},
		"nobody answers": {map[string]string{"AUTH_URL": "http://127.0.0.1:1"}, []string{"problem  discovery", "→ AUTH_URL: ",
			"Nothing listens"}, true},
		"store": {map[string]string{"SESSION_STORE": "file:/dev/null/sessions.db"}, []string{"problem  session store",
			"→ SESSION_STORE: "}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := tenant(t, "http://localhost:4000")
			for variable, value := range c.change {
				vars[variable] = value
			}
			out, err := runDoctor(t, command{}, vars)
			if errors.Is(err, errUnhealthy) != c.fails || err != nil && !c.fails {
				t.Errorf("got the error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("the output has no %q:\n%s", want, out)
				}
			}
			if strings.Contains(out, "marked-") || strings.Contains(out, "\x1b") {
				t.Errorf("the output has a secret or colours:\n%s", out)
			}
		})
	}
}

func TestDoctorPrintsJSON(t *testing.T) {
	t.Parallel()
	out, err := runDoctor(t, command{json: true}, tenant(t, "http://localhost:4000"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Findings []auth.Finding
		Register []registered
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Findings) < 10 || len(got.Register) != 5 {
		t.Errorf("got %v, %v from %s", got, err, out)
	}
}

func TestDoctorReportsMistakesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	vars := tenant(t, "http://localhost:4000")
	vars["CLOCK_SKEW"], vars["LOG_FORMAT"] = "soon", "xml"
	if _, err := runDoctor(t, command{}, vars); err == nil || !strings.Contains(err.Error(), "CLOCK_SKEW") ||
		!strings.Contains(err.Error(), "LOG_FORMAT") {
		t.Errorf("got %v, want both variables", err)
	}
}

// TestDoctorIsACommand checks the exit status and that the development provider is used without AUTH_URL.
func TestDoctorIsACommand(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{"doctor": 0, "doctor -json": 0, "doctor -x": 2, "doctor now": 2} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			app, process := child(t, t.TempDir(), strings.Fields(args), "PORT=0", "SESSION_STORE=memory:",
				"DEV_PROVIDER_URL=http://127.0.0.1:0")
			app.stop()
			if code := process.ProcessState.ExitCode(); code != want {
				t.Errorf("got the exit status %d, want %d: %s", code, want, app.out.String())
			}
		})
	}
}

// TestDoctorSignsIn checks doctor -sign-in with a person, and with a secret that the provider refuses.
func TestDoctorSignsIn(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`Open (http\S+)/login in a browser`)
	for name, c := range map[string]struct {
		vars  map[string]string
		want  []string
		fails bool
	}{
		"right": {freePorts(nil), []string{"nonce", "Signed in as ada.", `"email": "ada@example.com"`}, false},
		"wrong": {withWrongSecret(t), []string{"→ 401", "problem  client secret"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := newOutput()
			ended := make(chan error, 1)
			go func() { ended <- doctor(t.Context(), command{signIn: true}, c.vars, out) }()
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := devidp.SignIn(&http.Client{Jar: jar}, out.wait(t, address)+"/login", "ada")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if err = <-ended; (err != nil) != c.fails {
				t.Errorf("got the error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output has no %q:\n%s", want, out.String())
				}
			}
			if strings.Contains(out.String(), "marked-") {
				t.Errorf("the output has a secret:\n%s", out.String())
			}
		})
	}
}

// withWrongSecret returns the variables of a client at a port that is free, with another secret than the provider's.
func withWrongSecret(t *testing.T) map[string]string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	vars := tenant(t, "http://localhost:"+port)
	vars["CLIENT_SECRET"], vars["PORT"] = "marked-wrong-secret", port
	return vars
}
