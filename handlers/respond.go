package handlers

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/views"
)

// page returns what a page has around its content. If title is empty, the page has its own.
func (a *app) page(r *http.Request, title string) views.PageProps {
	return a.pageFor(r, visitorOf(r), title)
}

func (a *app) pageFor(r *http.Request, v visitor, title string) views.PageProps {
	page := views.PageProps{
		Title:      title,
		Stylesheet: a.Assets.URL("app.css"),
		Script:     a.Assets.URL("app.js"),
		Icon:       a.Assets.URL("favicon.svg"),
		Session:    loginState(v),
		Theme:      a.theme(r),
		Current:    r.URL.Path,
	}
	if v.signedIn() || v.page == errorPage { // the other pages use nothing of htmx
		page.Htmx = a.Assets.URL("htmx.js")
	}
	if page.Htmx != "" || r.URL.Path != "/" { // app.css has all that the home page uses
		page.More = a.Assets.URL("more.css")
	}
	return page
}

// render answers with a page or a fragment and the status 200.
func (a *app) render(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return a.renderStatus(w, r, http.StatusOK, c)
}

// renderStatus is render with another status. It renders c completely before it writes anything, so that after an
// error the response can still be an error page. Unless Cache-Control is set, browsers may keep the page if nobody is
// signed in.
func (a *app) renderStatus(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	header := w.Header()
	a.setPageHeaders(header)
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
		if visitorOf(r).signedIn() {
			header.Set("Cache-Control", "no-store")
		}
	}
	send(w, r, status, page.Bytes())
	return nil
}

// send writes a page, compressed if the browser accepts that. A page that the browser may keep has an ETag, so that
// it is not sent again while it stays the same. Pages contain no secret that the compressed length could reveal.
func send(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	coding := negotiate(r)
	if compressors[coding] != nil {
		page = compress(coding, page)
	}
	etag := ""
	if status == http.StatusOK && mayKeep(w) {
		sum := sha256.Sum256(page)
		etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	}
	sendEncoded(w, r, status, assets.Encoded{Body: page, Coding: coding, ETag: etag})
}

// renderOnce is render for a page that is the same for everybody with the same key. It is drawn once, compressed once
// in each coding, and kept for the life of the process, so there must be few keys.
func (a *app) renderOnce(w http.ResponseWriter, r *http.Request, key string, c templ.Component) error {
	kept, ok := a.drawn.Load(key)
	if !ok {
		var page bytes.Buffer
		if err := c.Render(r.Context(), &page); err != nil {
			return fmt.Errorf("render: %w", err)
		}
		kept, _ = a.drawn.LoadOrStore(key, assets.Encodings(page.Bytes()))
	}
	codings, _ := kept.(map[string]func() assets.Encoded)
	header := w.Header()
	a.setPageHeaders(header)
	header.Set("Cache-Control", cmp.Or(header.Get("Cache-Control"), "private, no-cache"))
	page := codings[negotiate(r)]()
	if !mayKeep(w) {
		page.ETag = ""
	}
	sendEncoded(w, r, http.StatusOK, page)
	return nil
}

// negotiate returns the content coding of a response: br, gzip or identity.
func negotiate(r *http.Request) string {
	return cmp.Or(assets.Negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ",")), "identity")
}

// mayKeep reports whether the browser may keep the response.
func mayKeep(w http.ResponseWriter) bool { return w.Header().Get("Cache-Control") != "no-store" }

// sendEncoded writes a page in a content coding. With an ETag, it compares If-None-Match.
func sendEncoded(w http.ResponseWriter, r *http.Request, status int, page assets.Encoded) {
	if mayKeep(w) {
		w.Header().Add("Vary", "Accept-Encoding")
	} else { // no cache compares requests with a response that it may not keep
		w.Header().Del("Vary")
	}
	page.Serve(w, r, status)
}

// compressors holds compressors for reuse, by content coding. A new one for each page costs 7 times the CPU, and 1.2 MB
// of memory instead of 6 kB (docs/decisions.md).
var compressors = map[string]*sync.Pool{
	"br":   {New: func() any { return brotli.NewWriterLevel(nil, 6) }},
	"gzip": {New: func() any { return gzip.NewWriter(nil) }},
}

func compress(coding string, page []byte) []byte {
	var compressed bytes.Buffer
	c := compressors[coding].Get().(interface {
		io.WriteCloser
		Reset(io.Writer)
	})
	c.Reset(&compressed)
	c.Write(page) // to memory, which returns no error
	c.Close()
	compressors[coding].Put(c)
	return compressed.Bytes()
}

// seeOther redirects with status 303, so that a reload repeats no form. It returns nil for a handler to return.
func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
