package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// refusal is something that goes wrong, as a person and as a program see it.
type refusal struct {
	name    string
	provoke func(*person)
	status  int
	path    string // of the page that says so
	code    string // "error" of the JSON
	title   string // of the page; the JSON says it, too
	action  string // what the page's button says
	header  string // one that must be there
}

func refusals(app *program) []refusal {
	signInAgain := func(p *person) *person {
		return p.open(app.url+"/login?prompt=login").at(http.StatusOK, app.provider+"/signin")
	}
	return []refusal{
		{"the client's secret is wrong", func(p *person) { signInAgain(p).click("ada") },
			http.StatusBadGateway, "/login/callback", "invalid_client", "This app is not set up right", "Try again", ""},
		{"the person cancels at the provider", func(p *person) { signInAgain(p).click("Cancel") },
			http.StatusForbidden, "/login/callback", "access_denied", "The sign-in was cancelled", "Try again", ""},
		{"the answer is an old one", func(p *person) { p.open(app.url + "/login/callback?code=c0dec0dec0de&state=5tate5tate5tate") },
			http.StatusBadRequest, "/login/callback", "unknown_attempt", "This sign-in link is not good any more", "Sign in again", ""},
		{"the answer is nothing", func(p *person) { p.open(app.url + "/login/callback") },
			http.StatusBadRequest, "/login/callback", "unknown_attempt", "This sign-in link is not good any more", "Sign in again", ""},
		{"another provider sends somebody", func(p *person) { p.open(app.url + "/login?iss=https://evil.example") },
			http.StatusBadRequest, "/login", "invalid_request", "This link does not work here", "Go to the home page", ""},
		{"no such page", func(p *person) { p.open(app.url + "/nowhere") },
			http.StatusNotFound, "/nowhere", "not_found", "Page not found", "Go to the home page", ""},
		{"not with this method", func(p *person) { p.send(http.MethodDelete, app.url+"/profile", nil, "none") },
			http.StatusMethodNotAllowed, "/profile", "method_not_allowed", "This page does not work that way", "Go to the home page", "Allow"},
		{"another site posts the form", func(p *person) { p.send(http.MethodPost, app.url+"/logout", url.Values{}, "cross-site") },
			http.StatusForbidden, "/logout", "cross_site_request", "This request came from another site", "Go to the home page", ""},
	}
}

// TestRefusals: each is a page, and JSON, that says what happened and what to do. Nobody is signed in by it, and who
// was signed in before still is.
func TestRefusals(t *testing.T) {
	t.Parallel()
	op := newElsewhere(t)
	app := start(t, op.vars())
	op.serve(t, app)
	ada := app.person(t).signIn(app, "bob")
	stranger := app.person(t)
	op.door("/token", func(w http.ResponseWriter, r *http.Request, whole http.Handler) {
		r.SetBasicAuth("app", "another secret")
		whole.ServeHTTP(w, r)
	})
	for _, c := range refusals(app) {
		for who, p := range map[string]*person{"nobody": stranger, "bob": ada} {
			t.Run(c.name+", "+who+" is signed in", func(t *testing.T) {
				p.t = t
				p.accept = "text/html"
				c.provoke(p)
				if c.code == "unknown_attempt" && who == "bob" { // gone back to: it has done its work
					p.at(http.StatusOK, app.url+"/").reads("Logged in as: bob")
				} else {
					p.at(c.status, app.url+c.path)
					c.checkPage(t, p)
				}
				p.accept = "application/json"
				c.provoke(p)
				if c.code != "unknown_attempt" || who != "bob" {
					p.at(c.status, app.url+c.path)
					c.checkJSON(t, p)
				}
				p.accept = "text/html"
				switch p.open(app.url).at(http.StatusOK, app.url+"/"); who {
				case "bob":
					p.reads("Logged in as: bob")
				default:
					p.reads("Login/Register »")
				}
			})
		}
	}
}

func (c *refusal) checkPage(t *testing.T, p *person) {
	t.Helper()
	p.reads(c.title, "Plusauth Starter", p.header.Get("X-Request-Id"))
	if !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") || !strings.Contains(p.body, "<h1>"+c.title+"</h1>") {
		t.Errorf("no page with this title: %s", p.body)
	}
	if c.header != "" && p.header.Get(c.header) == "" {
		t.Errorf("no header %s", c.header)
	}
	next, client := *p, *p.client
	next.client, client.CheckRedirect = &client, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if next.click(c.action); next.status >= http.StatusBadRequest || origin(next.url) != origin(p.url) {
		t.Errorf("%q leads to %s with status %d", c.action, next.url, next.status)
	}
}

func (c *refusal) checkJSON(t *testing.T, p *person) {
	t.Helper()
	var answer map[string]string
	if err := json.Unmarshal([]byte(p.body), &answer); err != nil {
		t.Fatalf("%v: %s", err, p.body)
	}
	if answer["error"] != c.code || !strings.HasPrefix(answer["message"], c.title) || len(answer) != 2 {
		t.Errorf("got %v, want the error %q and a message that begins with %q", answer, c.code, c.title)
	}
	if got := p.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	if c.header != "" && p.header.Get(c.header) == "" {
		t.Errorf("no header %s", c.header)
	}
}

// logoutFromElsewhere: a link on another site signs nobody out; it asks.
func logoutFromElsewhere(t *testing.T, app *program) {
	p := app.person(t).signIn(app, "hanako")
	p.send(http.MethodGet, app.url+"/logout", nil, "cross-site").at(http.StatusOK, app.url+"/logout").reads("Do you want to sign out?")
	p.click("Stay signed in").at(http.StatusOK, app.url+"/").reads("Logged in as: hanako")
	p.send(http.MethodGet, app.url+"/logout?state=guessed", nil, "cross-site").reads("Do you want to sign out?")
	p.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
	p.send(http.MethodGet, app.url+"/logout", nil, "cross-site").at(http.StatusOK, app.url+"/").reads("Hello, world!")
}

// TestProviderDown: the app starts and serves without its provider, says so, and needs no restart when it is there.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	address, back := hangUp(t)
	app := start(t, map[string]string{"AUTH_URL": "http://" + address, "CLIENT_ID": "app", "CLIENT_SECRET": elsewhereSecret,
		"SCOPES": "openid profile email offline_access"})
	p := app.person(t)
	p.open(app.url).at(http.StatusOK, app.url+"/").reads("Hello, world!", "Login/Register »")
	down := refusal{code: "temporarily_unavailable", title: "Sign-in is not available right now", action: "Go home", header: "Retry-After"}
	p.click("Login").at(http.StatusServiceUnavailable, app.url+"/login").reads(down.title, "try again in a moment", p.header.Get("X-Request-Id"))
	p.accept = "application/json"
	down.checkJSON(t, p.open(app.url+"/login").at(http.StatusServiceUnavailable, app.url+"/login"))
	p.accept = "text/html"
	if status, body := get(t, app.url+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d: %s", status, body)
	}
	if status, body := get(t, app.url+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz is %d: %s", status, body)
	}

	serveElsewhere(t, back()).serve(t, app)
	again, tooLate := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer again.Stop()
	for p.open(app.url + "/login"); p.status == http.StatusServiceUnavailable; p.click("Try again") {
		select {
		case <-again.C:
		case <-tooLate:
			t.Fatal("the provider is back, and the app does not see it")
		}
	}
	p.at(http.StatusOK, app.provider+"/signin").click("ada").click("Allow")
	p.at(http.StatusOK, app.url+"/").reads("Logged in as: ada")
	p.click("View Profile »").click("Refresh").reads("Welcome ada@example.com !")
	if status, body := get(t, app.url+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz is %d: %s", status, body)
	}
	p.click("Logout").at(http.StatusOK, app.url+"/").reads("Hello, world!")
}
