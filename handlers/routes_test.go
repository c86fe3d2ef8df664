package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// routeResponse is what a route responds with.
type routeResponse struct {
	status   int
	location string // its beginning
	text     string // part of the body
}

func (want routeResponse) check(t *testing.T, name string, got *testapp.Response) {
	t.Helper()
	if got.Status != want.status || !strings.Contains(got.Body, want.text) ||
		!strings.HasPrefix(got.Location(), want.location) || (got.Location() == "") != (want.location == "") {
		t.Errorf("%s: got status %d, Location %q and %q, want %+v", name, got.Status, got.Location(), got.Body, want)
	}
}

// TestRoutes lists every route with its response to a signed-out and to a signed-in person.
func TestRoutes(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, signedOut := app.Browser(t).SignIn("ada"), app.Browser(t)
	signIn := routeResponse{303, app.Provider.URL + "/authorize?", ""}
	toLogin := routeResponse{303, "/login?return_to=%2Fprofile", ""}
	home, profile := routeResponse{303, "/", ""}, routeResponse{303, "/profile", ""}
	notFound, invalid := routeResponse{404, "", "<html"}, routeResponse{400, "", ""}
	ok := func(text string) routeResponse { return routeResponse{200, "", text} }
	for _, c := range []struct {
		method, path        string
		signedOut, signedIn routeResponse
	}{
		{"GET", "/", ok(`href="/login"`), ok(`action="/logout"`)},
		{"GET", "/login", signIn, home},
		{"GET", "/login?return_to=/profile", signIn, profile},
		{"GET", "/login?prompt=login", signIn, signIn},
		{"POST", "/login", signIn, home},
		{"GET", "/login/callback", routeResponse{303, "/login/failed?error=unknown", ""}, home},
		{"POST", "/login/callback", routeResponse{502, "", "form_post"}, routeResponse{502, "", "form_post"}},
		{"GET", "/login/failed", notFound, notFound},
		{"GET", "/login/failed?error=cancelled", routeResponse{403, "", "was cancelled"}, routeResponse{403, "", "was cancelled"}},
		{"GET", "/profile", toLogin, ok(`id="profile-object"`)},
		{"POST", "/profile", toLogin, profile},
		{"GET", "/components", ok(`href="/components/navbar"`), ok(`href="/components/navbar"`)},
		{"GET", "/components/navbar", ok("navbar.templ"), ok("navbar.css")},
		{"GET", "/components/nothing", notFound, routeResponse{404, "", `action="/logout"`}},
		{"GET", "/components/", notFound, notFound},
		{"GET", "/fragments/session", routeResponse{204, "", ""}, ok(`id="session"`)},
		{"POST", "/fragments/profile", routeResponse{401, "", `role="alert"`}, ok(`id="profile"`)},
		{"POST", "/logout/backchannel", routeResponse{400, "", "invalid_request"}, routeResponse{400, "", "invalid_request"}},
		{"GET", "/logout/frontchannel", invalid, invalid},
		{"GET", "/healthz", ok("ok"), ok("ok")},
		{"GET", "/readyz", ok("ready"), ok("ready")},
		{"GET", "/favicon.ico", routeResponse{302, "/assets/favicon-", ""}, routeResponse{302, "/assets/favicon-", ""}},
		{"GET", "/assets/", routeResponse{404, "", ""}, routeResponse{404, "", ""}},
		{"GET", "/nowhere", notFound, notFound},
		{"POST", "/nowhere", notFound, notFound},
		{"GET", "//nowhere", notFound, notFound},
		{"GET", "//evil.example/%2e%2e/nowhere", notFound, notFound},
		{"GET", "/a/../profile", routeResponse{307, "/profile", ""}, routeResponse{307, "/profile", ""}},
		{"GET", "/profile/", notFound, notFound},
		// These come last, because they end the session.
		{"POST", "/logout", home, routeResponse{303, app.Provider.URL + "/end_session?", ""}},
		{"GET", "/logout", home, home},
	} {
		name := c.method + " " + c.path
		c.signedOut.check(t, name+", signed out", signedOut.Do(c.method, c.path, ""))
		resp := ada.Do(c.method, c.path, "")
		c.signedIn.check(t, name+", signed in", resp)
		if got := resp.Header.Get("Cache-Control"); strings.Contains(resp.Body, "ada") && got != "no-store" {
			t.Errorf("%s, signed in: got Cache-Control %q", name, got)
		}
	}
}

// TestMethods checks that a path responds to other methods with 405 and Allow, and to HEAD as to GET, without a body.
func TestMethods(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	for path, allowed := range map[string]string{
		"/":                    "GET, HEAD",
		"/login":               "GET, HEAD, POST",
		"/login/callback":      "GET, HEAD, POST",
		"/login/failed":        "GET, HEAD",
		"/profile":             "GET, HEAD, POST",
		"/logout":              "GET, HEAD, POST",
		"/logout/backchannel":  "POST",
		"/logout/frontchannel": "GET, HEAD",
		"/components":          "GET, HEAD",
		"/components/navbar":   "GET, HEAD",
		"/fragments/session":   "GET, HEAD",
		"/fragments/profile":   "POST",
		"/healthz":             "GET, HEAD",
		"/readyz":              "GET, HEAD",
		"/favicon.ico":         "GET, HEAD",
		"/assets/x.css":        "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			resp, isAllowed := b.Do(method, path, ""), strings.Contains(allowed, method)
			if isAllowed == (resp.Status == http.StatusMethodNotAllowed) || !isAllowed && resp.Header.Get("Allow") != allowed {
				t.Errorf("%s %s: got status %d and Allow %q, want %q to be allowed",
					method, path, resp.Status, resp.Header.Get("Allow"), allowed)
			}
			if method == "HEAD" && resp.Body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
	b.Get("/") // shows that the requests for /logout have signed out
	for _, path := range []string{"/", "/components", "/healthz"} {
		get, head := b.Get(path), b.Do("HEAD", path, "")
		if head.Status != get.Status || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") ||
			head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: got %d %v for HEAD, %d %v for GET", path, head.Status, head.Header, get.Status, get.Header)
		}
	}
}

var assetLink = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// TestAssetsOfPages checks that the assets that pages load, and the links of the gallery, exist.
func TestAssetsOfPages(t *testing.T) {
	t.Parallel()
	b := testapp.New(t, testapp.Options{}).Browser(t)
	assets := map[string]string{}
	for _, page := range []string{"/", "/components", "/nowhere"} {
		for _, m := range assetLink.FindAllStringSubmatch(b.Get(page).Body, -1) {
			assets[m[1]] = page
		}
	}
	types := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
	for path, page := range assets {
		resp := b.Get(path)
		if resp.Status != http.StatusOK || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s of %s: got status %d and %v", path, page, resp.Status, resp.Header)
		}
		for header, want := range map[string]string{
			"Cache-Control":          "public, max-age=31536000, immutable",
			"Content-Type":           types[path[strings.LastIndex(path, "."):]],
			"X-Content-Type-Options": "nosniff",
		} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s of %s: %s is %q, want %q", path, page, header, got, want)
			}
		}
	}
	if len(assets) != 6 {
		t.Errorf("the pages load %v, want three stylesheets, two scripts and an icon", assets)
	}
	icon := b.Get("/favicon.ico").Location()
	if _, ok := assets[icon]; !ok {
		t.Errorf("/favicon.ico leads to %s", icon)
	}
	for link := range strings.SplitSeq(b.Get("/components").Body, "href=\"") {
		path, _, _ := strings.Cut(link, "\"")
		if strings.HasPrefix(path, "/components/") && b.Get(path).Status != http.StatusOK {
			t.Errorf("the gallery links to %s, which does not exist", path)
		}
	}
}
