package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestRoutes is the contract: what a stranger gets, and what somebody who is signed in gets.
func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, stranger := w.signedIn(t, "ada"), w.visitor(t)
	type want struct {
		status   int
		location string // the beginning; "authorize" is the provider's
		says     string
	}
	for _, c := range []struct {
		method, path string
		out, in      want
	}{
		{"GET", "/", want{200, "", "Hello, world!"}, want{200, "", "Logged in as:"}},
		{"GET", "/login", want{303, "authorize", ""}, want{303, "/", ""}},
		{"GET", "/login?return_to=/profile", want{303, "authorize", ""}, want{303, "/profile", ""}},
		{"GET", "/login?prompt=login", want{303, "authorize", ""}, want{303, "authorize", ""}},
		{"POST", "/login", want{303, "authorize", ""}, want{303, "/", ""}},
		{"GET", "/login/callback", want{400, "", "This sign-in has expired"}, want{303, "/", ""}},
		{"GET", "/profile", want{303, "/login?return_to=%2Fprofile", ""}, want{200, "", "User object:"}},
		{"POST", "/profile", want{303, "/login?return_to=%2Fprofile", ""}, want{303, "/profile", ""}},
		{"GET", "/components", want{200, "", "Components"}, want{200, "", "Components"}},
		{"GET", "/components/navbar", want{200, "", "views/navbar.templ"}, want{200, "", "assets/css/navbar.css"}},
		{"GET", "/components/nothing", want{404, "", "Page not found"}, want{404, "", "Logged in as:"}},
		{"GET", "/components/", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"GET", "/fragments/session", want{204, "", ""}, want{200, "", `id="session"`}},
		{"POST", "/fragments/profile", want{401, "", "Your session has ended"}, want{200, "", `id="profile"`}},
		{"POST", "/logout/backchannel", want{400, "", "invalid_request"}, want{400, "", "invalid_request"}},
		{"GET", "/logout/frontchannel", want{400, "", "Unknown issuer."}, want{400, "", "Unknown issuer."}},
		{"GET", "/healthz", want{200, "", "ok"}, want{200, "", "ok"}},
		{"GET", "/readyz", want{200, "", "ready"}, want{200, "", "ready"}},
		{"GET", "/favicon.ico", want{302, "/assets/favicon-", ""}, want{302, "/assets/favicon-", ""}},
		{"GET", "/assets/", want{404, "", "No such file"}, want{404, "", "No such file"}},
		{"GET", "/nowhere", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"POST", "/nowhere", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"GET", "//nowhere", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"GET", "//evil.example/%2e%2e/nowhere", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"GET", "/a/../profile", want{307, "/profile", ""}, want{307, "/profile", ""}},
		{"GET", "/profile/", want{404, "", "Page not found"}, want{404, "", "Page not found"}},
		{"POST", "/logout", want{303, "/", ""}, want{303, w.provider + "/end_session?", ""}}, // the last: it ends the session
		{"GET", "/logout", want{303, "/", ""}, want{303, "/", ""}},
	} {
		for who, v := range map[string]*visitor{"a stranger": stranger, "ada": ada} {
			wanted := c.out
			if v == ada {
				wanted = c.in
			}
			got := v.do(c.method, c.path, "")
			if wanted.location == "authorize" {
				wanted.location = w.provider + "/authorize?"
			}
			if got.status != wanted.status || !strings.HasPrefix(got.location(), wanted.location) || (wanted.location == "") != (got.location() == "") || !strings.Contains(got.body, wanted.says) {
				t.Errorf("%s %s of %s: got status %d, Location %q and %q, want %+v", c.method, c.path, who, got.status, got.location(), got.body, wanted)
			}
			if private := v == ada && strings.Contains(got.body, "ada"); private && got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s of %s may be kept: %q", c.method, c.path, who, got.header.Get("Cache-Control"))
			}
		}
	}
}

// TestMethods: what a route does not know it refuses with the methods that it does, and HEAD is GET without a body.
func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	for path, methods := range map[string]string{
		"/": "GET, HEAD", "/login": "GET, HEAD, POST", "/login/callback": "GET, HEAD", "/profile": "GET, HEAD, POST",
		"/logout": "GET, HEAD, POST", "/logout/backchannel": "POST", "/logout/frontchannel": "GET, HEAD",
		"/components": "GET, HEAD", "/components/navbar": "GET, HEAD", "/fragments/session": "GET, HEAD", "/fragments/profile": "POST",
		"/healthz": "GET, HEAD", "/readyz": "GET, HEAD", "/favicon.ico": "GET, HEAD", "/assets/x.css": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			known := strings.Contains(methods, method)
			got := v.do(method, path, "")
			if allow := got.header.Get("Allow"); known == (got.status == http.StatusMethodNotAllowed) || !known && allow != methods {
				t.Errorf("%s %s: got status %d and Allow %q, want %q to be allowed", method, path, got.status, allow, methods)
			}
			if method == "HEAD" && got.body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
	for _, path := range []string{"/", "/components", "/healthz"} {
		get, head := v.get(path), v.do("HEAD", path, "")
		if head.status != get.status || head.header.Get("Content-Length") != get.header.Get("Content-Length") || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("HEAD %s answers %d %v, GET %d %v", path, head.status, head.header, get.status, get.header)
		}
	}
}

// TestPageLoads: what a page names is there.
func TestPageLoads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t)
	assets := map[string]string{}
	for _, page := range []string{"/", "/components", "/nowhere"} {
		for _, m := range loads.FindAllStringSubmatch(v.get(page).body, -1) {
			assets[m[1]] = page
		}
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for path, page := range assets {
		a := v.get(path)
		if a.status != http.StatusOK || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.header.Get("Set-Cookie") != "" ||
			a.header.Get("Content-Type") != kinds[path[strings.LastIndex(path, "."):]] || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s, of %s: got status %d and %v", path, page, a.status, a.header)
		}
	}
	if len(assets) != 5 {
		t.Errorf("the pages load %v, want two stylesheets, two scripts and an icon", assets)
	}
	icon := v.get("/favicon.ico").location()
	if _, ok := assets[icon]; !ok {
		t.Errorf("/favicon.ico leads to %s", icon)
	}
	for m := range strings.SplitSeq(v.get("/components").body, "href=\"") {
		path, _, _ := strings.Cut(m, "\"")
		if strings.HasPrefix(path, "/components/") && v.get(path).status != http.StatusOK {
			t.Errorf("%s is not there", path)
		}
	}
}

var loads = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)
