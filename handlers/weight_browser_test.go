package handlers_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// TestWeight limits the bytes of each page over the wire, headers included, as Chromium counts them: of the first visit
// with an empty cache, and of the next. Pages of a signed-in person load htmx, which is 12.4 kB of the first visit.
func TestWeight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, page := range []struct {
		name, path, person string
		first, next        int
	}{
		{"home, signed out", "/", "", 6_500, 700},
		{"home, signed in", "/", "ada", 18_800, 1_540},
		{"profile", "/profile", "ada", 19_600, 2_450},
		{"components", "/components", "", 8_900, 700},
	} {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			browser := browsertest.New(t)
			if page.person != "" {
				tab := browser.Tab()
				s.signIn(tab, page.person, "/healthz") // which loads nothing
			}
			weigh := func(limit int) (files []string) {
				tab := browser.Tab()
				tab.Open(s.app + page.path)
				tab.Wait(alive)
				total := 0
				for _, transfer := range tab.Transfers() {
					if path.Ext(transfer.URL) == ".svg" {
						continue // the icon, 0.6 kB: Chromium fetches it when it pleases, mostly later
					}
					t.Logf("%6d %s", transfer.Bytes, strings.TrimPrefix(transfer.URL, s.app))
					total += transfer.Bytes
					if kind := path.Ext(transfer.URL); kind == ".css" || kind == ".js" {
						files = append(files, kind)
					}
				}
				t.Logf("%6d together, of at most %d", total, limit)
				if total > limit {
					t.Errorf("%d bytes, want at most %d", total, limit)
				}
				slices.Sort(files) // they come in any order
				return files
			}
			files, want := weigh(page.first), []string{".css", ".js"}
			if page.path == "/components" {
				want = []string{".css", ".css", ".js"} // the gallery's own
			}
			if page.person != "" {
				want = []string{".css", ".js", ".js"} // htmx
			}
			if !slices.Equal(files, want) {
				t.Errorf("loads %q, want %q", files, want)
			}
			if files := weigh(page.next); files != nil {
				t.Errorf("loads %q again", files)
			}
		})
	}
}
