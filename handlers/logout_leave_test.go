package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestFormsLeaveByAPage checks that a form of the app that has to lead to the provider is answered with a page that
// moves on by itself, and has a link. A form of a program is answered with a redirect.
func TestFormsLeaveByAPage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	host := strings.TrimPrefix(app.Provider.URL, "http://")
	for name, c := range map[string]struct {
		path, to string // to is a prefix of the address
		signIn   bool
	}{
		"logout":                {"/logout", app.Provider.URL + "/end_session?", true},
		"login":                 {"/login", app.Provider.URL + "/authorize?", false},
		"private page":          {"/profile", "/login?return_to=%2Fprofile", false},
		"logout when signed in": {"/logout", app.Provider.URL + "/end_session?", true},
	} {
		for _, headers := range [][]string{
			{"Sec-Fetch-Site", "same-origin", "Origin", app.URL}, {"Origin", app.URL}, {"Sec-Fetch-Site", "same-origin"},
		} {
			b := app.Browser(t)
			if c.signIn {
				b.SignIn("ada")
			}
			resp := b.Post(c.path, "x=1", headers...)
			to, ok := strings.CutPrefix(resp.Header.Get("Refresh"), "0; url=")
			if resp.Status != 200 || !ok || !strings.HasPrefix(to, c.to) || resp.Location() != "" ||
				resp.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%s: got status %d and %v", name, resp.Status, resp.Header)
			}
			if !strings.Contains(resp.Body, `href="`+strings.ReplaceAll(to, "&", "&amp;")+`"`) ||
				!strings.Contains(resp.Text(), host) || strings.Contains(resp.Body, "<script") ||
				strings.Contains(resp.Text(), "Logged in as") {
				t.Errorf("%s: got %s", name, resp.Body)
			}
		}
	}
	ada := app.Browser(t).SignIn("ada")
	if resp := ada.Post("/logout", "x=1"); resp.Status != 303 || !strings.HasPrefix(resp.Location(), app.Provider.URL) {
		t.Errorf("a program: got status %d and %q", resp.Status, resp.Location())
	}
}

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
