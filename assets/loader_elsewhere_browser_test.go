package assets_test

import (
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

func TestAPagesOwnSettingsOfHtmxHold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for query, want := range map[string]string{"": "15000 false", "?configured": "1234 true"} {
		tab := browsertest.New(t).Tab()
		tab.Open(s.URL + "/profile" + query)
		browsertest.Eval[bool](tab, `(document.querySelector("#refresh").focus(), true)`)
		tab.Wait(`window.htmx?.config`)
		if got := browsertest.Eval[string](tab, `htmx.config.defaultTimeout + " " + htmx.config.history`); got != want {
			t.Errorf("%q: timeout and history are %s, want %s", query, got, want)
		}
	}
}

func TestWithoutTrustedTypes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`delete window.trustedTypes`)
	tab.Open(s.URL + "/profile?untyped")
	tab.Click("#refresh")
	tab.Wait(updatedOnce)
}

func TestWithoutAnAddressOfHtmxAFormIsAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile?without")
	tab.Click("#refresh")
	tab.Wait(`document.title === "Posted"`)
}

// TestHtmxByAScriptOfItsOwn is for who adds an extension, which has to find htmx when it starts.
func TestHtmxByAScriptOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile?own")
	tab.Click("#refresh")
	tab.Wait(updatedOnce)
	if n := s.fetched(tab); n != 1 {
		t.Errorf("htmx came %d times, want once", n)
	}
	if !browsertest.Eval[bool](tab, `htmx.config.history === false`) {
		t.Error("htmx has other settings")
	}
}

func TestAPolicyThatKnowsScriptsByANonce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	tab.Open(s.URL + "/profile?nonce")
	tab.Click("#refresh")
	tab.Wait(updatedOnce)
}
