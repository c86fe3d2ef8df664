package handlers_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestWeight limits the bytes of each page over the wire, headers included, as Chromium counts them: of the first visit
// with an empty cache, and of the next. Pages of a signed-in person load htmx, which is 12.4 kB of the first visit.
func TestWeight(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	for _, page := range []struct {
		name, path, user string
		first, next      int
	}{
		{"home, signed out", "/", "", 8_000, 700},
		{"home, signed in", "/", "ada", 24_000, 2_500},
		{"profile", "/profile", "ada", 24_000, 2_600},
		{"components", "/components", "", 22_000, 700},
	} {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			browser := browsertest.New(t)
			if page.user != "" {
				tab := browser.Tab()
				signIn(app, tab, page.user, "/healthz") // loads no assets
			}
			load := func(limit int) (files []string) {
				tab := browser.Tab()
				tab.Open(app.URL + page.path)
				tab.Wait(isLoaded)
				total := 0
				for _, transfer := range tab.Transfers() {
					if path.Ext(transfer.URL) == ".svg" {
						continue // Chromium may load the icon, 0.6 kB, at any time
					}
					t.Logf("%6d %s", transfer.Bytes, strings.TrimPrefix(transfer.URL, app.URL))
					total += transfer.Bytes
					if kind := path.Ext(transfer.URL); kind == ".css" || kind == ".js" {
						files = append(files, kind)
					}
				}
				t.Logf("%6d in total, of at most %d", total, limit)
				if total > limit {
					t.Errorf("%d bytes, want at most %d", total, limit)
				}
				slices.Sort(files) // the order varies
				return files
			}
			files, want := load(page.first), []string{".css", ".js"}
			if page.path == "/components" {
				want = []string{".css", ".css", ".css", ".js"} // of the gallery
			}
			if page.user != "" {
				want = []string{".css", ".css", ".js", ".js"} // htmx
			}
			if !slices.Equal(files, want) {
				t.Errorf("loads %q, want %q", files, want)
			}
			if files := load(page.next); files != nil {
				t.Errorf("loads %q again on the next visit", files)
			}
		})
	}
}
