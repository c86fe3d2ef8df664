package handlers_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// decode decodes the body of a response and returns its coding.
func decode(t *testing.T, resp *testapp.Response) (body, coding string) {
	t.Helper()
	var r io.Reader = strings.NewReader(resp.Body)
	coding = resp.Header.Get("Content-Encoding")
	switch coding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		var err error
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	case "":
		coding = "identity"
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", coding, err)
	}
	return string(text), coding
}

// TestCompression checks that pages, errors and fragments are sent in the best coding that the browser accepts.
func TestCompression(t *testing.T) {
	t.Parallel()
	ada := testapp.New(t, testapp.Options{}).Browser(t).SignIn("ada")
	const large = "/components/navbar"
	plain := ada.Get(large, "Accept-Encoding", "identity")
	for accept, want := range map[string]string{
		"br, gzip":          "br",
		"gzip, deflate, br": "br",
		"gzip":              "gzip",
		"gzip;q=1, br;q=0":  "gzip",
		"identity":          "identity",
		"":                  "identity",
		"deflate":           "identity",
	} {
		for _, path := range []string{large, "/nowhere", "/fragments/session"} {
			resp := ada.Get(path, "Accept-Encoding", accept)
			body, coding := decode(t, resp)
			if coding != want {
				t.Errorf("%s, %q: got the coding %q, want %q", path, accept, coding, want)
			}
			varies := slices.Contains(resp.Header.Values("Vary"), "Accept-Encoding")
			if !strings.Contains(body, `action="/logout"`) || varies == (resp.Header.Get("Cache-Control") == "no-store") {
				t.Errorf("%s, %q: got %v and %d bytes", path, accept, resp.Header, len(body))
			}
			if path == large && body != plain.Body {
				t.Errorf("%s, %q: the decoded page differs from the plain one", path, accept)
			}
			if path == large && coding != "identity" && len(resp.Body)*2 > len(plain.Body) {
				t.Errorf("%s, %q: got %d of %d bytes", path, accept, len(resp.Body), len(plain.Body))
			}
		}
	}
}

// TestValidators checks that pages that a browser may keep have an ETag, one for each coding, and that the browser gets
// a 304 for it.
func TestValidators(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	ada, signedOut := app.Browser(t).SignIn("ada"), app.Browser(t)
	etags := map[string]string{}
	for _, coding := range []string{"br", "gzip", "identity"} {
		first := signedOut.Get("/", "Accept-Encoding", coding)
		etag := first.Header.Get("ETag")
		if etags[etag] = coding; etag == "" || first.Body == "" {
			t.Fatalf("%s: got %v", coding, first.Header)
		}
		again := signedOut.Get("/", "Accept-Encoding", coding, "If-None-Match", etag)
		if again.Status != http.StatusNotModified || again.Body != "" || again.Header.Get("ETag") != etag ||
			again.Header.Get("Content-Security-Policy") == "" || again.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: got status %d, %v and %q", coding, again.Status, again.Header, again.Body)
		}
		other := signedOut.Get("/components", "Accept-Encoding", coding, "If-None-Match", etag)
		if other.Status != http.StatusOK {
			t.Errorf("%s, another page: got status %d", coding, other.Status)
		}
		private := ada.Get("/", "Accept-Encoding", coding, "If-None-Match", etag)
		if private.Status != http.StatusOK || private.Header.Get("ETag") != "" {
			t.Errorf("%s, signed in: got status %d and %v", coding, private.Status, private.Header)
		}
	}
	if len(etags) != 3 {
		t.Errorf("got the ETags %v, want one for each of three codings", etags)
	}
	missing := signedOut.Get("/nowhere", "If-None-Match", "*")
	if missing.Status != http.StatusNotFound || missing.Header.Get("ETag") != "" {
		t.Errorf("error page: got status %d and %v", missing.Status, missing.Header)
	}
}

// TestKeptHomePage checks that the page that is drawn once is shown to people who are signed out and to nobody else, and
// not in place of a message.
func TestKeptHomePage(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	nobody := app.Browser(t)
	plain := nobody.Get("/")
	again := nobody.Get("/", "If-None-Match", plain.Header.Get("ETag"))
	if again.Status != http.StatusNotModified || plain.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("got status %d and %v, want 304", again.Status, plain.Header)
	}
	ada := app.Browser(t).SignIn("ada")
	ada.Open("/").WantText("Hello, ada!")
	ada.Click("Logout").WantText("You are signed out.")
	if page := app.Browser(t).Get("/"); page.Body != plain.Body {
		t.Error("the home page has changed")
	}
}

// TestKeptHomePageWhileStoreDown checks that the home page says that the app does not know who is signed in.
func TestKeptHomePageWhileStoreDown(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	app.Browser(t).Get("/") // draws the page
	ada := app.Browser(t).SignIn("ada")
	app.Store.SetDown(true)
	ada.Open("/").WantText("We can't tell right now")
	app.Store.SetDown(false)
	ada.Open("/").WantText("Hello, ada!")
}
