// Package assets serves the stylesheets, the scripts and the icon that pages load. All of them are embedded in the
// binary, and none is built by Node.
//
//	a, err := assets.New()
//	mux.Handle("GET /assets/", a)
//	page.Stylesheet = a.URL("app.css") // "/assets/app-1f3a9c2b.css"
//
// A URL contains a hash of the file's content, so a browser keeps the file for a year. A new version of the app names
// another URL.
package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed css/*.css js/*.js favicon.svg
var files embed.FS

// Prefix is the path below which the assets are served.
const Prefix = "/assets/"

const (
	typeCSS = "text/css; charset=utf-8"
	typeJS  = "text/javascript; charset=utf-8"
	typeSVG = "image/svg+xml"
)

// Assets serves the files of this package under URLs that contain a hash of their content. Create one with New. It is
// safe for concurrent use.
type Assets struct {
	urls   map[string]string // by name, for example app.css
	served map[string]*asset // by URL, for example /assets/app-1f3a9c2b.css
}

// first are the stylesheets of app.css: all that the signed-out home page uses, in the order of loading. The others are
// in more.css, so that a first visit stays small.
var first = []string{
	"base", "avatar", "badge", "btn", "card", "copy-line", "flow-picture", "layout", "login-state", "navbar",
	"page", "persona-picker", "theme-switch",
}

// galleryOnly are the stylesheets of components that only the gallery shows. When a page of yours uses one of them,
// remove its name here; then it is in more.css.
var galleryOnly = []string{
	"account-card", "breadcrumb", "check-list", "checkbox", "consent", "dialog", "empty", "facts", "guard", "menu",
	"pagination", "progress", "radio-group", "select", "sign-in-button", "spinner", "stack", "table", "user-menu",
}

// New prepares the embedded files to be served:
//
//   - app.css: base.css, then the stylesheets of the components on the signed-out home page
//   - more.css: the stylesheets of all other components, sorted by name
//   - gallery.css: the stylesheet of the component gallery, and those of components that only it shows
//   - app.js: session.js
//   - htmx.js: htmx.min.js
//   - favicon.svg
//
// Stylesheets and scripts are minified. New returns an error if the binary was built without one of the files.
func New() (*Assets, error) {
	return bundle(files)
}

func bundle(files fs.FS) (*Assets, error) {
	sheets, err := fs.Glob(files, "css/*.css")
	if err != nil {
		return nil, fmt.Errorf("list stylesheets: %w", err)
	}
	app, more, gallery := []string{}, []string{}, []string{"css/gallery.css"}
	for _, name := range first {
		app = append(app, "css/"+name+".css")
	}
	for _, sheet := range sheets { // fs.Glob sorts
		switch name := strings.TrimSuffix(path.Base(sheet), ".css"); {
		case name == "gallery", slices.Contains(first, name):
		case slices.Contains(galleryOnly, name):
			gallery = append(gallery, sheet)
		default:
			more = append(more, sheet)
		}
	}
	a := &Assets{urls: map[string]string{}, served: map[string]*asset{}}
	for _, bundle := range []struct {
		name, contentType string
		paths             []string
	}{
		{"app.css", typeCSS, app},
		{"more.css", typeCSS, more},
		{"gallery.css", typeCSS, gallery},
		{"app.js", typeJS, []string{"js/session.js"}},
		{"htmx.js", typeJS, []string{"js/htmx.min.js"}},
		{"favicon.svg", typeSVG, []string{"favicon.svg"}},
	} {
		if err := a.add(files, bundle.name, bundle.contentType, bundle.paths); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add joins the files at paths, minifies them and serves them as name.
func (a *Assets) add(files fs.FS, name, contentType string, paths []string) error {
	var content []byte
	for _, p := range paths {
		b, err := fs.ReadFile(files, p)
		if err != nil {
			return fmt.Errorf("bundle %s: %w", name, err)
		}
		if b, err = minified(p, b); err != nil {
			return fmt.Errorf("minify %s: %w", p, err)
		}
		content = append(content, b...)
	}
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:4]) + ext
	a.urls[name] = url
	a.served[url] = newAsset(contentType, content)
	return nil
}

// fallback is a use of a custom property with its fallback. The fallbacks are for copies of a component: in this app
// base.css defines every property.
var fallback = regexp.MustCompile(`var\((--[\w-]+),(?:[^()]|\([^()]*\))*\)`)

// minified returns a stylesheet or a script without comments and white space. A file with min in its name stays as it
// is.
func minified(name string, content []byte) ([]byte, error) {
	var out bytes.Buffer
	m, in := minify.New(), bytes.NewReader(content)
	var err error
	switch {
	case strings.HasSuffix(name, ".min.js"):
		return content, nil
	case strings.HasSuffix(name, ".css"):
		// css.Minify does not look into @container. It does look into @document, which has the same form and which no
		// browser uses any more.
		in = bytes.NewReader(bytes.ReplaceAll(content, []byte("@container"), []byte("@document")))
		err = css.Minify(m, &out, in, nil)
		sheet := bytes.ReplaceAll(out.Bytes(), []byte("@document"), []byte("@container"))
		return fallback.ReplaceAll(sheet, []byte("var($1)")), err
	case strings.HasSuffix(name, ".js"):
		err = js.Minify(m, &out, in, nil)
	default:
		return content, nil
	}
	return out.Bytes(), err
}

// URL returns the path under which a file is served: URL("app.css") is "/assets/app-1f3a9c2b.css". New lists the names.
// URL panics if there is no such file, because a program that does not start is better than a page without its
// stylesheet. Call it when the program starts.
func (a *Assets) URL(name string) string {
	url, ok := a.urls[name]
	if !ok {
		panic(fmt.Sprintf("assets: no file %q", name))
	}
	return url
}

// CSS returns the content of app.css and more.css, for pages that are served from another origin.
func (a *Assets) CSS() []byte {
	return slices.Concat(a.served[a.URL("app.css")].content, a.served[a.URL("more.css")].content)
}

// Stylesheet returns the source of a component's stylesheet, css/COMPONENT.css. It returns "" if the component has
// none.
func Stylesheet(component string) string {
	b, err := files.ReadFile("css/" + component + ".css")
	if err != nil {
		return ""
	}
	return string(b)
}
