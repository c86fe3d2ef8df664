package handlers_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
	"github.com/plusauth/plusauth-go-starter/views/gallery"
)

// lightness is the mean of red, green and blue of the page's background, from 0 to 255.
const lightness = `(getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3)
	.reduce((sum, value) => sum + Number(value), 0) / 3)`

func TestLightAndDark(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	for _, url := range []string{app.URL + "/", app.Provider.URL + "/"} {
		tab.Media("", "prefers-color-scheme: light")
		tab.Open(url)
		if got := browsertest.Eval[float64](tab, lightness); got < 200 {
			t.Errorf("%s has a background of lightness %v in light mode, want at least 200", url, got)
		}
		tab.Media("", "prefers-color-scheme: dark")
		tab.Wait(lightness + " < 50")
	}
}

func TestPrintedProfile(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := openProfile(t, app)
	tab.Media("print", "prefers-color-scheme: dark")
	for _, selector := range []string{".navbar", "footer", "#profile-refresh", "[data-copy]"} {
		if browsertest.Eval[bool](tab, `document.querySelector("`+selector+`").checkVisibility()`) {
			t.Errorf("%s is printed", selector)
		}
	}
	for _, selector := range []string{"h1", "#profile dl", "pre"} {
		if !browsertest.Eval[bool](tab, `document.querySelector("`+selector+`").checkVisibility()`) {
			t.Errorf("%s is not printed", selector)
		}
	}
	if !browsertest.Eval[bool](tab, `(pre => pre.scrollHeight === pre.clientHeight)(document.querySelector("pre"))`) {
		t.Error("a part of the user object is not printed")
	}
	if got := browsertest.Eval[float64](tab, lightness); got < 200 {
		t.Errorf("the background has lightness %v, want at least 200", got)
	}
}

// overflowing returns the elements that are wider than their button or the page, and status messages that something
// beside them squeezes into a narrow column.
const overflowing = `(() => {
	const overflows = element => element.scrollWidth > element.clientWidth + 1;
	return [document.documentElement, ...document.querySelectorAll(".btn")].filter(overflows)
		.concat([...document.querySelectorAll("[role=status]")]
			.filter(status => status.offsetWidth && status.offsetHeight > 2 * status.offsetWidth &&
				status.parentElement.offsetWidth > 2 * status.offsetWidth))
		.map(element => element.outerHTML.slice(0, 100));
})()`

// TestLargeText doubles the size of the text on a phone (WCAG 2.2, 1.4.4).
func TestLargeText(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, testapp.Options{})
	tab := browsertest.New(t).Tab()
	tab.Size(360, 800)
	check := func(path string) {
		t.Helper()
		tab.Open(app.URL + path)
		browsertest.Eval[bool](tab, `(document.documentElement.style.fontSize = "200%", true)`)
		for _, element := range browsertest.Eval[[]string](tab, overflowing) {
			t.Errorf("%s: %s", path, element)
		}
	}
	check("/")
	check("/components")
	for _, component := range gallery.Components() {
		check("/components/" + component)
	}
	signIn(app, tab, longUsername, "/")
	check("/")
	check("/profile")
}
