package assets_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// policy is the Content-Security-Policy of the app's pages.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'" + trustedTypes

const trustedTypes = "; require-trusted-types-for 'script'; trusted-types htmx"

var builtAssets = sync.OnceValues(assets.New)

// site is a small app with the markup of the real one. Its only session is a key that the test sets. Its pages are
//
//   - /: a public page, which loads htmx only if somebody is signed in
//   - /profile: a private page with a panel that a form refreshes
//   - /error: an error page, which is never loaded again
//   - /bare: a page without a login state and without htmx
type site struct {
	*httptest.Server
	files *assets.Assets

	mu      sync.Mutex
	key     string                      // of the session; "" if nobody is signed in
	handler map[string]http.HandlerFunc // by path; replaces the site's own handler
	panels  int                         // how often the panel was refreshed
}

// newSite starts a site. It is closed when the test ends.
func newSite(t *testing.T) *site {
	t.Helper()
	files, err := builtAssets()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{files: files, handler: map[string]http.HandlerFunc{}}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", files)
	mux.HandleFunc("GET /ping", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /profile", s.page)
	mux.HandleFunc("GET /error", s.page)
	mux.HandleFunc("GET /bare", s.page)
	mux.HandleFunc("GET "+sessionPath, s.sessionFragment)
	mux.HandleFunc("POST "+profilePath, s.profileFragment)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		handler := s.handler[r.URL.Path]
		s.mu.Unlock()
		if handler == nil {
			handler = mux.ServeHTTP
		}
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

const (
	sessionPath = "/fragments/session"
	profilePath = "/fragments/profile"
)

// setKey changes who is signed in.
func (s *site) setKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// handle replaces the handler of a path. If h is nil, it restores the site's own.
func (s *site) handle(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler[path] = h
}

// page serves a page. With ?configured the page has settings of its own for htmx, with ?untyped its policy does not
// require Trusted Types.
func (s *site) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	csp := policy
	if r.URL.Query().Has("untyped") {
		csp = strings.TrimSuffix(policy, trustedTypes)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", csp)
	w.Header().Set("Cache-Control", "private, no-cache")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Site</title>
		<link rel="stylesheet" href="%s"><link rel="icon" href="%s">`, s.files.URL("app.css"), s.files.URL("favicon.svg"))
	if r.URL.Query().Has("configured") {
		fmt.Fprint(w, `<meta name="htmx-config" content='{"defaultTimeout":1234}'>`)
	}
	if r.URL.Path == "/profile" || r.URL.Path == "/error" || r.URL.Path == "/" && s.key != "" {
		fmt.Fprintf(w, `<script src="%s" defer></script>`, s.files.URL("htmx.js"))
	}
	fmt.Fprintf(w, `<script src="%s" defer></script>`, s.files.URL("app.js"))
	switch r.URL.Path {
	case "/":
		// A heading with the id "htmx" must not be taken for htmx itself.
		fmt.Fprint(w, loginState(s.key, "public"), `<h1 id="htmx">Home</h1> <a id="next" href="/error">Next</a>`)
	case "/profile":
		fmt.Fprint(w, loginState(s.key, "private"), panel(s.panels))
	case "/error":
		fmt.Fprint(w, loginState(s.key, "error"), `<h1>Error</h1> <a id="next" href="/">Next</a>`)
	case "/bare":
		fmt.Fprint(w, `<button id="copy" hidden data-copy="h1">Copy</button><h1>No login state</h1>
			<a id="copy-text" href="/text" data-copy>Copy as text</a> <a id="copy-error" href="/broken" data-copy>Copy</a>`)
	}
}

func loginState(key, page string) string {
	word := "Logout"
	if key == "" {
		word = "Login"
	}
	return fmt.Sprintf(`<ul id="session" data-session="%[1]s" data-hx-get="/fragments/session?was=%[1]s&amp;page=%[2]s"
		data-hx-trigger="session:check from:document" data-hx-target="this" data-hx-swap="outerHTML"
		><li><a href="/bare">%[3]s</a></li></ul>`, key, page, word)
}

func panel(times int) string {
	return fmt.Sprintf(`<section id="profile">
		<p id="updated" role="status">Updated %[1]d times</p>
		<details><summary>More</summary><p>claims</p></details>
		<div><pre id="object">{"times": %[1]d}</pre>
			<button id="copy" type="button" hidden data-copy="#object">Copy</button>
			<span id="copied" role="status"></span></div>
		<form action="/profile" method="post" data-hx-post="/fragments/profile" data-hx-target="#profile"
			data-hx-swap="outerMorph" data-hx-indicator="#profile"><button id="refresh">Refresh</button></form>
		<p role="status" data-offline hidden>You seem to be offline.</p>
	</section>`, times)
}

func (s *site) sessionFragment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	page := r.FormValue("page")
	switch {
	case r.FormValue("was") == s.key:
		w.WriteHeader(http.StatusNoContent)
		return
	case page != "error":
		w.Header().Set("HX-Refresh", "true")
	}
	fmt.Fprint(w, loginState(s.key, page))
}

func (s *site) profileFragment(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panels++
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, panel(s.panels))
}

// count returns how often the tab requested a path. Because the page makes a request of its own first, all its earlier
// requests are counted.
func count(tab *browsertest.Tab, path string) int {
	browsertest.Eval[int](tab, `fetch("/ping").then(r => r.status)`)
	n := 0
	for _, request := range tab.Requests() { // for example "GET http://127.0.0.1:1234/path?query"
		_, address, _ := strings.Cut(request, " ")
		if u, err := url.Parse(address); err == nil && u.Path == path {
			n++
		}
	}
	return n
}
