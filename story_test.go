package main

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// TestStory is what the app is for, with each store that needs no server.
func TestStory(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]string{"memory": "memory:", "file": fileStore(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := start(t, map[string]string{"SESSION_STORE": store})
			for _, demo := range devidp.DemoUsers() {
				t.Run(demo.Username, func(t *testing.T) { demoStory(t, app, demo) })
			}
		})
	}
}

var userObject = regexp.MustCompile(`(?s)<pre[^>]*>(.*?)</pre>`)

func demoStory(t *testing.T, app *program, demo devidp.User) {
	p := app.person(t)

	// Signed out.
	p.open(app.url).at(http.StatusOK, app.url+"/")
	p.reads("Plusauth Starter", "Hello, world!", "This is a template for a simple login/register system", "Login/Register »")
	if strings.Contains(p.body, "Logout") {
		t.Error("the home page offers to sign nobody out")
	}

	// In, from the link in the navbar.
	p.click("Login").at(http.StatusOK, app.provider+"/signin").click(demo.Username)
	p.at(http.StatusOK, app.url+"/").reads("Logged in as: "+demo.Username, "Logout", "View Profile »")

	// The profile.
	welcome := demo.Email
	if welcome == "" {
		welcome = demo.Name
	}
	p.click("View Profile »").at(http.StatusOK, app.url+"/profile").reads("Welcome "+welcome+" !", demo.Name, "User object:")
	checkUserObject(t, p, demo.Username, demo.Email)
	p.open(app.url).click("Logged in as: "+demo.Username).at(http.StatusOK, app.url+"/profile")

	// The provider is asked again, by a form.
	p.click("Refresh").at(http.StatusOK, app.url+"/profile")
	checkUserObject(t, p, demo.Username, demo.Email)

	// Out, here and at the provider: it asks at the next sign-in, and the profile is no one's.
	p.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!", "Login/Register »")
	p.open(app.url+"/profile").at(http.StatusOK, app.provider+"/signin").reads("Choose an account")

	// In again, and back to the page that was asked for.
	p.click(demo.Username).at(http.StatusOK, app.url+"/profile").reads("Welcome " + welcome + " !")
	p.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
}

// checkUserObject checks the user object that the page shows.
func checkUserObject(t *testing.T, p *person, username, email string) {
	t.Helper()
	shown := userObject.FindStringSubmatch(p.body)
	if shown == nil {
		t.Fatalf("no user object in: %s", words(p.body))
	}
	var claims struct{ Username, Email, Sub, Iss string }
	if err := json.Unmarshal([]byte(html.UnescapeString(tags.ReplaceAllString(shown[1], ""))), &claims); err != nil {
		t.Fatalf("the user object is no JSON: %v", err)
	}
	if claims.Username != username || claims.Email != email || claims.Sub == "" || claims.Iss == "" {
		t.Errorf("the user object has %+v, want username %q and email %q", claims, username, email)
	}
}

// TestSignOut is what else can end a session.
func TestSignOut(t *testing.T) {
	t.Parallel()
	app := start(t, nil)
	t.Run("at the provider", func(t *testing.T) { t.Parallel(); signOutAtTheProvider(t, app) })
	t.Run("from another site", func(t *testing.T) { t.Parallel(); logoutFromElsewhere(t, app) })
}

// signOutAtTheProvider is back-channel logout: who signs out there is out here, in all browsers.
func signOutAtTheProvider(t *testing.T, app *program) {
	here, there := app.person(t).signIn(app, "ada"), app.person(t).signIn(app, "ada")
	other := app.person(t).signIn(app, "bob")
	here.open(app.provider).click("Sign out everywhere").reads("Signed out")
	for _, p := range []*person{here, there} {
		p.open(app.url).at(http.StatusOK, app.url+"/").reads("Hello, world!")
	}
	other.open(app.url).reads("Logged in as: bob")
}

// TestSigningAlg: the development provider signs with the algorithm that the app accepts.
func TestSigningAlg(t *testing.T) {
	t.Parallel()
	app := start(t, map[string]string{"ID_TOKEN_SIGNING_ALG": "ES256"})
	app.person(t).signIn(app, "ada")
	err := run(t.Context(), map[string]string{"ID_TOKEN_SIGNING_ALG": "RS384", "SESSION_STORE": "memory:", "PORT": "0", "DEV_PROVIDER_URL": "http://127.0.0.1:0"}, newOutput())
	if err == nil || !strings.Contains(err.Error(), "the development provider") || !strings.Contains(err.Error(), "RS384") {
		t.Errorf("an algorithm that it does not have: got %v", err)
	}
}

// TestLogFormat: with LOG_FORMAT=json each line is JSON, and a request has its five attributes.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	app := start(t, map[string]string{"LOG_FORMAT": "json", "LOG_LEVEL": "debug"})
	app.person(t).signIn(app, "ada")
	app.person(t).open(app.url+"/login/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj-af0ifjsldkj").at(http.StatusBadRequest, app.url+"/login/callback")
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
			t.Errorf("less than its id, method, path, status and duration: %s", line)
		}
	}
	if requests < 5 {
		t.Errorf("%d requests in the log, want all of a sign-in", requests)
	}
}
