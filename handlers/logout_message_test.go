package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// withoutLogoutEndpoint removes the logout endpoint of the provider.
func withoutLogoutEndpoint(t *testing.T, app *testapp.App) {
	t.Helper()
	issuer := app.Provider.URL
	metadata, err := json.Marshal(map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                issuer + "/authorize",
		"token_endpoint":                        issuer + "/token",
		"jwks_uri":                              issuer + "/keys",
		"userinfo_endpoint":                     issuer + "/userinfo",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"prompt_values_supported":               []string{"login", "select_account"},
	})
	if err != nil {
		t.Fatal(err)
	}
	app.Provider.Override("/.well-known/openid-configuration", testapp.Respond(200, "application/json", string(metadata)))
}

// TestSignOutIsConfirmedOnce checks the message on the home page after a sign-out: the person is signed out, or may
// still be signed in at the provider. The next home page does not show it again. After a sign-out that did not reach the
// provider, the next sign-in asks for the account.
func TestSignOutIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare  func(t *testing.T, app *testapp.App) // before the sign-in
		sabotage func(app *testapp.App)               // after it
		want     string
		prompt   string
	}{
		"at the provider too": {want: "You are signed out."},
		"provider without logout endpoint": {
			prepare: withoutLogoutEndpoint, want: "you may still be signed in at", prompt: "select_account",
		},
		"provider unavailable": {
			sabotage: func(app *testapp.App) {
				app.AdvanceClock(time.Minute)
				app.Provider.Override("", testapp.Unavailable)
			},
			want: "you may still be signed in at", prompt: "select_account",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			if c.prepare != nil {
				c.prepare(t, app)
			}
			b := app.Browser(t).SignIn("ada")
			if strings.Contains(b.Page.Text(), "signed out") {
				t.Error("the home page says so before the sign-out")
			}
			if c.sabotage != nil {
				c.sabotage(app)
			}
			b.Click("Logout").WantURL(http.StatusOK, app.URL+"/").WantText("Hello, world!", c.want)
			if got := b.Page.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
			if !strings.Contains(b.Page.Body, `role="status"`) {
				t.Errorf("the message is no status: %s", b.Page.Body)
			}
			b.Open("/").WantText("Hello, world!")
			if strings.Contains(b.Page.Text(), c.want) {
				t.Error("the second home page says so, too")
			}
			app.Provider.Override("", nil)
			if got := authorizationRequest(t, b.Get("/login")).Get("prompt"); got != c.prompt {
				t.Errorf("the prompt of the next sign-in is %q, want %q", got, c.prompt)
			}
		})
	}
}

// TestSignOutIsNotConfirmedToTheNextPerson checks that the message is not shown to a person who has signed in meanwhile.
func TestSignOutIsNotConfirmedToTheNextPerson(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	b.Get("/logout")
	b.SignIn("bob")
	for range 2 {
		if text := b.Open("/").Page.Text(); strings.Contains(text, "signed out") {
			t.Errorf("got %s", text)
		}
	}
}
