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

// policy is what the app's pages are served with.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"

var built = sync.OnceValues(assets.New)

// site is a small app with the markup that session.js and htmx meet in the real one, on the real assets. Its one
// session is a key that the test sets.
type site struct {
	*httptest.Server
	files *assets.Assets

	mu      sync.Mutex
	key     string           // the session; "" signed out
	hits    map[string]int   // fragment requests, by path
	refresh http.HandlerFunc // what POST /fragments/profile does; nil: answers with the panel
	htmx    http.HandlerFunc // what serves htmx; nil: the assets
}

// newSite serves a site until the test ends.
func newSite(t *testing.T) *site {
	t.Helper()
	files, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{files: files, hits: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/", s.asset)
	mux.HandleFunc("GET /ping", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /profile", s.page)
	mux.HandleFunc("GET /login", s.page)
	mux.HandleFunc("GET /bare", s.page)
	mux.HandleFunc("POST /profile", s.posted)
	mux.HandleFunc("GET /fragments/word", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "fetched", r.FormValue("which")) })
	mux.HandleFunc("GET /fragments/session", s.sessionFragment)
	mux.HandleFunc("POST /fragments/profile", s.profileFragment)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	q := r.URL.Query()
	if q.Has("untyped") { // as browsers see it that know no Trusted Types
		h.Set("Content-Security-Policy", strings.Replace(policy, "; require-trusted-types-for 'script'; trusted-types htmx", "", 1))
	}
	if q.Has("nonce") {
		h.Set("Content-Security-Policy", strings.Replace(policy, "script-src 'self'", "script-src 'nonce-n0nce'", 1))
	}
	h.Set("Cache-Control", "private, no-cache")
	htmx, own := s.files.URL("htmx.js"), ""
	if q.Has("own") {
		own = fmt.Sprintf(`<script src="%s" defer></script>`, htmx)
	}
	if q.Has("without") {
		htmx = ""
	}
	fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Site</title>
		<link rel="stylesheet" href="%s"><link rel="icon" href="%s">%s<script src="%s" nonce="n0nce" data-htmx="%s" defer></script>`,
		s.files.URL("app.css"), s.files.URL("favicon.svg"), own, s.files.URL("app.js"), htmx)
	if q.Has("configured") {
		fmt.Fprint(w, `<meta name="htmx-config" content='{"defaultTimeout":1234}'>`)
	}
	switch r.URL.Path {
	case "/bare":
		fmt.Fprint(w, `<button id="copy" hidden data-copy="h1">Copy</button><h1>No login state, no status</h1>`)
	case "/profile":
		fmt.Fprint(w, loginState(s.key), panel(s.hits["/fragments/profile"]))
	default:
		fmt.Fprint(w, loginState(s.key), `<a id="away" href="/profile">Profile</a>`, q.Get("element"))
	}
}

// posted is what a form reaches that nothing stops.
func (s *site) posted(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Posted</title>
		<link rel="stylesheet" href="%s"><link rel="icon" href="%s"><script src="%s" defer></script>`,
		s.files.URL("app.css"), s.files.URL("favicon.svg"), s.files.URL("app.js"))
}

// asset serves the assets, htmx as the test says.
func (s *site) asset(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	htmx := s.htmx
	s.mu.Unlock()
	if htmx != nil && r.URL.Path == s.files.URL("htmx.js") {
		htmx(w, r)
		return
	}
	s.files.ServeHTTP(w, r)
}

// onHtmx changes what serves htmx; nil is the assets again.
func (s *site) onHtmx(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.htmx = h
}

func loginState(key string) string {
	word := "Logout"
	if key == "" {
		word = "Login"
	}
	return fmt.Sprintf(`<ul id="session" data-session="%[1]s" data-hx-get="/fragments/session?was=%[1]s"
		data-hx-trigger="session:check from:document" data-hx-target="this" data-hx-swap="outerHTML"><li><a href="/login">%[2]s</a></li></ul>`, key, word)
}

func panel(times int) string {
	return fmt.Sprintf(`<section id="profile">
		<details><summary>More</summary><p>claims</p></details>
		<div><pre id="object">{"times": %[1]d}</pre>
			<button id="copy" type="button" hidden data-copy="#object">Copy</button> <span id="copied" role="status"></span></div>
		<form action="/profile" method="post" data-hx-post="/fragments/profile" data-hx-target="#profile"
			data-hx-swap="outerMorph" data-hx-indicator="#profile" data-hx-sync="this:drop"><button id="refresh">Refresh</button></form>
		<p id="updated" role="status">Updated %[1]d times</p>
		<p role="status" data-offline hidden>Could not reach the server.</p>
	</section>`, times)
}

func (s *site) sessionFragment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits[r.URL.Path]++
	w.Header().Set("Cache-Control", "no-store")
	from, err := url.Parse(r.Header.Get("HX-Current-URL"))
	switch {
	case err != nil || r.Header.Get("HX-Request") != "true":
		http.Error(w, "not htmx", http.StatusBadRequest)
	case r.URL.Query().Get("was") == s.key:
		w.WriteHeader(http.StatusNoContent)
	case from.Path == "/profile":
		w.Header().Set("HX-Redirect", "/")
	default:
		fmt.Fprint(w, loginState(s.key))
	}
}

func (s *site) profileFragment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.hits[r.URL.Path]++
	times, refresh := s.hits[r.URL.Path], s.refresh
	s.mu.Unlock()
	if refresh != nil {
		refresh(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, panel(times))
}

// session changes who is signed in.
func (s *site) session(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// onRefresh changes what Refresh does; nil is the panel again.
func (s *site) onRefresh(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh = h
}

// count returns how often a path was requested. The page is first made to fetch something, once htmx is there if it has been
// sent for: what it asked for before has been noted by then.
func (s *site) count(tab *browsertest.Tab, path string) int {
	tab.Wait(`window.htmx || !document.querySelector("script[src*='/htmx-']")`)
	browsertest.Eval[int](tab, `fetch("/ping").then(r => r.status)`)
	n := 0
	for _, request := range tab.Requests() {
		if pathOf(request) == path {
			n++
		}
	}
	return n
}

// pathOf returns the path of a request like "GET http://127.0.0.1:1234/path?query".
func pathOf(request string) string {
	_, address, _ := strings.Cut(request, " ")
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}
