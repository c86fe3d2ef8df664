package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// asset is one file as it is served.
type asset struct {
	contentType string
	identity    []byte
	variants    map[string]func() variant // by content coding
}

// variant is an asset in one content coding.
type variant struct {
	body []byte
	etag string
}

// newAsset compresses nothing yet: each coding is made once and kept, by Compress or when it is first asked for. Brotli's best level takes
// about 60 ms for app.js, once, which neither the start of the program nor a test that serves no assets should pay.
func newAsset(contentType string, body []byte) *asset {
	return &asset{
		contentType: contentType,
		identity:    body,
		variants: map[string]func() variant{
			"identity": sync.OnceValue(func() variant { return newVariant(body) }),
			"gzip": sync.OnceValue(func() variant {
				return newVariant(compress(body, func(w io.Writer) (io.WriteCloser, error) {
					return gzip.NewWriterLevel(w, gzip.BestCompression)
				}))
			}),
			"br": sync.OnceValue(func() variant {
				return newVariant(compress(body, func(w io.Writer) (io.WriteCloser, error) {
					return brotli.NewWriterLevel(w, brotli.BestCompression), nil
				}))
			}),
		},
	}
}

// newVariant gives the bytes the strong validator that a Range needs: one for each coding (RFC 9110 section 8.8.1).
func newVariant(body []byte) variant {
	sum := sha256.Sum256(body)
	return variant{body: body, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// compress returns body in the coding of the given writer. Writing to memory can't fail; the level is a constant.
func compress(body []byte, coder func(io.Writer) (io.WriteCloser, error)) []byte {
	var buf bytes.Buffer
	w, err := coder(&buf)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("assets: compress: " + err.Error())
	}
	return buf.Bytes()
}

// Compress makes every coding of every file now, so that no visitor waits for it. A program calls it in the background
// when it starts; without it, each is made when it is first asked for.
func (a *Assets) Compress() {
	for _, file := range a.served {
		for _, coded := range file.variants {
			coded()
		}
	}
}

// ServeHTTP serves the URLs that URL returns, and nothing else below Prefix: no directory, no unhashed name. What it
// serves may be kept for a year. A hash of another version of the app is 404 and not kept, because it may be one that
// another instance is about to serve. It sets no cookie.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		h.Set("Cache-Control", "no-store")
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	file, ok := a.served[r.URL.Path]
	if !ok {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "No such file: the page that names it may be from another version. Reload it.", http.StatusNotFound)
		return
	}
	h.Set("Vary", "Accept-Encoding")
	coding := Negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if coding == "" {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "Available as br, gzip or identity", http.StatusNotAcceptable)
		return
	}
	v := file.variants[coding]()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", v.etag)
	if coding != "identity" {
		h.Set("Content-Encoding", coding)
		h.Set("Content-Length", strconv.Itoa(len(v.body))) // ServeContent leaves it out when there is a coding
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.body)) // If-None-Match, HEAD, Range of the coded bytes
}
