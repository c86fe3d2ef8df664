package assets_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

func TestCopy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := openProfile(t, s)
	tab.Do(allowClipboardRead(s.URL))
	tab.Click("#copy")
	tab.Wait(`document.querySelector("#copied").textContent === "Copied"`)
	if got := browsertest.Eval[string](tab, `navigator.clipboard.readText()`); got != `{"times": 0}` {
		t.Errorf("copied %q", got)
	}
	if got := tab.Text("#updated"); got != "Updated 0 times" {
		t.Errorf("another status was overwritten with %q", got)
	}

	// A refresh keeps the button and its focus, and a second click copies the new text.
	browsertest.Eval[bool](tab, `(document.querySelector("#profile form").requestSubmit(), true)`)
	tab.Wait(updatedOnce + ` && document.querySelector("#copied").textContent === ""`)
	if !browsertest.Eval[bool](tab, `document.querySelector("#copy:focus")?.checkVisibility()`) {
		t.Error("the copy button lost the focus or is hidden")
	}
	tab.Click("#copy")
	tab.Wait(`document.querySelector("#copied").textContent === "Copied"`)
	if got := browsertest.Eval[string](tab, `navigator.clipboard.readText()`); got != `{"times": 1}` {
		t.Errorf("copied %q", got)
	}

	// A third click clears the status first, so that the same text is announced again.
	browsertest.Eval[bool](tab, `(window.texts = [], window.copied = document.querySelector("#copied"),
		new MutationObserver(() => texts.push(copied.textContent)).observe(copied, {childList: true}), true)`)
	tab.Click("#copy")
	tab.Wait(`texts.at(-1) === "Copied"`)
	if got := browsertest.Eval[string](tab, `texts.join("|")`); got != "|Copied" {
		t.Errorf("the status changed to %q, want it cleared and set", got)
	}
}

// allowClipboardRead permits pages of an origin to read the clipboard. Writing needs no permission.
func allowClipboardRead(origin string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission:       &browser.PermissionDescriptor{Name: "clipboard-read"},
			Setting:          browser.PermissionSettingGranted,
			Origin:           origin,
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	})
}

func TestCopySelectsTextIfClipboardFails(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"permission denied": `navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"))`,
		"no clipboard":      `Object.defineProperty(navigator, "clipboard", {value: undefined})`, // as over plain HTTP
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tab := openProfile(t, s)
			browsertest.Eval[bool](tab, `(`+script+`, true)`)
			tab.Click("#copy")
			tab.Wait(`document.querySelector("#copied").textContent === "Selected. Press Ctrl+C or ⌘C."`)
			if got := browsertest.Eval[string](tab, `getSelection().toString()`); got != `{"times": 0}` {
				t.Errorf("selected %q", got)
			}
		})
	}
}

func TestCopyWithoutStatusElement(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tab := browsertest.New(t).Tab()
	open(tab, s.URL+"/bare")
	browsertest.Eval[bool](tab, `(navigator.clipboard.writeText = () => Promise.reject(), true)`)
	tab.Click("#copy")
	tab.Wait(`getSelection().toString() === "No login state"`)
}

// TestCopyLink checks that a link copies the text it leads to, and leads there if the text cannot be loaded or copied.
func TestCopyLink(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.handle("/text", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a text") })
	s.handle("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
	tab := browsertest.New(t).Tab()
	tab.Allow("favicon.ico", "status of 500")
	open(tab, s.URL+"/bare")
	browsertest.Eval[bool](tab, `(navigator.clipboard.writeText = async text => { window.copied = text }, true)`)
	tab.Click("#copy-text")
	tab.Wait(`window.copied === "a text"`)
	if got := browsertest.Eval[string](tab, "location.pathname"); got != "/bare" {
		t.Errorf("the tab is at %s", got)
	}
	tab.Click("#copy-error")
	tab.Wait(`location.pathname === "/broken"`)

	open(tab, s.URL+"/bare")
	browsertest.Eval[bool](tab, `(navigator.clipboard.writeText = () => Promise.reject(), true)`)
	tab.Click("#copy-text")
	tab.Wait(`location.pathname === "/text"`)
}
