package handlers_test

import (
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/handlers/browsertest"
)

// The weight of a page over the wire, headers and all, as Chromium counts it.
const (
	firstVisit = 16_000
	laterVisit = 1_500
)

func TestWeight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, page := range []struct{ name, path, person string }{
		{"home, signed out", "/", ""},
		{"home, signed in", "/", "ada"},
		{"profile", "/profile", "ada"},
		{"components", "/components", ""},
	} {
		t.Run(page.name, func(t *testing.T) {
			t.Parallel()
			browser := browsertest.New(t)
			if page.person != "" {
				tab := browser.Tab()
				s.signIn(tab, page.person, "/healthz") // which loads nothing
			}
			weigh := func(limit int) (files string) {
				tab := browser.Tab()
				tab.Open(s.app + page.path)
				tab.Wait(alive)
				total := 0
				for _, transfer := range tab.Transfers() {
					t.Logf("%6d %s", transfer.Bytes, strings.TrimPrefix(transfer.URL, s.app))
					total += transfer.Bytes
					for _, kind := range []string{".css", ".js"} {
						if strings.HasSuffix(transfer.URL, kind) {
							files += kind
						}
					}
				}
				t.Logf("%6d together, of at most %d", total, limit)
				if total > limit {
					t.Errorf("%d bytes, want at most %d", total, limit)
				}
				return files
			}
			files := weigh(firstVisit)
			want := ".css.js"
			if page.path == "/components" {
				want = ".css.css.js" // the gallery's own
			}
			if files != want {
				t.Errorf("loads %s, want %s", files, want)
			}
			if files := weigh(laterVisit); files != "" {
				t.Errorf("loads %s again", files)
			}
		})
	}
}
