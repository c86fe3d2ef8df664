package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// visibleLinks returns the URLs of the visible links of a page, and deadButtons the visible buttons that do nothing
// without JavaScript. Both ignore the examples of the gallery.
const (
	visibleLinks = `[...document.querySelectorAll("a[href]")]
		.filter(link => link.checkVisibility() && !link.closest(".gallery-box, [inert]"))
		.map(link => link.href)`
	deadButtons = `[...document.querySelectorAll("button")]
		.filter(button => button.checkVisibility() && !button.closest(".gallery-box, [inert]"))
		.filter(button => !(button.form?.action && button.type === "submit"))
		.map(button => button.outerHTML)`
)

// TestLinksWithoutJavaScript follows every link of every kind of page. TestStory uses the buttons.
func TestLinksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	for name, paths := range map[string][]string{
		"":    {"/", "/nowhere", "/components", "/components/profile-card"},
		"ada": {"/", "/profile", "/nowhere"},
	} {
		t.Run("user "+name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			tab := browsertest.New(t).Tab()
			tab.NoScript()
			tab.Allow("status of 404") // message of Chromium about /nowhere
			if name != "" {
				signIn(app, tab, name, "/")
			}
			followed := map[string]bool{}
			for _, path := range paths {
				tab.Open(app.URL + path)
				for _, button := range browsertest.Eval[[]string](tab, deadButtons) {
					t.Errorf("%s: the button has no form: %s", path, button)
				}
				for _, link := range browsertest.Eval[[]string](tab, visibleLinks) {
					if followed[link] {
						continue
					}
					followed[link] = true
					tab.Open(link)
					status := browsertest.Eval[int](tab, `performance.getEntriesByType("navigation")[0].responseStatus`)
					if status != 200 && link != app.URL+"/nowhere#main" {
						t.Errorf("%s: the link to %s leads to a page with status %d", path, link, status)
					}
				}
			}
			if len(followed) < 5 {
				t.Errorf("followed %d links, want at least 5", len(followed))
			}
		})
	}
}
