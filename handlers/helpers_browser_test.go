package handlers_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// isLoaded is true when the page is loaded and its scripts have run.
const isLoaded = `document.readyState === "complete"`

// isAt returns an expression that is true when the page at url is loaded.
func isAt(url string) string { return `location.href === ` + strconv.Quote(url) + ` && ` + isLoaded }

// isAtSignIn returns an expression that is true when the provider's sign-in page is loaded.
func isAtSignIn(app *testapp.App) string {
	return `location.href.startsWith("` + app.Provider.URL + `/signin?") && ` + isLoaded
}

// longUsername is that of a demo user.
const longUsername = "maria.de.los.angeles.guadalupe.fernandez-villanueva"

// signIn signs in with one click on the provider's page, and ends at a page of the app.
func signIn(app *testapp.App, tab *browsertest.Tab, username, path string) {
	tab.Open(app.URL + "/login?return_to=" + path)
	tab.Wait(isAtSignIn(app))
	tab.Click(`button[value="` + username + `"]`)
	tab.Wait(isAt(app.URL + path))
}

// signOutEverywhere ends all sessions of a user at the provider, from another browser.
func signOutEverywhere(t *testing.T, app *testapp.App, username string) {
	t.Helper()
	b := app.Browser(t).SignIn(username)
	b.Post(app.Provider.URL+"/signout", "everywhere=1")
	if b.IsSignedIn() {
		t.Fatal("the sessions have not ended")
	}
}

// settle sends a request from a page of the app and waits for the response, so that all requests that the page has
// begun before are counted.
func settle(tab *browsertest.Tab) {
	tab.Wait(isLoaded)
	browsertest.Eval[int](tab, `fetch("/healthz").then(response => response.status)`)
}

// countRequests returns the number of requests of the tab for a path of the app, with any query.
func countRequests(app *testapp.App, tab *browsertest.Tab, method, path string) (n int) {
	for _, request := range tab.Requests() {
		if got, _, _ := strings.Cut(request, "?"); got == method+" "+app.URL+path {
			n++
		}
	}
	return n
}

// checkText checks the text of the first element that matches a selector, with white space collapsed.
func checkText(t *testing.T, tab *browsertest.Tab, selector, want string) {
	t.Helper()
	if got := strings.Join(strings.Fields(tab.Text(selector)), " "); got != want {
		t.Errorf("%s: got %q, want %q", selector, got, want)
	}
}
