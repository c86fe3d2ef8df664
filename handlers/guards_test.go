package handlers_test

import (
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// newGuarded returns an app with guarded routes, and browsers of an administrator and of a person without roles.
func newGuarded(t *testing.T) (app *testapp.App, admin, person *testapp.Browser) {
	t.Helper()
	roles := map[string]any{"roles": []string{"staff", "admin"}}
	editor := map[string]any{"realm_access": map[string]any{"roles": []string{"<editor>"}}}
	app = testapp.New(t, testapp.Options{Handler: handlers.NewWithGuards, Provider: devidp.Config{Users: []devidp.User{
		{Username: "admin", Name: "Admin", Claims: roles}, {Username: "editor", Name: "Editor", Claims: editor},
	}}})
	return app, app.Browser(t).SignIn("admin"), app.Browser(t).SignIn("editor")
}

// TestRequireClaim checks that a person without the claim gets 403 with words that name what is missing, as a page, a
// fragment and JSON, and that the handler is not called.
func TestRequireClaim(t *testing.T) {
	t.Parallel()
	app, admin, person := newGuarded(t)
	onPage := []string{"HX-Request", "true", "HX-Current-URL", app.URL + "/admin?tab=2", "HX-Target", "section#list"}
	const title = "You can't open this page"
	for name, c := range map[string]struct {
		send  func(b *testapp.Browser) *testapp.Response
		check func(resp *testapp.Response)
	}{
		"page": {
			func(b *testapp.Browser) *testapp.Response { return b.Get("/admin") },
			func(resp *testapp.Response) {
				if !strings.Contains(html.UnescapeString(resp.Body), "<h1>"+title+"</h1>") {
					t.Errorf("page: got %s", resp.Body)
				}
			},
		},
		"form": {
			func(b *testapp.Browser) *testapp.Response { return b.Post("/admin", "x=1") },
			func(*testapp.Response) {},
		},
		"fragment": {
			func(b *testapp.Browser) *testapp.Response { return b.Post("/fragments/admin", "x=1", onPage...) },
			func(resp *testapp.Response) { checkNotice(t, resp, "list", title) },
		},
		"JSON": {
			func(b *testapp.Browser) *testapp.Response { return b.Get("/admin", "Accept", "application/json") },
			func(resp *testapp.Response) {
				if !strings.Contains(resp.Body, `"error":"forbidden"`) {
					t.Errorf("JSON: got %s", resp.Body)
				}
			},
		},
	} {
		if resp := c.send(admin); resp.Status != 200 || !strings.Contains(resp.Body, "secret") {
			t.Errorf("%s: an administrator got status %d and %s", name, resp.Status, resp.Body)
		}
		resp := c.send(person)
		checkResponse(t, name, resp, 403, "")
		body := html.UnescapeString(strings.ReplaceAll(resp.Body, `\"`, `"`))
		if !strings.Contains(body, `"admin" in "roles"`) || strings.Contains(body, "secret") ||
			resp.Header.Get("HX-Redirect") != "" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v and %s", name, resp.Header, resp.Body)
		}
		c.check(resp)
	}
	checkRedirect(t, "signed out", app.Browser(t).Get("/admin"), "/login?return_to=%2Fadmin")
	if resp := person.Get("/edit"); resp.Status != 200 {
		t.Errorf("nested claim: got status %d", resp.Status)
	}
	if resp := admin.Get("/edit"); resp.Status != 403 || strings.Contains(resp.Body, "<editor>") {
		t.Errorf("nested claim, missing: got status %d and %s", resp.Status, resp.Body)
	}
}

// TestRequireRecentSignIn checks that a person whose sign-in is too old signs in again and comes back to the page, and
// that the provider is asked for a sign-in within the time.
func TestRequireRecentSignIn(t *testing.T) {
	t.Parallel()
	app, admin, person := newGuarded(t)
	for _, b := range []*testapp.Browser{admin, person} {
		if resp := b.Get("/delete"); resp.Status != 200 {
			t.Errorf("recent sign-in: got status %d", resp.Status)
		}
	}
	app.AdvanceClock(6 * time.Minute)

	page := person.Get("/delete?step=1")
	if got := authorizationRequest(t, page).Get("max_age"); got != "300" {
		t.Errorf("page: got max_age %q", got)
	}
	if got := authorizationRequest(t, person.Post("/delete", "yes=1")).Get("max_age"); got != "300" {
		t.Errorf("form: got max_age %q", got)
	}
	fragment := person.Post("/fragments/delete", "yes=1", "HX-Request", "true",
		"HX-Current-URL", app.URL+"/delete?step=2", "HX-Target", "section#list")
	checkResponse(t, "fragment", fragment, 401, "")
	checkNotice(t, fragment, "list", "Please sign in again")
	authURL := fragment.Header.Get("HX-Redirect")
	if u, err := url.Parse(authURL); err != nil || u.Query().Get("max_age") != "300" {
		t.Errorf("fragment: HX-Redirect is %q", authURL)
	}
	asJSON := person.Get("/delete", "Accept", "application/json")
	checkResponse(t, "JSON", asJSON, 401, "")
	if !strings.Contains(asJSON.Body, `"error":"login_required"`) || len(asJSON.Header.Values("Set-Cookie")) != 0 {
		t.Errorf("JSON: got %v and %s", asJSON.Header, asJSON.Body)
	}
	for name, headers := range map[string][]string{"prefetch": {"Sec-Purpose", "prefetch"}, "prerender": {"Sec-Purpose", "prefetch;prerender"}} {
		resp := person.Get("/delete", headers...)
		checkResponse(t, name, resp, 503, "")
		if len(resp.Header.Values("Set-Cookie")) != 0 || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %v", name, resp.Header)
		}
	}
	for _, resp := range []*testapp.Response{page, fragment, asJSON} {
		if strings.Contains(resp.Body, "secret") {
			t.Errorf("got %s", resp.Body)
		}
	}

	// The claim is asked for before the sign-in.
	if resp := person.Get("/both"); resp.Status != 403 {
		t.Errorf("without the claim: got status %d", resp.Status)
	}
	checkRedirect(t, "page, after the sign-in", person.Get(person.Authorize(page.Location(), "editor")), "/delete?step=1")
	if resp := person.Get("/delete?step=1"); resp.Status != 200 || !strings.Contains(resp.Body, "secret") {
		t.Errorf("after the sign-in: got status %d", resp.Status)
	}
	fragmentReturn := admin.Post("/fragments/delete", "", "HX-Current-URL", app.URL+"/delete?step=2").Header.Get("HX-Redirect")
	checkRedirect(t, "fragment, after the sign-in", admin.Get(admin.Authorize(fragmentReturn, "admin")), "/delete?step=2")
	if resp := admin.Get("/both"); resp.Status != 200 {
		t.Errorf("with both: got status %d", resp.Status)
	}
}
