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

	"github.com/andybalholm/brotli"
)

// codings are the content codings that are served, the smallest result first.
var codings = []string{"br", "gzip", "identity"}

// Encoded is a file or a page in one content coding.
type Encoded struct {
	Body   []byte
	Coding string // br, gzip or identity
	ETag   string // differs for each coding, as a strong validator must (RFC 9110 section 8.8.1); optional
}

// Serve answers with a status and the body, or with 304 if the client has the body already (RFC 9110 section 13.1.2).
// It is for GET and HEAD. It serves no ranges, because the bodies are small. The caller sets the headers that do not
// depend on the coding.
func (e Encoded) Serve(w http.ResponseWriter, r *http.Request, status int) {
	header := w.Header()
	if e.ETag != "" {
		header.Set("ETag", e.ETag)
		if known := r.Header.Get("If-None-Match"); known == "*" || strings.Contains(known, e.ETag) {
			header.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if e.Coding != "identity" {
		header.Set("Content-Encoding", e.Coding)
	}
	header.Set("Content-Length", strconv.Itoa(len(e.Body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(e.Body) // an error means that the browser has disconnected
	}
}

// Encodings returns functions that encode content in br, gzip and identity when they are first called, as small as
// possible, and keep the result.
func Encodings(content []byte) map[string]func() Encoded {
	all := map[string]func() Encoded{}
	for _, coding := range codings {
		all[coding] = sync.OnceValue(func() Encoded { return encode(content, coding) })
	}
	return all
}

// encode compresses content. Writing to memory cannot fail, so errors are not checked.
func encode(content []byte, coding string) Encoded {
	var buf bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "br":
		// A window of 64 kB holds any of the files. The default of 4 MB would take 36 MB of memory instead of 5.
		w = brotli.NewWriterOptions(&buf, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 16})
	case "gzip":
		w, _ = gzip.NewWriterLevel(&buf, gzip.BestCompression)
	}
	if w != nil {
		w.Write(content)
		w.Close()
		content = buf.Bytes()
	}
	sum := sha256.Sum256(content)
	return Encoded{Body: content, Coding: coding, ETag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// Negotiate returns the first of br, gzip and identity that an Accept-Encoding header allows, or "" if it allows none
// (RFC 9110 section 12.5.3). It does not compare weights above 0, so a client gets the smallest body that it accepts.
func Negotiate(acceptEncoding string) string {
	allowed := map[string]bool{}
	for item := range strings.SplitSeq(strings.ToLower(acceptEncoding), ",") {
		coding, params, _ := strings.Cut(item, ";")
		_, value, weighted := strings.Cut(params, "q=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		allowed[strings.TrimSpace(coding)] = !weighted || err == nil && weight > 0
	}
	others, listed := allowed["*"]
	for _, coding := range codings {
		ok, named := allowed[coding]
		if !named {
			ok = others || coding == "identity" && !listed
		}
		if ok {
			return coding
		}
	}
	return ""
}
