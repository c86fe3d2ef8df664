package handlers_test

import (
	"slices"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
	"github.com/plusauth/plusauth-go-starter/views"
)

// noteTransitions keeps in the variable moved what a page that is revealed animates: null for nothing.
const noteTransitions = `addEventListener("pagereveal", async event => {
	window.moved = null;
	if (!event.viewTransition) return;
	window.moved = undefined;
	await event.viewTransition.ready;
	window.moved = document.getAnimations().map(animation => animation.effect.pseudoElement).filter(Boolean);
})`

func TestPagesFadeUnlessMotionIsReduced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(noteTransitions)
	visit := func(link, path string) (moved []string) {
		t.Helper()
		tab.Wait(alive)
		tab.Click(link)
		tab.Wait(`location.pathname === "` + path + `" && window.moved !== undefined`)
		return browsertest.Eval[[]string](tab, `window.moved`)
	}
	tab.Open(s.app + "/")
	tab.Wait(`!document.getAnimations().length`)
	if moved := visit("footer a", "/components"); !slices.Equal(moved, []string{"::view-transition-old(root)"}) {
		t.Errorf("what moves is %q, want the old page over the new one, which takes clicks", moved)
	}
	visit(".navbar-brand", "/") // at once, while the page before fades

	tab.Media("", "prefers-reduced-motion: reduce")
	tab.Open(s.app + "/")
	if moved := visit("footer a", "/components"); moved != nil {
		t.Errorf("%q moves, though motion is to be reduced", moved)
	}
}

// TestATransitionCutShortIsNoFault: who leaves a tab while its page fades in cuts the transition short. Here the page
// does it itself, because a person is rarely that quick, once its scripts have started: what happens before, they
// can't hear.
func TestATransitionCutShortIsNoFault(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	tab.OnNewPages(`addEventListener("pagereveal", event => {
		window.cut = Boolean(event.viewTransition && document.querySelector("[data-copy]:not([hidden])"));
		if (cut) event.viewTransition.skipTransition();
	})`)
	for range 20 {
		tab.Open(s.app + "/")
		tab.Click("footer a")
		tab.Wait(at(s.app+"/components") + " && window.cut !== undefined")
		if browsertest.Eval[bool](tab, "cut") {
			return // that no error came of it is checked when the test ends
		}
	}
	t.Error("the scripts never started before the page was shown: this test shows nothing")
}

// backgroundColor is the colour behind the page.
const backgroundColor = `getComputedStyle(document.body).backgroundColor`

func TestLightAndDark(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	for _, url := range []string{s.app + "/", s.provider + "/"} {
		tab.Media("", "prefers-color-scheme: light")
		tab.Open(url)
		if got := browsertest.Eval[string](tab, backgroundColor); got != "rgb(255, 255, 255)" {
			t.Errorf("%s in light: %s", url, got)
		}
		tab.Media("", "prefers-color-scheme: dark")
		tab.Wait(backgroundColor + ` === "rgb(18, 20, 26)"`)
	}
}

func TestTheProfileOnPaper(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := openCard(t, s)
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
		t.Error("the user object is cut off")
	}
	if got := browsertest.Eval[string](tab, backgroundColor); got != "rgb(255, 255, 255)" {
		t.Errorf("the paper is %s", got)
	}
}

// misplaced are texts that stick out of their button or the page, and words that are written downwards.
const misplaced = `(() => {
	const wider = (element) => element.scrollWidth > element.clientWidth + 1;
	return [document.documentElement, ...document.querySelectorAll(".btn")].filter(wider)
		.concat([...document.querySelectorAll("[role=status]")].filter(status => status.offsetHeight > 2 * status.offsetWidth && status.offsetWidth))
		.map(element => element.outerHTML.slice(0, 100));
})()`

// TestTextTwiceAsLarge on a phone (WCAG 2.2, 1.4.4).
func TestTextTwiceAsLarge(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tab := browsertest.New(t).Tab()
	tab.Size(360, 800)
	look := func(path string) {
		t.Helper()
		tab.Open(s.app + path)
		browsertest.Eval[bool](tab, `(document.documentElement.style.fontSize = "200%", true)`)
		for _, element := range browsertest.Eval[[]string](tab, misplaced) {
			t.Errorf("%s: %s", path, element)
		}
	}
	look("/")
	look("/components")
	for _, component := range views.Components() {
		look("/components/" + component)
	}
	s.signIn(tab, "maria", "/")
	look("/")
	look("/profile")
}
