package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestStory signs every demo user in and out, with each store that needs no server.
func TestStory(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]string{"memory": "memory:", "file": fileStore(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := start(t, map[string]string{"SESSION_STORE": store})
			for _, user := range devidp.DemoUsers() {
				t.Run(user.Username, func(t *testing.T) { testStory(t, app, user) })
			}
		})
	}
}

func testStory(t *testing.T, app *program, user devidp.User) {
	b := app.browser(t)
	home, profile, signIn := app.url+"/", app.url+"/profile", app.provider+"/signin"

	b.Open("/").WantURL(http.StatusOK, home).WantText(textHelloWorld, textRegister)
	if strings.Contains(b.Page.Text(), textLogout) {
		t.Error("the home page offers Logout to a person who is signed out")
	}

	b.Click(textLogin).WantURL(http.StatusOK, signIn).Click(user.Username)
	b.WantURL(http.StatusOK, home).WantText(textLoggedInAs+user.Username, textLogout, textViewProfile)

	welcome := user.Email
	if welcome == "" {
		welcome = user.Name
	}
	b.Click(textViewProfile).WantURL(http.StatusOK, profile)
	b.WantText(textWelcome(welcome), user.Name, textUserObject)
	checkUserObject(t, b, user.Username, user.Email)
	b.Open("/").Click(textLoggedInAs+user.Username).WantURL(http.StatusOK, profile)

	b.Click(textRefresh).WantURL(http.StatusOK, profile)
	checkUserObject(t, b, user.Username, user.Email)

	// Logout also ends the session at the provider, which shows its sign-in page the next time.
	b.Click(textLogout).WantURL(http.StatusOK, home).WantText(textHelloWorld, textRegister)
	b.Open("/profile").WantURL(http.StatusOK, signIn)

	// A sign-in leads back to the page that was requested.
	b.Click(user.Username).WantURL(http.StatusOK, profile).WantText(textWelcome(welcome))
	b.Click(textLogout).WantURL(http.StatusOK, home).WantText(textHelloWorld)
}

// checkUserObject checks the claims that the profile page shows.
func checkUserObject(t *testing.T, b *testapp.Browser, username, email string) {
	t.Helper()
	var claims struct{ Username, Email, Sub, Iss string }
	if err := json.Unmarshal([]byte(b.Page.Element("pre")), &claims); err != nil {
		t.Fatalf("the user object is not JSON: %v: %s", err, b.Page.Text())
	}
	if claims.Username != username || claims.Email != email || claims.Sub == "" || claims.Iss == "" {
		t.Errorf("the user object has %+v, want username %q and email %q", claims, username, email)
	}
}

// TestBackChannelLogout signs a person out everywhere at the provider, which ends her sessions in all browsers.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	app := start(t, nil)
	first, second := app.browser(t).SignIn("ada"), app.browser(t).SignIn("ada")
	other := app.browser(t).SignIn("bob")
	first.Open(app.provider+"/").Click("Sign out everywhere").WantURL(http.StatusOK, app.provider+"/signed-out")
	if first.IsSignedIn() || second.IsSignedIn() {
		t.Errorf("ada is signed in: %t and %t, want false and false", first.IsSignedIn(), second.IsSignedIn())
	}
	if !other.IsSignedIn() {
		t.Error("bob is signed out, too")
	}
}

// TestLogoutFromAnotherSite follows links of another site to /logout, which ask first.
func TestLogoutFromAnotherSite(t *testing.T) {
	t.Parallel()
	app := start(t, nil)
	b := app.browser(t).SignIn("hanako")
	home, logout := app.url+"/", app.url+"/logout"
	b.Navigate(http.MethodGet, "/logout", nil, "cross-site").WantURL(http.StatusOK, logout)
	b.Click(textStay).WantURL(http.StatusOK, home).WantText(textLoggedInAs + "hanako")
	b.Navigate(http.MethodGet, "/logout?state=guessed", nil, "cross-site").WantURL(http.StatusOK, logout)
	b.Click(textLogout).WantURL(http.StatusOK, home).WantText(textHelloWorld)
	b.Navigate(http.MethodGet, "/logout", nil, "cross-site").WantURL(http.StatusOK, home).WantText(textHelloWorld)
}

// TestSigningAlg gives the development provider the algorithm that the app accepts.
func TestSigningAlg(t *testing.T) {
	t.Parallel()
	start(t, map[string]string{"ID_TOKEN_SIGNING_ALG": "ES256"}).browser(t).SignIn("ada")
	err := run(t.Context(), freePorts(map[string]string{"ID_TOKEN_SIGNING_ALG": "RS384"}), newOutput())
	if err == nil || !strings.Contains(err.Error(), "development provider") || !strings.Contains(err.Error(), "RS384") {
		t.Errorf("with an algorithm that the development provider does not support: got %v", err)
	}
}

// TestLogFormat checks that with LOG_FORMAT=json every line is JSON, and the record of a request has its attributes.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	app := start(t, map[string]string{"LOG_FORMAT": "json", "LOG_LEVEL": "debug"})
	app.browser(t).SignIn("ada")
	app.browser(t).Open("/login/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj-af0ifjsldkj").
		WantURL(http.StatusBadRequest, app.url+"/login/failed")
	if err := app.stop(); err != nil {
		t.Fatal(err)
	}
	requests := 0
	for line := range strings.Lines(app.out.String()) {
		var record struct {
			Msg, Request, Method, Path string
			Status                     int
			Duration                   int64
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		if record.Msg != "request" {
			continue
		}
		requests++
		if record.Request == "" || record.Method == "" || record.Path == "" || record.Status == 0 || record.Duration == 0 {
			t.Errorf("want id, method, path, status and duration of a request, got: %s", line)
		}
	}
	if requests < 4 {
		t.Errorf("the log has %d requests, want at least the 4 of a sign-in and a wrong callback", requests)
	}
}
