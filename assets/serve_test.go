package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// TestWeight limits what each file adds to a first visit, in bytes as brotli.
func TestWeight(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	for name, limit := range map[string]int{
		"app.js": 950, "app.css": 4_100, "more.css": 2_600, "htmx.js": 12_010, "favicon.svg": 160,
	} {
		file := a.served[a.URL(name)]
		br := len(file.codings["br"]().Body)
		t.Logf("%s: %d bytes, gzip %d, brotli %d", name, len(file.content), len(file.codings["gzip"]().Body), br)
		if br > limit {
			t.Errorf("%s is %d bytes as brotli, want at most %d", name, br, limit)
		}
	}
}

// request sends a request with the given header names and values to a.
func request(a *Assets, method, url string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func expect(t *testing.T, res *http.Response, status int, headers map[string]string) {
	t.Helper()
	if res.StatusCode != status {
		t.Errorf("got status %d, want %d", res.StatusCode, status)
	}
	for name, want := range headers {
		if got := strings.Join(res.Header.Values(name), "|"); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestEachCoding(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	types := map[string]string{
		"app.css":     "text/css; charset=utf-8",
		"app.js":      "text/javascript; charset=utf-8",
		"htmx.js":     "text/javascript; charset=utf-8",
		"favicon.svg": "image/svg+xml",
	}
	for name, contentType := range types {
		want := a.served[a.URL(name)].content
		etags := map[string]bool{}
		for accept, coding := range map[string]string{"": "", "gzip": "gzip", "gzip, deflate, br": "br"} {
			res := request(a, "GET", a.URL(name), "Accept-Encoding", accept)
			got := body(t, res)
			expect(t, res, 200, map[string]string{
				"Content-Type":           contentType,
				"Content-Encoding":       coding,
				"Content-Length":         strconv.Itoa(len(got)),
				"Cache-Control":          "public, max-age=31536000, immutable",
				"Vary":                   "Accept-Encoding",
				"X-Content-Type-Options": "nosniff",
				"Set-Cookie":             "",
			})
			etags[res.Header.Get("ETag")] = true
			if decoded := decode(t, coding, got); !bytes.Equal(decoded, want) {
				t.Errorf("%s: the %q body does not decode to the file", name, coding)
			}
			if coding != "" && len(got) >= len(want) {
				t.Errorf("%s: the %q body is not smaller than the file", name, coding)
			}

			head := request(a, "HEAD", a.URL(name), "Accept-Encoding", accept)
			expect(t, head, 200, map[string]string{
				"Content-Length":   strconv.Itoa(len(got)),
				"Content-Encoding": coding,
				"ETag":             res.Header.Get("ETag"),
			})
			if b := body(t, head); len(b) != 0 {
				t.Errorf("%s: the response to HEAD has a body of %d bytes", name, len(b))
			}
		}
		if len(etags) != 3 {
			t.Errorf("%s: got ETags %v, want one for each of three codings", name, etags)
		}
	}
}

func decode(t *testing.T, coding string, b []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(b)
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	case "br":
		r = brotli.NewReader(r)
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestRevalidation(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	url := a.URL("app.css")
	br := request(a, "GET", url, "Accept-Encoding", "br").Header.Get("ETag")
	gz := request(a, "GET", url, "Accept-Encoding", "gzip").Header.Get("ETag")

	for _, match := range []string{br, "W/" + br, `"x", ` + br, "*"} {
		res := request(a, "GET", url, "Accept-Encoding", "br", "If-None-Match", match)
		expect(t, res, 304, map[string]string{
			"Cache-Control":  "public, max-age=31536000, immutable",
			"Content-Length": "",
			"ETag":           br,
			"Vary":           "Accept-Encoding",
		})
		if b := body(t, res); len(b) != 0 {
			t.Errorf("the 304 response has a body of %d bytes", len(b))
		}
	}
	// The ETag of the gzip body must not match the brotli body.
	expect(t, request(a, "GET", url, "Accept-Encoding", "br", "If-None-Match", gz), 200, map[string]string{"ETag": br})
}

// TestRangeGetsTheWholeFile checks that a file is complete for a client that asks for a part of it.
func TestRangeGetsTheWholeFile(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	url := a.URL("app.js")
	all := body(t, request(a, "GET", url, "Accept-Encoding", "gzip"))
	res := request(a, "GET", url, "Accept-Encoding", "gzip", "Range", "bytes=10-19")
	expect(t, res, 200, map[string]string{"Content-Length": strconv.Itoa(len(all)), "Content-Range": "", "Accept-Ranges": ""})
	if !bytes.Equal(body(t, res), all) {
		t.Error("the body is not the whole file")
	}
}

func TestRejectedRequests(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	css := a.URL("app.css")
	for _, url := range []string{
		"/", "/assets/", "/assets/app.css", "/assets/app-00000000.css", "/assets/css/base.css", "/assets/session.js",
		"/assets/../assets.go", css + "/", css + ".br", strings.ToUpper(css), strings.Replace(css, ".css", ".js", 1),
	} {
		expect(t, request(a, "GET", url), 404, map[string]string{
			"Cache-Control":          "no-store",
			"Content-Type":           "text/plain; charset=utf-8",
			"X-Content-Type-Options": "nosniff",
			"ETag":                   "",
		})
	}
	expect(t, request(a, "POST", css), 405, map[string]string{"Allow": "GET, HEAD", "Cache-Control": "no-store"})
	expect(t, request(a, "GET", css, "Accept-Encoding", "identity;q=0"), 406, map[string]string{
		"Cache-Control": "no-store", "Vary": "Accept-Encoding", "Content-Encoding": "", "ETag": "",
	})
	// Two header lines form one list (RFC 9110 section 5.3).
	res := request(a, "GET", css, "Accept-Encoding", "identity;q=0", "Accept-Encoding", "gzip")
	expect(t, res, 200, map[string]string{"Content-Encoding": "gzip"})
}

func TestConcurrentFirstRequests(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	sizes := make(chan int)
	for range 16 {
		go func() {
			b, _ := io.ReadAll(request(a, "GET", a.URL("app.css"), "Accept-Encoding", "br").Body)
			sizes <- len(b)
		}()
	}
	first := <-sizes
	for range 15 {
		if size := <-sizes; size != first || size == 0 {
			t.Errorf("got %d bytes, then %d", first, size)
		}
	}
}
