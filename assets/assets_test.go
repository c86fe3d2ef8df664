package assets

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func newAssets(t *testing.T) *Assets {
	t.Helper()
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// source is a small set of files that a bundle can be made of.
func source() fstest.MapFS {
	return fstest.MapFS{
		"css/base.css":      {Data: []byte("@layer base, components;\n")},
		"css/button.css":    {Data: []byte("/* Button */\n.btn {}\n")},
		"css/alert.css":     {Data: []byte(".alert {}\n")},
		"css/gallery.css":   {Data: []byte(".gallery {}\n")},
		"js/htmx.min.js":    {Data: []byte("  htmx()\n// as published")},
		"js/session.js":     {Data: []byte("\t// why\n\tsession()\n")},
		"favicon.svg":       {Data: []byte("<svg/>")},
		"css/unrelated.txt": {Data: []byte("no")},
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	a, err := bundle(source())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"app.css":     "@layer base, components;\n.alert {}\n.btn {}\n",
		"gallery.css": ".gallery {}\n",
		"app.js":      "session()\n",
		"htmx.js":     "  htmx()\n// as published",
		"favicon.svg": "<svg/>",
	}
	if len(a.urls) != len(want) || len(a.served) != len(want) {
		t.Errorf("got %d names and %d URLs, want %d", len(a.urls), len(a.served), len(want))
	}
	for name, content := range want {
		if got := string(a.served[a.URL(name)].identity); got != content {
			t.Errorf("%s: got %q, want %q", name, got, content)
		}
	}
	if got := string(a.CSS()); got != want["app.css"] {
		t.Errorf("CSS() is %q, want %q", got, want["app.css"])
	}
}

func TestBundleWithoutAFileIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"css/base.css", "js/htmx.min.js", "js/session.js", "favicon.svg"} {
		files := source()
		delete(files, name)
		if _, err := bundle(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got error %v", name, err)
		}
	}
}

func TestURLFollowsTheContent(t *testing.T) {
	t.Parallel()
	a, err := bundle(source())
	if err != nil {
		t.Fatal(err)
	}
	changed := source()
	changed["css/alert.css"].Data = []byte(".alert { color: red }\n")
	b, err := bundle(changed)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^/assets/app-[0-9a-f]{8}\.css$`).MatchString(a.URL("app.css")) {
		t.Errorf("got %q", a.URL("app.css"))
	}
	if a.URL("app.css") == b.URL("app.css") {
		t.Error("another stylesheet has the same URL")
	}
	if a.URL("app.js") != b.URL("app.js") {
		t.Error("the same script has another URL")
	}
}

func TestURLOfAnUnknownNamePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	newAssets(t).URL("app.cs")
}

func TestStylesheet(t *testing.T) {
	t.Parallel()
	if got := Stylesheet("base"); !strings.Contains(got, "@layer") {
		t.Errorf("base: got %.60q", got)
	}
	for _, name := range []string{"", "nothing", "../js/session", "base.css"} {
		if got := Stylesheet(name); got != "" {
			t.Errorf("%q: got %.60q, want nothing", name, got)
		}
	}
}

// Everything comes from our own origin, and the Content-Security-Policy allows no data: either.
func TestStylesheetsFetchNothing(t *testing.T) {
	t.Parallel()
	if found := regexp.MustCompile(`(?i)url\(|@import|image-set\(|data:`).Find(newAssets(t).CSS()); found != nil {
		t.Errorf("app.css contains %q", found)
	}
}
