package assets

import (
	"net/http"
	"strings"
)

// asset is one served file.
type asset struct {
	contentType string
	content     []byte
	codings     map[string]func() Encoded
}

// newAsset returns an asset that encodes content in each coding when it is first requested, and keeps the result. The
// largest file takes 55 ms and 5 MiB, which neither the start of the program nor a test without assets should pay for.
func newAsset(contentType string, content []byte) *asset {
	return &asset{contentType: contentType, content: content, codings: Encodings(content)}
}

// ServeHTTP serves the URLs that URL returns. It serves no directory and no name without a hash, and sets no cookie. A
// file may be cached for a year. An unknown hash is answered with 404 and no-store, because another instance may be of
// another version.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Method not allowed")
		return
	}
	file, ok := a.served[r.URL.Path]
	if !ok {
		refuse(w, http.StatusNotFound, "File not found. The page may be from another version of the app. Reload it.")
		return
	}
	header.Set("Vary", "Accept-Encoding")
	coding := Negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if coding == "" {
		refuse(w, http.StatusNotAcceptable, "Available encodings: br, gzip, identity")
		return
	}
	header.Set("Content-Type", file.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	file.codings[coding]().Serve(w, r, http.StatusOK)
}

// refuse answers with a plain text that is not cached.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}
