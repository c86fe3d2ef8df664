package devidp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed pages/*.html pages/*.css pages/icon.svg
var pageFiles embed.FS

// pages are the templates and what they refer to.
type pages struct {
	templates map[string]*template.Template
	css       []byte
	cssURL    string
	icon      []byte
}

func newPages(css []byte) pages {
	own, err := pageFiles.ReadFile("pages/devidp.css")
	plain, err1 := pageFiles.ReadFile("pages/plain.css")
	icon, err2 := pageFiles.ReadFile("pages/icon.svg")
	names, err3 := pageFiles.ReadDir("pages")
	if err != nil || err1 != nil || err2 != nil || err3 != nil {
		panic("devidp: a page is missing")
	}
	pg := pages{templates: map[string]*template.Template{}, icon: icon}
	if len(css) == 0 {
		css = plain
	}
	pg.css = slices.Concat(css, []byte("\n"), own)
	sum := sha256.Sum256(pg.css)
	pg.cssURL = "/style-" + hex.EncodeToString(sum[:6]) + ".css"
	for _, n := range names {
		if strings.HasSuffix(n.Name(), ".html") {
			pg.templates[n.Name()] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+n.Name()))
		}
	}
	return pg
}

// render writes a page. What it needs beside data is added: the stylesheet.
func (p *Provider) render(w http.ResponseWriter, r *http.Request, status int, name string, data map[string]any) {
	data["Style"] = p.pages.cssURL
	var page bytes.Buffer
	if err := p.pages.templates[name].ExecuteTemplate(&page, "layout", data); err != nil {
		p.cfg.Logger.ErrorContext(r.Context(), "page", "name", name, "err", err)
		http.Error(w, "The page could not be shown. The provider's log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Devidp-Page", strings.TrimSuffix(name, ".html")) // for SignIn
	w.WriteHeader(status)
	page.WriteTo(w)
}

// fail shows the error page.
func (p *Provider) showError(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	p.render(w, r, status, "error.html", map[string]any{"Title": title, "Text": text, "Home": p.cfg.Issuer + "/"})
}

// broken is for what should not happen: the file cannot be written.
func (p *Provider) showSaveError(w http.ResponseWriter, r *http.Request, err error) {
	p.cfg.Logger.ErrorContext(r.Context(), "cannot go on", "path", r.URL.Path, "err", err)
	p.showError(w, r, http.StatusInternalServerError, "The provider could not save", "Its log says why.")
}

// over is for a page about a sign-in that is not known any more.
func (p *Provider) showEnded(w http.ResponseWriter, r *http.Request) {
	p.showError(w, r, http.StatusGone, "This sign-in has ended", "Go back to the app and start again.")
}

func (p *Provider) stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its address has its hash
	w.Write(p.pages.css)
}

func (p *Provider) icon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Write(p.pages.icon)
}

// policy is the Content-Security-Policy of the pages. Chromium applies form-action to the redirects that
// follow a form as well, so it has the clients' origins.
func (p *Provider) contentSecurityPolicy() string {
	forms := []string{"'self'"}
	for _, c := range p.cfg.Clients {
		for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
			if s := cspSource(uri); !slices.Contains(forms, s) {
				forms = append(forms, s)
			}
		}
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + strings.Join(forms, " ")
}

// allowFrames opens the policy for front-channel logout.
func allowFrames(w http.ResponseWriter, frames []string) {
	if len(frames) == 0 {
		return
	}
	var sources []string
	for _, uri := range frames {
		sources = append(sources, cspSource(uri))
	}
	w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src "+strings.Join(sources, " "))
}

// source is a URI as a Content-Security-Policy names where it leads: an origin, or the scheme alone when it is an app's
// own or the host is an IPv6 address, which a policy cannot name (CSP Level 3 section 2.3.1).
func cspSource(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Host[0] == '[' {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
