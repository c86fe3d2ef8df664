package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// offered are the links that a page shows, and deadButtons the buttons that do nothing without a script. The gallery's
// examples are for looking at.
const (
	offered     = `[...document.querySelectorAll("a[href]")].filter(a => a.checkVisibility() && !a.closest(".gallery-box, [inert]")).map(a => a.href)`
	deadButtons = `[...document.querySelectorAll("button")].filter(b => b.checkVisibility() && !b.closest(".gallery-box, [inert]") && !(b.form?.action && b.type === "submit")).map(b => b.outerHTML)`
)

// TestWithoutJavaScriptNothingIsDead follows every link of every kind of page. TestTheWholeStory uses the buttons.
func TestWithoutJavaScriptNothingIsDead(t *testing.T) {
	t.Parallel()
	for name, paths := range map[string][]string{
		"":    {"/", "/nowhere", "/components", "/components/profile-card"},
		"ada": {"/", "/profile", "/nowhere"},
	} {
		t.Run("as "+name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			tab := browsertest.New(t).Tab()
			tab.NoScript()
			tab.Allow("status of 404") // of /nowhere: Chromium's own message
			if name != "" {
				s.signIn(tab, name, "/")
			}
			followed := map[string]bool{}
			for _, path := range paths {
				tab.Open(s.app + path)
				for _, button := range browsertest.Eval[[]string](tab, deadButtons) {
					t.Errorf("%s: a button without a form: %s", path, button)
				}
				for _, link := range browsertest.Eval[[]string](tab, offered) {
					if followed[link] {
						continue
					}
					followed[link] = true
					tab.Open(link)
					if status := browsertest.Eval[int](tab, `performance.getEntriesByType("navigation")[0].responseStatus`); status != 200 && link != s.app+"/nowhere#main" {
						t.Errorf("%s: the link to %s leads to a page with status %d", path, link, status)
					}
				}
			}
			if len(followed) < 5 {
				t.Errorf("followed %d links only", len(followed))
			}
		})
	}
}
