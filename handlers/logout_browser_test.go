package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestFederatedLogout signs out at a provider that redirects on to another identity provider, on an origin that the app
// does not know, with and without JavaScript. Chromium would block a redirect of the form itself.
func TestFederatedLogout(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			http.Redirect(w, r, r.URL.Query().Get("back"), http.StatusFound)
		}
	}))
	t.Cleanup(upstream.Close)
	for name, script := range map[string]bool{"JavaScript": true, "no JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := testapp.New(t, testapp.Options{})
			app.Provider.Override("/end_session", func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				back := q.Get("post_logout_redirect_uri") + "?" + query("state", q.Get("state"))
				http.Redirect(w, r, upstream.URL+"/end?"+query("back", back), http.StatusFound)
			})
			tab := browsertest.New(t).Tab()
			if !script {
				tab.NoScript()
			}
			signIn(app, tab, "ada", "/")
			tab.Click("#session button")
			tab.Wait(isAt(app.URL+"/") + ` && document.querySelector(".flash-message")`)
			checkText(t, tab, ".flash-message", "You are signed out.")
			checkText(t, tab, "#session", "Login")
			if n := countRequests(app, tab, http.MethodPost, "/logout"); n != 1 {
				t.Errorf("sent the form %d times", n)
			}
		})
	}
}
