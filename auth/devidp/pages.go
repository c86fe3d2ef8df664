package devidp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

var (
	//go:embed pages/*.html
	pageFiles embed.FS

	//go:embed pages/devidp.css
	ownCSS []byte

	//go:embed pages/plain.css
	plainCSS []byte

	//go:embed pages/icon.svg
	icon []byte
)

// pages are the templates and their stylesheet.
type pages struct {
	templates map[string]*template.Template
	css       []byte
	cssURL    string
}

// newPages parses the templates. If css is empty, the pages use plain.css.
func newPages(css []byte) pages {
	if len(css) == 0 {
		css = plainCSS
	}
	pg := pages{templates: map[string]*template.Template{}, css: slices.Concat(css, []byte("\n"), ownCSS)}
	sum := sha256.Sum256(pg.css)
	pg.cssURL = "/style-" + hex.EncodeToString(sum[:6]) + ".css"
	files, _ := fs.Glob(pageFiles, "pages/*.html") // the pattern is valid
	for _, file := range files {
		pg.templates[path.Base(file)] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", file))
	}
	return pg
}

// render writes a page. It adds the URL of the stylesheet to data.
func (p *Provider) render(w http.ResponseWriter, r *http.Request, status int, name string, data map[string]any) {
	data["Style"] = p.pages.cssURL
	var page bytes.Buffer
	if err := p.pages.templates[name].ExecuteTemplate(&page, "layout", data); err != nil {
		p.config.Logger.ErrorContext(r.Context(), "page not rendered", "name", name, "err", err)
		http.Error(w, "The page could not be shown. The provider's log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Devidp-Page", strings.TrimSuffix(name, ".html")) // read by SignIn
	w.WriteHeader(status)
	page.WriteTo(w)
}

// showError shows the error page.
func (p *Provider) showError(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	p.render(w, r, status, "error.html", map[string]any{"Title": title, "Text": text, "Home": p.config.Issuer + "/"})
}

// showSaveError shows and logs that the state could not be saved.
func (p *Provider) showSaveError(w http.ResponseWriter, r *http.Request, err error) {
	p.config.Logger.ErrorContext(r.Context(), "state not saved", "path", r.URL.Path, "err", err)
	p.showError(w, r, http.StatusInternalServerError, "The provider could not save", "Its log says why.")
}

// showEnded shows that the authorization request has ended or expired.
func (p *Provider) showEnded(w http.ResponseWriter, r *http.Request) {
	p.showError(w, r, http.StatusGone, "This sign-in has ended", "Go back to the app and start again.")
}

func (p *Provider) stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // the URL contains the hash
	w.Write(p.pages.css)
}

func (p *Provider) icon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Write(icon)
}

// contentSecurityPolicy returns the Content-Security-Policy of the pages. Its form-action lists the origins of the
// clients, because Chromium applies form-action to the redirects after a form too.
func (p *Provider) contentSecurityPolicy() string {
	forms := []string{"'self'"}
	for _, c := range p.config.Clients {
		for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
			if s := cspSource(uri); !slices.Contains(forms, s) {
				forms = append(forms, s)
			}
		}
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"form-action " + strings.Join(forms, " ")
}

// allowFrames adds the front-channel logout frames to the policy of the response.
func allowFrames(w http.ResponseWriter, frames []string) {
	if len(frames) == 0 {
		return
	}
	var sources []string
	for _, uri := range frames {
		sources = append(sources, cspSource(uri))
	}
	const csp = "Content-Security-Policy"
	w.Header().Set(csp, w.Header().Get(csp)+"; frame-src "+strings.Join(sources, " "))
}

// cspSource returns the source expression for a URI. That is its origin, or only its scheme if it has no host or if its
// host is an IPv6 address, for which a policy has no syntax (CSP Level 3 section 2.3.1).
func cspSource(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Host[0] == '[' {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
