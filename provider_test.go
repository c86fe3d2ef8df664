package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

const clientSecret = "the secret of the client: +/%&= ~"

// authVars are the variables that make the program use a provider.
func authVars(p *testapp.Provider) map[string]string {
	return map[string]string{"AUTH_URL": p.URL, "CLIENT_ID": "app", "CLIENT_SECRET": clientSecret}
}

// startWith starts the program, with the given variables, and then the provider that they name. The first request of the
// program to the provider waits until the provider has started.
func startWith(t *testing.T, p *testapp.Provider, vars map[string]string) *program {
	t.Helper()
	_, release := p.Hold(discoveryPath)
	app := start(t, vars)
	startFor(t, p, app)
	release()
	return app
}

// startFor starts a provider with the program as its client. The program must not log the tokens that it gets.
func startFor(t *testing.T, p *testapp.Provider, app *program) {
	t.Helper()
	p.Start(t, devidp.Config{Clients: []devidp.Client{testapp.Client(app.url, "app", clientSecret)}})
	app.provider = p.URL
	app.out.addSecrets(clientSecret)
	p.Override("/token", func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		p.Forward(recorded, r)
		var tokens map[string]any
		if err := json.Unmarshal(recorded.Body.Bytes(), &tokens); err != nil {
			t.Errorf("the token endpoint responded with %s: %v", recorded.Body, err)
		}
		for _, name := range []string{"access_token", "refresh_token", "id_token"} {
			token, _ := tokens[name].(string)
			app.out.addSecrets(token)
		}
		for name, values := range recorded.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorded.Code)
		w.Write(recorded.Body.Bytes())
	})
}
