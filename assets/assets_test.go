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

// testFiles returns the smallest set of files that can be bundled.
func testFiles() fstest.MapFS {
	files := fstest.MapFS{
		"css/button.css":    {Data: []byte("/* Button */\n.button { a: b }\n")},
		"css/tabs.css":      {Data: []byte(".tabs { a: b }\n")},
		"css/gallery.css":   {Data: []byte(".gallery { a: b }\n")},
		"js/htmx.min.js":    {Data: []byte("htmx()")},
		"js/session.js":     {Data: []byte("// Comment\nsession()\n")},
		"favicon.svg":       {Data: []byte("<svg/>")},
		"css/unrelated.txt": {Data: []byte("unrelated")},
	}
	for _, name := range first {
		files["css/"+name+".css"] = &fstest.MapFile{Data: []byte("." + name + " { a: b }\n")}
	}
	return files
}

// wrap puts each word between two texts.
func wrap(before string, words []string, after string) (all []string) {
	for _, w := range words {
		all = append(all, before+w+after)
	}
	return all
}

func TestBundles(t *testing.T) {
	t.Parallel()
	a, err := bundle(testFiles())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"app.css":     strings.Join(wrap(".", first, "{a:b}"), ""),
		"more.css":    ".button{a:b}.tabs{a:b}",
		"gallery.css": ".gallery{a:b}",
		"app.js":      "session()",
		"htmx.js":     "htmx()",
		"favicon.svg": "<svg/>",
	}
	if len(a.urls) != len(want) || len(a.served) != len(want) {
		t.Errorf("got %d names and %d URLs, want %d", len(a.urls), len(a.served), len(want))
	}
	for name, content := range want {
		if got := string(a.served[a.URL(name)].content); got != content {
			t.Errorf("%s: got %q, want %q", name, got, content)
		}
	}
	if got := string(a.CSS()); got != want["app.css"]+want["more.css"] {
		t.Errorf("CSS() is %q, want app.css and more.css", got)
	}
}

func TestMissingFileIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"css/base.css", "css/gallery.css", "js/htmx.min.js", "js/session.js", "favicon.svg"} {
		files := testFiles()
		delete(files, name)
		if _, err := bundle(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got error %v", name, err)
		}
	}
}

func TestURLDependsOnContent(t *testing.T) {
	t.Parallel()
	a, err := bundle(testFiles())
	if err != nil {
		t.Fatal(err)
	}
	changed := testFiles()
	changed["css/avatar.css"].Data = []byte(".avatar { color: red }\n")
	b, err := bundle(changed)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^/assets/app-[0-9a-f]{8}\.css$`).MatchString(a.URL("app.css")) {
		t.Errorf("got %q", a.URL("app.css"))
	}
	if a.URL("app.css") == b.URL("app.css") {
		t.Error("a changed stylesheet has the same URL")
	}
	if a.URL("app.js") != b.URL("app.js") {
		t.Error("an unchanged script has another URL")
	}
}

func TestURLPanicsOnUnknownName(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("URL did not panic")
		}
	}()
	newAssets(t).URL("app.cs")
}

func TestStylesheet(t *testing.T) {
	t.Parallel()
	if got := Stylesheet("base"); !strings.Contains(got, "@layer") {
		t.Errorf("base: got %.60q", got)
	}
	for _, name := range []string{"", "unknown", "../js/session", "base.css"} {
		if got := Stylesheet(name); got != "" {
			t.Errorf("%q: got %.60q, want \"\"", name, got)
		}
	}
}

func TestStylesheetsAreMinified(t *testing.T) {
	t.Parallel()
	sheet := string(newAssets(t).CSS())
	if at := strings.Index(sheet, "\n"); at >= 0 {
		t.Errorf("a line break is left in %.200q", sheet[at:])
	}
	if !strings.Contains(sheet, "@container(width < 36rem){.page-navbar .navbar-links{display:none}}") {
		t.Error("the container query of the navbar is missing")
	}
}

// The Content-Security-Policy allows no other origin and no data: URL.
func TestStylesheetsFetchNothing(t *testing.T) {
	t.Parallel()
	if found := regexp.MustCompile(`(?i)url\(|@import|image-set\(|data:`).Find(newAssets(t).CSS()); found != nil {
		t.Errorf("app.css contains %q", found)
	}
}
