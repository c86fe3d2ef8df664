package handlers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestPagesLoadTheStylesheetsThatTheyNeed checks that a page loads the stylesheet of every component on it: not all
// components are in app.css and more.css.
func TestPagesLoadTheStylesheetsThatTheyNeed(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	ada, nobody := app.Browser(t).SignIn("ada"), app.Browser(t)
	pages := map[string]*testapp.Response{
		"profile": ada.Get("/profile"), "sessions": ada.Get("/sessions"), "flow": ada.Get("/flow"), "home": ada.Get("/"),
		"logout": ada.Get("/logout", "Sec-Fetch-Site", "cross-site"), "signed-out home": nobody.Get("/"),
		"not found": nobody.Get("/nothing"), "session ended": nobody.Get("/signed-out?from=/profile"),
		"gallery": nobody.Get("/components"), "dialog": nobody.Get("/components/dialog"),
	}
	class, link := regexp.MustCompile(`\sclass="([^"]*)"`), regexp.MustCompile(`href="(/assets/[^"]*\.css)"`)
	for name, page := range pages {
		var css strings.Builder
		for _, m := range link.FindAllStringSubmatch(page.Body, -1) {
			css.WriteString(nobody.Get(m[1]).Body)
		}
		if css.Len() == 0 {
			t.Errorf("%s loads no stylesheet", name)
		}
		for _, m := range class.FindAllStringSubmatch(page.Body, -1) {
			for _, root := range strings.Fields(m[1]) {
				if assets.Stylesheet(root) != "" && !regexp.MustCompile(`\.`+root+`\b`).MatchString(css.String()) {
					t.Errorf("%s has a component %s, whose stylesheet it does not load", name, root)
				}
			}
		}
	}
}
