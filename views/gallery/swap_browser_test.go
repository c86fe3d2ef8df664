package gallery

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// swapStyles are the ways in which htmx puts a response into a page.
var swapStyles = []string{"innerHTML", "outerHTML", "innerMorph", "outerMorph"}

// useComponents is a script that uses what stands in #target as a person does, and lists what does not work: it opens and
// closes folds, types into fields, and presses buttons that do nothing else.
const useComponents = `(() => {
	const faults = [], all = (selector) => document.querySelectorAll("#target " + selector);
	for (const fold of all("details")) {
		const open = fold.open;
		fold.querySelector("summary").click();
		if (fold.open === open) faults.push("a fold does not open");
	}
	for (const button of all("[popovertarget]:not([popovertargetaction])")) {
		const popover = document.getElementById(button.getAttribute("popovertarget"));
		button.focus();
		button.click();
		if (!popover.matches(":popover-open")) faults.push(button.textContent + " opens nothing");
		for (const item of popover.querySelectorAll("a, button")) {
			item.focus();
			if (document.activeElement !== item) faults.push(item.textContent + " does not take the focus");
		}
		popover.hidePopover();
		if (document.activeElement !== button) faults.push(button.textContent + " does not get the focus back");
	}
	for (const field of all("input:not([type=hidden]), textarea, select")) {
		field.focus();
		const disabled = field.matches(":disabled");
		if (disabled !== (document.activeElement !== field)) faults.push(field.id + " does not take the focus");
		if (field.type === "checkbox" || field.type === "radio") field.click(); else field.value = "typed";
		if (!disabled && field.labels.length !== 1) faults.push(field.id + " has no label");
	}
	for (const button of all("[data-copy]")) if (button.hidden) faults.push("a copy button stays hidden");
	for (const link of all("a[href]")) {
		if (!link.checkVisibility()) continue;
		link.focus();
		if (document.activeElement !== link) faults.push(link.textContent + " does not take the focus");
	}
	for (const e of all("[id]")) {
		if (document.querySelectorAll("#" + CSS.escape(e.id)).length > 1) faults.push(e.id + " stands twice");
	}
	return faults;
})()`

// TestComponentsSurviveSwaps swaps every component in every state into a page with htmx in each way, twice, and uses it
// afterwards, under the Content-Security-Policy of the app.
func TestComponentsSurviveSwaps(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(swapPages())
	t.Cleanup(server.Close)
	tab := browsertest.New(t).Tab()
	for _, c := range components {
		if len(c.Examples) == 0 || c.File == "login-state" { // it has a fragment of its own, which other tests swap
			continue
		}
		tab.Open(server.URL + "/page/" + c.File)
		swaps := 0
		for range 2 {
			for _, style := range swapStyles {
				swaps++
				tab.Click("#" + style)
				tab.Wait(fmt.Sprintf(
					`document.querySelector('[data-n="%d"]') && !document.querySelector("button[id].htmx-request[data-hx-get]")`,
					swaps))
				for _, fault := range browsertest.Eval[[]string](tab, useComponents) {
					t.Errorf("%s, %s: %s", c.File, style, fault)
				}
			}
		}
	}
}

// swapPages serves GET /page/COMPONENT, a page that swaps the examples of a component, and GET /part/COMPONENT/STYLE, the
// response for a swap.
func swapPages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServer(http.Dir("../../assets"))))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	var count atomic.Int64
	examples := func(w http.ResponseWriter, r *http.Request, c component) {
		for i, example := range c.Examples {
			example.Draw(exampleID(c, i, "light")).Render(r.Context(), w)
		}
	}
	mux.HandleFunc("GET /page/{component}", func(w http.ResponseWriter, r *http.Request) {
		c, _ := find(r.PathValue("component"))
		count.Store(0)
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx")
		io.WriteString(w, `<!doctype html><html lang="en"><title>Swaps</title><link rel="stylesheet" href="/assets/css/base.css">`)
		for _, name := range append([]string{c.File}, siblings[c.File]...) {
			fmt.Fprintf(w, `<link rel="stylesheet" href="/assets/css/%s.css">`, name)
		}
		io.WriteString(w, `<script src="/assets/js/htmx.min.js" defer></script><script src="/assets/js/session.js" defer></script>`)
		for _, style := range swapStyles {
			fmt.Fprintf(w, `<button id=%[1]q data-hx-get="/part/%[2]s/%[1]s" data-hx-target="#target" data-hx-swap=%[1]q>%[1]s</button>`,
				style, c.File)
		}
		io.WriteString(w, `<div id="target">`)
		examples(w, r, c)
		io.WriteString(w, `</div>`)
	})
	mux.HandleFunc("GET /part/{component}/{style}", func(w http.ResponseWriter, r *http.Request) {
		c, _ := find(r.PathValue("component"))
		n := count.Add(1)
		inner := r.PathValue("style")[:5] == "inner"
		if inner {
			fmt.Fprintf(w, `<i data-n="%d"></i>`, n)
		} else {
			fmt.Fprintf(w, `<div id="target" data-n="%d">`, n)
		}
		examples(w, r, c)
		if !inner {
			io.WriteString(w, `</div>`)
		}
	})
	return mux
}
