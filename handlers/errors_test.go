package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// wrong is one thing that goes wrong: what a page, a fragment and a program get to hear of it.
type wrong struct {
	name   string
	bend   func(*world)
	ask    func(v *visitor, headers ...string) *answer
	status int
	code   string // of the JSON
	title  string
	cause  string // what the log has and nobody else
}

func asking(method, path string) func(*visitor, ...string) *answer {
	return func(v *visitor, headers ...string) *answer {
		v.t.Helper()
		return v.do(method, path, "", headers...)
	}
}

// finishing lets a sign-in go wrong at its end.
func finishing(v *visitor, headers ...string) *answer {
	v.t.Helper()
	return v.get(v.callback("bob"), headers...) // who is signed in at the provider: another's sign-in would end bob's session there
}

func answering(status int, contentType, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		rw.WriteHeader(status)
		rw.Write([]byte(body))
	}
}

// doors lets the provider answer differently, but for what people see.
func doors(path string, answer http.HandlerFunc) func(*world) {
	return func(w *world) { w.door(path, answer) }
}

var storeAway = func(w *world) { w.store.away.Store(true) }

// errorsFor are the pages' errors, and the fragments'. Signing in with nothing but a session to lose.
var errorsFor = []wrong{
	{"no such page", nil, asking("GET", "/nowhere"), 404, "not_found", "Page not found", "no such page"},
	{"not with this method", nil, asking("DELETE", "/profile"), 405, "method_not_allowed", "This address can't be used like that", "method not allowed"},
	{"from another site", nil, func(v *visitor, h ...string) *answer {
		return v.post("/logout", "x=1", append(h, "Sec-Fetch-Site", "cross-site")...)
	}, 403, "cross_site_request", "We blocked a request from another site", "cross-site request blocked"},
	{"another issuer", nil, asking("GET", "/login?iss=https://evil.example"), 400, "invalid_request", "This sign-in link is for another service", "another issuer"},
	{"no such component", nil, asking("GET", "/components/nothing"), 404, "not_found", "Page not found", "no such page"},
	{"an answer out of nowhere", nil, func(v *visitor, h ...string) *answer {
		v.client.Jar = nil
		return v.get("/login/callback?code=x&state=y", h...)
	}, 400, "unknown_attempt", "This sign-in has expired", auth.ErrUnknownLogin.Error()},
	{"the provider is away", doors("/token", away), finishing, 503, "temporarily_unavailable", "We can't reach the sign-in service", "EOF"},
	{"the provider is broken", doors("/token", answering(500, "text/plain", "boom-boom")), finishing, 503, "temporarily_unavailable", "We can't reach the sign-in service", "token endpoint"},
	{"the provider talks nonsense", doors("/token", answering(200, "application/json", `{"access_token":"opaque-opaque","token_type":"Bearer","id_token":"a.b.c"}`)), finishing,
		502, "untrusted_answer", "You were not signed in", auth.ErrBadToken.Error()},
	{"the secret is wrong", doors("/token", answering(401, "application/json", `{"error":"invalid_client","error_description":"go &amp; <b>away</b>"}`)), finishing,
		502, "invalid_client", "This app can't sign anyone in yet", "invalid_client"},
	{"the code is too old", doors("/token", answering(400, "application/json", `{"error":"invalid_grant"}`)), finishing,
		400, "invalid_grant", "The sign-in took too long", "invalid_grant"},
	{"the person says no", nil, func(v *visitor, h ...string) *answer { return v.refused("access_denied", h...) },
		403, "access_denied", "You were not signed in", "access_denied"},
	{"the provider says no", nil, func(v *visitor, h ...string) *answer { return v.refused("invalid_scope", h...) },
		403, "invalid_scope", "PROVIDER did not sign you in", "invalid_scope"},
	{"the store is away", storeAway, asking("GET", "/profile"), 503, "temporarily_unavailable", "We can't reach the sign-in service", errStore.Error()},
	{"the store is away for a refresh", storeAway, asking("POST", "/profile"), 503, "temporarily_unavailable", "We can't reach the sign-in service", errStore.Error()},
	{"the store is away for a logout", storeAway, asking("POST", "/logout"), 503, "temporarily_unavailable", "We can't reach the sign-in service", errStore.Error()},
	{"the store is away for a sign-in", nil, func(v *visitor, h ...string) *answer {
		answer := v.callback("bob")
		v.w.store.away.Store(true)
		return v.get(answer, h...)
	}, 503, "temporarily_unavailable", "We can't reach the sign-in service", errStore.Error()},
	{"a bug", func(w *world) { w.store.panic.Store(func() { panic("boom in " + errStore.Error()) }) }, asking("GET", "/profile"),
		500, "server_error", "Something went wrong on our side", "handler panicked"},
	{"no such fragment", nil, asking("GET", "/fragments/nothing"), 404, "not_found", "Page not found", "no such page"},
	{"not a fragment's method", nil, asking("GET", "/fragments/profile"), 405, "method_not_allowed", "This address can't be used like that", "method not allowed"},
	{"a fragment from another site", nil, func(v *visitor, h ...string) *answer {
		return v.post("/fragments/profile", "x=1", append(h, "Sec-Fetch-Site", "cross-site")...)
	}, 403, "cross_site_request", "We blocked a request from another site", "cross-site request blocked"},
	{"the store is away for a fragment", storeAway, asking("POST", "/fragments/profile"), 503, "temporarily_unavailable", "We can't reach the sign-in service", errStore.Error()},
	{"a fragment's bug", func(w *world) { w.store.panic.Store(func() { panic("boom") }) }, asking("POST", "/fragments/profile"),
		500, "server_error", "Something went wrong on our side", "handler panicked"},
}

// refused is the answer of a provider that refuses, with a description that means harm.
func (v *visitor) refused(code string, headers ...string) *answer {
	v.t.Helper()
	asked := v.get("/login?prompt=login").asked(v.t)
	return v.get("/login/callback?"+queryOf("state", asked.Get("state"), "iss", v.w.provider, "error", code, "error_description", `<script>alert("no")</script>`), headers...)
}

// TestErrors: each error is a page in the app's layout, the fragment that was asked for, or JSON. It says what to do,
// has the id that the log has, tells nothing of the cause, and whoever was signed in still is.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range errorsFor {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.title = strings.Replace(c.title, "PROVIDER", strings.TrimPrefix(w.provider, "http://"), 1)
			for _, accept := range []string{"text/html,application/xhtml+xml,*/*;q=0.8", "application/json"} {
				v := w.signedIn(t, "bob")
				jar := v.client.Jar
				if c.bend != nil {
					c.bend(w)
				}
				a := c.ask(v, "Accept", accept)
				w.store.away.Store(false)
				w.door("/token", nil)
				v.client.Jar = jar
				if a.status != c.status || a.header.Get("Cache-Control") != "no-store" || (c.status == 503) != (a.header.Get("Retry-After") != "") {
					t.Errorf("got status %d and %v, want %d: %s", a.status, a.header, c.status, a.body)
				}
				if accept == "application/json" {
					c.checkJSON(t, a)
				} else {
					c.checkHTML(t, a, strings.Contains(c.name, "fragment"))
				}
				for _, never := range []string{c.cause, errStore.Error(), "10.11.12.13", "goroutine", "boom", "<script>alert", "provider unavailable", "opaque-opaque"} {
					if never != "" && never != c.code && strings.Contains(a.body, never) && !strings.Contains(c.title, never) {
						t.Errorf("%q is for the log: %s", never, a.body)
					}
				}
				if got := v.get("/").body; !strings.Contains(got, `title="bob"`) {
					t.Errorf("bob is not signed in any more: %s", got)
				}
				c.checkLog(t, w, a.header.Get("X-Request-Id"))
			}
		})
	}
}

func (c *wrong) checkJSON(t *testing.T, a *answer) {
	t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got) != 2 || got["error"] != c.code || !strings.HasPrefix(got["message"], c.title+". ") {
		t.Errorf("got %v and %s, want the error %q and the title %q", err, a.body, c.code, c.title)
	}
	if a.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v", a.header)
	}
}

var action = regexp.MustCompile(`<a class="btn btn-primary" href="(/[^"]*)"`)

func (c *wrong) checkHTML(t *testing.T, a *answer, fragment bool) {
	t.Helper()
	heading := "<h1>" + c.title + "</h1>"
	if fragment {
		heading = "<h2>" + c.title + "</h2>"
	}
	if !strings.Contains(strings.ReplaceAll(a.body, "&#39;", "'"), heading) || fragment != strings.Contains(a.body, `role="alert"`) || fragment == strings.Contains(a.body, "<html") {
		t.Errorf("no %s in %s", heading, a.body)
	}
	if !strings.Contains(a.body, ">"+a.header.Get("X-Request-Id")+"<") {
		t.Errorf("it does not say the request's id: %s", a.body)
	}
	if m := action.FindStringSubmatch(a.body); m == nil || strings.Contains(m[1], "code=") {
		t.Errorf("nothing to do about it: %q in %s", m, a.body)
	}
}

// checkLog finds the cause in the log, by the id that the page shows.
func (c *wrong) checkLog(t *testing.T, w *world, id string) {
	t.Helper()
	for _, r := range w.log.records("request failed") {
		if r["request"] == id {
			if err := fmt.Sprint(r["err"]); !strings.Contains(err, c.cause) {
				t.Errorf("the log has %q, want %q in it", err, c.cause)
			}
			return
		}
	}
	t.Errorf("the log has nothing of request %s", id)
}

// TestAccept: JSON is for who asks for that and for no page.
func TestAccept(t *testing.T) {
	t.Parallel()
	v := newWorld(t).visitor(t)
	for accept, want := range map[string]string{
		"application/json": "application/json", "application/json, text/plain, */*": "application/json", "application/json;q=0.9": "application/json",
		"text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8", "text/html, application/json": "text/html; charset=utf-8",
		"*/*": "text/html; charset=utf-8", "": "text/html; charset=utf-8",
	} {
		if a := v.get("/nowhere", "Accept", accept); a.status != 404 || a.header.Get("Content-Type") != want {
			t.Errorf("%q: got status %d and %q, want %q", accept, a.status, a.header.Get("Content-Type"), want)
		}
	}
}

// TestHomeWithoutStore: home is for everybody, whatever is out of order, and says so.
func TestHomeWithoutStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	w.store.away.Store(true)
	a := ada.get("/")
	if a.status != 200 || !strings.Contains(a.body, "whether you are signed in") || strings.Contains(a.body, "ada@") || strings.Contains(a.body, errStore.Error()) || a.header.Get("Set-Cookie") != "" {
		t.Errorf("got status %d, %v and %s", a.status, a.header, a.body)
	}
	if a := w.visitor(t).get("/"); a.status != 200 || strings.Contains(a.body, "whether you are signed in") {
		t.Errorf("a stranger, whom no store knows: got status %d and %s", a.status, a.body)
	}
	w.store.away.Store(false)
	if !ada.isSignedIn() {
		t.Error("the session is lost")
	}
}

// TestAbort: a handler that gives up in the middle cuts the connection: half an answer must not look like a whole one.
func TestAbort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.signedIn(t, "ada")
	w.store.panic.Store(func() { panic(http.ErrAbortHandler) })
	if a, err := ada.try("POST", "/profile", ""); err == nil { // a client would repeat a GET
		t.Errorf("got status %d", a.status)
	}
	if n := len(w.log.records("panic")); n != 0 {
		t.Errorf("%d panics in the log", n)
	}
}

// TestLog: each request has one line with its id, method, path, status and duration; the query stays out.
func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.signedIn(t, "ada")
	a := v.get("/login/callback?code=secret-code&state=secret-state")
	v.get("/healthz")
	found := false
	for _, r := range w.log.records("request") {
		if len(r) != 8 { // time, level, msg and the five
			t.Errorf("got %v", r)
		}
		if r["path"] == "/healthz" {
			t.Error("what asks all the time is not for the log at this level")
		}
		found = found || r["request"] == a.header.Get("X-Request-Id") && r["method"] == "GET" && r["path"] == "/login/callback" && r["status"] == 303.0 && r["duration"].(float64) > 0
	}
	if !found {
		t.Errorf("no line of the callback in %s", w.log.text.String())
	}
	if strings.Contains(w.log.text.String(), "secret-") {
		t.Errorf("the query is in %s", w.log.text.String())
	}
	if strings.Contains(v.get("/", "X-Request-Id", "forged").header.Get("X-Request-Id"), "forged") {
		t.Error("a request names itself")
	}
}
