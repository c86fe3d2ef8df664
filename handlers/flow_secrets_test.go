package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/testapp"
)

// TestFlowsHoldNoSecrets runs a sign-in, a refresh, a sign-out, and sign-ins whose provider sends the request back in an
// error. It collects the secrets on their way, and searches for them in all pages, in the log and in the headers that do
// not have to carry them.
func TestFlowsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	app := testapp.New(t, inspected())
	secrets := map[string]string{"secret": "client secret"}
	var shown []string
	add := func(name, value string) {
		if len(value) >= 12 {
			secrets[value] = name
		}
	}
	echo := func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		for _, name := range []string{"code", "code_verifier", "refresh_token", "client_secret"} {
			add(name, r.PostForm.Get(name))
		}
		add("Authorization", strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"invalid_request","error_description":%q}`, r.PostForm.Encode()+r.Header.Get("Authorization"))
	}
	see := func(b *testapp.Browser, resp *testapp.Response) *testapp.Response {
		for name, values := range resp.Header {
			if name != "Set-Cookie" && name != "Location" {
				shown = append(shown, name+": "+strings.Join(values, " "))
			}
		}
		for _, c := range (&http.Response{Header: resp.Header}).Cookies() {
			add("cookie "+c.Name, c.Value)
		}
		if resp.Location() == "" { // otherwise the body is a link to it
			shown = append(shown, resp.Body)
		}
		return resp
	}
	signIn := func(b *testapp.Browser) *testapp.Response {
		login := see(b, b.Get("/login?return_to=/profile"))
		request, err := url.Parse(login.Location())
		if err != nil {
			t.Fatal(err)
		}
		add("nonce", request.Query().Get("nonce"))
		add("state", request.Query().Get("state"))
		callback := b.Authorize(login.Location(), "ada")
		q, err := url.ParseQuery(callback[strings.Index(callback, "?")+1:])
		if err != nil {
			t.Fatal(err)
		}
		add("code", q.Get("code"))
		return see(b, b.Get(callback))
	}

	b := app.Browser(t)
	signIn(b)
	see(b, b.Get("/flow"))
	see(b, b.Get("/"))
	see(b, b.Post("/profile", ""))
	see(b, b.Get("/flow"))
	see(b, b.Get("/flow?text=sign-in"))
	see(b, b.Get("/flow?text=refresh"))
	see(b, b.Post("/logout", ""))
	see(b, b.Get("/flow"))

	app.Provider.Override("/token", echo)
	failing := app.Browser(t)
	failed := signIn(failing)
	page := see(failing, failing.Get(failed.Location()))
	see(failing, failing.Get("/flow"))
	if !strings.Contains(page.Body, "flow-picture-bad") {
		t.Errorf("the sign-in did not fail as it should: %s", page.Text())
	}

	shown = append(shown, app.Log.String())
	if len(secrets) < 12 {
		t.Fatalf("found %d secrets only: %v", len(secrets), secrets)
	}
	delete(secrets, "secret") // a word of the pages
	for _, text := range shown {
		for value, name := range secrets {
			if strings.Contains(text, value) || strings.Contains(text, url.QueryEscape(value)) {
				t.Errorf("the %s is in %.300s", name, text)
			}
		}
	}
}
