package handlers

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/plusauth/plusauth-go-starter/assets"
)

// coder is a compressor that can be used again: making one costs more than a page.
type coder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// coders are kept by content coding. Level 5 is where brotli begins to pay: a tenth smaller than gzip
// at its best.
var coders = map[string]*sync.Pool{
	"br":   {New: func() any { return brotli.NewWriterLevel(nil, 5) }},
	"gzip": {New: func() any { return gzip.NewWriter(nil) }},
}

// writePage sends a whole page, compressed when the browser takes that. Pages hold no secret that
// could be guessed from a length: there is none in them. A page that a browser may keep is not sent again while it
// is the same.
func writePage(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	header := w.Header()
	kept := status == http.StatusOK && header.Get("Cache-Control") != "no-store"
	if kept {
		header.Add("Vary", "Accept-Encoding")
	}
	coding := assets.Negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if pool := coders[coding]; pool != nil {
		header.Set("Content-Encoding", coding)
		var small bytes.Buffer
		c := pool.Get().(coder)
		c.Reset(&small)
		c.Write(page) // to memory: cannot fail, nor can Close
		c.Close()
		pool.Put(c)
		page = small.Bytes()
	}
	header.Set("Content-Length", strconv.Itoa(len(page)))
	if kept {
		sum := sha256.Sum256(page)
		header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
		return
	}
	w.WriteHeader(status)
	w.Write(page) // fails when the browser has gone, and nobody is left to tell
}
