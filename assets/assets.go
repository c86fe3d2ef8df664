// Package assets holds what the pages load: the stylesheets, htmx with our own small script, and the icon.
// All of it is in the binary; nothing is fetched from elsewhere and nothing is built by Node.
//
//	a, err := assets.New()
//	mux.Handle("GET /assets/", a)
//	page.Stylesheet = a.URL("app.css") // "/assets/app-1f3a9c2b.css"
//
// The name of a URL contains the hash of its content, so a browser keeps it for good and asks again only when a
// new version of the app names another one.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed css/*.css js/*.js favicon.svg
var files embed.FS

// Prefix is the path below which the assets are served.
const Prefix = "/assets/"

// pageOnly are the stylesheets that one page loads beside app.css, so that the others do not carry them.
var pageOnly = []string{"gallery.css"}

// ourScripts are what app.js is made of.
var ourScripts = []string{"js/session.js"}

// Assets serves the files of this package under content-hashed URLs. Make one with New; it is safe for concurrent use.
type Assets struct {
	urls   map[string]string // by name: app.css
	served map[string]*asset // by URL: /assets/app-1f3a9c2b.css
	css    []byte
}

// New bundles the embedded files:
//
//   - app.css: base.css, then every component's stylesheet in the order of its name
//   - app.js: our own scripts in the order of their names
//   - htmx.js: htmx, byte for byte, which app.js fetches when a page needs it
//   - gallery.css: the stylesheet of the component gallery, where there is one
//   - favicon.svg
//
// Comments and indentation of our own files are left out. They are not minified further: that would save some 400 bytes
// of what travels, and make them hard to read in a browser. An error means that the binary was built with a file missing.
func New() (*Assets, error) {
	return bundle(files)
}

func bundle(files fs.FS) (*Assets, error) {
	sheets, err := fs.Glob(files, "css/*.css")
	if err != nil {
		return nil, fmt.Errorf("list stylesheets: %w", err)
	}
	a := &Assets{urls: map[string]string{}, served: map[string]*asset{}}
	app := []string{"css/base.css"}
	for _, sheet := range sheets { // fs.Glob sorts
		switch name := path.Base(sheet); {
		case name == "base.css":
		case slices.Contains(pageOnly, name):
			if err := a.add(files, name, "text/css; charset=utf-8", stripCSS, sheet); err != nil {
				return nil, err
			}
		default:
			app = append(app, sheet)
		}
	}
	if err := a.add(files, "app.css", "text/css; charset=utf-8", stripCSS, app...); err != nil {
		return nil, err
	}
	asIs := func(s string) string { return s }
	if err := a.add(files, "app.js", "text/javascript; charset=utf-8", stripJS, ourScripts...); err != nil {
		return nil, err
	}
	if err := a.add(files, "htmx.js", "text/javascript; charset=utf-8", asIs, "js/htmx.min.js"); err != nil {
		return nil, err
	}
	if err := a.add(files, "favicon.svg", "image/svg+xml", asIs, "favicon.svg"); err != nil {
		return nil, err
	}
	a.css = a.served[a.urls["app.css"]].identity
	return a, nil
}

// add serves the given files as one, under name with its hash put in.
func (a *Assets) add(files fs.FS, name, contentType string, strip func(string) string, paths ...string) error {
	var all strings.Builder
	for _, p := range paths {
		b, err := fs.ReadFile(files, p)
		if err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
		all.WriteString(strip(string(b)))
	}
	sum := sha256.Sum256([]byte(all.String()))
	hash := hex.EncodeToString(sum[:4])
	ext := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, ext) + "-" + hash + ext
	a.urls[name] = url
	a.served[url] = newAsset(contentType, []byte(all.String()))
	return nil
}

// URL returns the path under which name is served: URL("app.css") is "/assets/app-1f3a9c2b.css".
// Names are app.css, app.js, htmx.js, gallery.css and favicon.svg. It panics on any other, because a page that silently lost
// its stylesheet is worse than a program that doesn't start: ask for all URLs when the program starts.
func (a *Assets) URL(name string) string {
	url, ok := a.urls[name]
	if !ok {
		panic("assets: there is no " + name)
	}
	return url
}

// CSS returns the content of app.css, for pages that are served from another origin. Don't modify it.
func (a *Assets) CSS() []byte { return a.css }

// Stylesheet returns the source of one component's stylesheet, css/<component>.css with its comments, or "" when
// the component has none.
func Stylesheet(component string) string {
	b, err := files.ReadFile("css/" + component + ".css")
	if err != nil {
		return ""
	}
	return string(b)
}
