package assets_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

const (
	updatedOnce  = `document.querySelector("#updated").textContent === "Updated 1 times"`
	showsOffline = `document.querySelector("[data-offline]").checkVisibility()`
)

// openProfile opens the page with the panel and waits until its scripts have started.
func openProfile(t *testing.T, s *site) *browsertest.Tab {
	t.Helper()
	s.setKey("k1")
	tab := browsertest.New(t).Tab()
	open(tab, s.URL+"/profile")
	return tab
}

// hold returns a handler that waits until release is called, and then calls h.
func hold(h http.HandlerFunc) (held http.HandlerFunc, release func()) {
	released := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
			h(w, r)
		case <-r.Context().Done():
		}
	}, func() { close(released) }
}

// abort closes the connection without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// settings returns two settings of htmx. By default they are "60000 true".
const settings = `htmx.config.defaultTimeout + " " + htmx.config.history`

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for query, want := range map[string]string{"": "15000 false", "?configured": "1234 true"} {
		tab := browsertest.New(t).Tab()
		open(tab, s.URL+"/profile"+query)
		if got := browsertest.Eval[string](tab, settings); got != want {
			t.Errorf("%q: timeout and history are %s, want %s", query, got, want)
		}
	}
}

// TestSettingsAfterHtmxHasStarted delays app.js, because htmx starts by a timer and does not wait for the scripts after
// it.
func TestSettingsAfterHtmxHasStarted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, release := hold(s.files.ServeHTTP)
	s.handle(s.files.URL("app.js"), held)
	tab := browsertest.New(t).Tab()
	browsertest.Eval[int](tab, `setTimeout(() => location = "`+s.URL+`/profile")`) // Open would wait for app.js
	tab.Wait(`document.querySelector("#session[data-htmx-powered]")`)
	release()
	tab.Wait(`document.readyState === "complete"`)
	if got, want := browsertest.Eval[string](tab, settings), "15000 false"; got != want {
		t.Errorf("timeout and history are %s, want %s", got, want)
	}
	tab.Click("summary")
	tab.Click("#refresh")
	tab.Wait(updatedOnce + ` && document.querySelector("details").open && history.state === null`)
	s.setKey("k1")
	browsertest.Eval[bool](tab, checkSession)
	tab.Wait(shows("k1"))
}

func TestOfflineLineAfterTimeout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	held, release := hold(s.profileFragment)
	defer release()
	s.handle(profilePath, held)
	tab := openProfile(t, s)
	tab.Allow("htmx: htmx:error: timeout")
	browsertest.Eval[int](tab, `htmx.config.defaultTimeout = 200`)
	tab.Click("#refresh")
	tab.Wait(showsOffline + ` && !document.querySelector(".htmx-request")`)
}

// TestScriptInFragmentNeverRuns also shows that Trusted Types had nothing to block, because a test fails if its page
// violates the policy.
func TestScriptInFragmentNeverRuns(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?untyped"} {
		s := newSite(t)
		s.handle(profilePath, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `<section id="profile"><p id="updated">new</p>
				<script>document.title = "Changed"</script></section>`)
		})
		tab := browsertest.New(t).Tab()
		if query != "" {
			tab.OnNewPages(`delete window.trustedTypes`) // as in a browser without Trusted Types
		}
		open(tab, s.URL+"/profile"+query)
		tab.Click("#refresh")
		tab.Wait(`document.querySelector("#updated").textContent === "new"`)
		if got := browsertest.Eval[string](tab, `document.title`); got != "Site" {
			t.Errorf("%q: the script changed the title to %q", query, got)
		}
		if got := browsertest.Eval[string](tab, `document.querySelector("#profile script").textContent`); got != "" {
			t.Errorf("%q: the script in the fragment is %q, want it emptied", query, got)
		}
	}
}
