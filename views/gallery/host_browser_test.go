package gallery

import (
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"

	"github.com/plusauth/plusauth-go-starter/internal/browsertest"
)

// The SHA-256 of the published bootstrap.min.css, and of the stylesheet that Tailwind CSS makes of a small page.
const (
	bootstrapSum = "9caac977a0af0c2229abd397eee3345899c4020da2a1a0b711c1cc543fe3719d"
	tailwindSum  = "780da01088e8dce7fbc84df9001e93831bc4e78a7ff786bffe53211aa1ad176a"
)

// hostCSS returns the stylesheet in a file of testdata.
func hostCSS(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decompressed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	css, err := io.ReadAll(decompressed)
	if err != nil {
		t.Fatal(err)
	}
	return string(css)
}

const (
	bootstrapFile = "bootstrap/bootstrap.min.css.gz"
	tailwindFile  = "tailwind/tailwind.min.css.gz"
)

func TestStylesheetsOfHostsAreAsPublished(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{bootstrapFile: bootstrapSum, tailwindFile: tailwindSum} {
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(hostCSS(t, file)))); got != want {
			t.Errorf("%s: got the hash %s, want %s", file, got, want)
		}
	}
}

// hosts are the pages into which components are copied: one without styles of its own, one with Bootstrap 5, and one with
// Tailwind CSS 4.
var hosts = []struct{ name, css, scheme string }{
	{"a plain page, light", "/plain.css", "light"},
	{"a plain page, dark", "/plain.css", "dark"},
	{"Bootstrap, light", "/bootstrap.css", "light"},
	{"Bootstrap, dark", "/bootstrap.css", "dark"},
	{"Tailwind, light", "/tailwind.css", "light"},
	{"Tailwind, dark", "/tailwind.css", "dark"},
}

// siblings are the components that a component's examples contain.
var siblings = map[string][]string{"navbar": {"login-state"}, "jumbotron": {"btn"}, "dialog": {"btn"}, "menu": {"btn"},
	"empty": {"btn"}, "user-menu": {"avatar"}, "table": {"badge"}}

// layoutFaults is a script that lists the elements that are wider than their component or the page, text without any
// space, and text with nearly the colour of its background. It skips what is hidden on purpose: [hidden], folded
// details, and labels for assistive technology.
const layoutFaults = `(() => {
	const faults = [];
	const pageWidth = document.documentElement.scrollWidth;
	if (pageWidth > innerWidth) faults.push("the page is " + pageWidth + " wide");

	const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const linear = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
	const luminance = (colours) => {
		for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(linear);
		return .2126 * r + .7152 * g + .0722 * b + .05;
	};
	const canvasColour = matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff";
	const backgrounds = (element) => {
		const all = [];
		for (let e = element; e; e = e.parentElement) all.unshift(getComputedStyle(e).backgroundColor);
		return [canvasColour, ...all];
	};
	const hiddenOnPurpose = (e) => e.closest("[hidden], [popover], option, svg, .login-state-label, .profile-card-spinner, .flow-picture-who, " +
		".flow-picture-state, .flow-picture-lanes") ||
		e.closest("details:not([open])") && !e.closest("summary");

	for (const box of document.querySelectorAll("[data-box]")) {
		const root = box.firstElementChild.getBoundingClientRect();
		for (const e of box.querySelectorAll("*")) {
			if (hiddenOnPurpose(e)) continue;
			const name = box.dataset.box + ": <" + e.tagName.toLowerCase() + " class='" + e.className + "'>";
			const rect = e.getBoundingClientRect();
			if (rect.right > root.right + 1 && !e.closest("pre, .login-state-name, .tabs, .table")) {
				faults.push(name + " overflows by " + (rect.right - root.right));
			}
			if (getComputedStyle(e).clipPath !== "none") continue; // for screen readers only
			if (![...e.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
			if (rect.width < 2 || rect.height < 8) faults.push(name + " has the size " + rect.width + " x " + rect.height);
			const under = backgrounds(e), text = [...under, getComputedStyle(e).color];
			const [a, b] = [luminance(text), luminance(under)].sort((x, y) => y - x);
			if (a / b < 3) faults.push(name + " has the contrast " + (a / b).toFixed(2));
		}
	}
	return faults;
})()`

// TestComponentsOnOtherPages checks every component in every state on pages of other projects, wide and narrow.
func TestComponentsOnOtherPages(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(hostPages(t))
	t.Cleanup(server.Close)
	tab := browsertest.New(t).Tab()
	for i, host := range hosts {
		for _, width := range []int64{360, 1000} {
			tab.Size(width, 800)
			// Without reduced motion, the colours of Bootstrap's links are still in transition when they are measured.
			tab.Media("", "prefers-color-scheme: "+host.scheme, "prefers-reduced-motion: reduce")
			for _, c := range components {
				if len(c.Examples) == 0 {
					continue
				}
				tab.Open(fmt.Sprintf("%s/%d/%s", server.URL, i, c.File))
				for _, fault := range browsertest.Eval[[]string](tab, layoutFaults) {
					t.Errorf("%s, %d px, %s: %s", host.name, width, c.File, fault)
				}
			}
		}
	}
}

// hostPages serves GET /N/COMPONENT, the examples of a component on the page of hosts[N].
func hostPages(t *testing.T) http.Handler {
	serveCSS := func(w http.ResponseWriter, css string) {
		w.Header().Set("Content-Type", "text/css")
		io.WriteString(w, css)
	}
	bootstrapCSS, tailwindCSS := hostCSS(t, bootstrapFile), hostCSS(t, tailwindFile)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /plain.css", func(w http.ResponseWriter, _ *http.Request) {
		serveCSS(w, ":root { color-scheme: light dark }")
	})
	mux.HandleFunc("GET /bootstrap.css", func(w http.ResponseWriter, _ *http.Request) {
		serveCSS(w, bootstrapCSS)
	})
	mux.HandleFunc("GET /tailwind.css", func(w http.ResponseWriter, _ *http.Request) {
		serveCSS(w, ":root { color-scheme: light dark }\n@layer theme, base, components, utilities;\n"+tailwindCSS)
	})
	mux.HandleFunc("GET /css/{name}", func(w http.ResponseWriter, r *http.Request) {
		serveCSS(w, stylesheet(r.PathValue("name")))
	})
	mux.HandleFunc("GET /{host}/{component}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("host"))
		c, ok := find(r.PathValue("component"))
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `<!doctype html><html lang="en" data-bs-theme=%q><title>Host</title>`, hosts[n].scheme)
		fmt.Fprintf(w, `<meta name="viewport" content="width=device-width"><link rel="stylesheet" href=%q>`, hosts[n].css)
		for _, name := range append([]string{c.File}, siblings[c.File]...) {
			fmt.Fprintf(w, `<link rel="stylesheet" href="/css/%s">`, name)
		}
		for i, example := range c.Examples {
			fmt.Fprintf(w, "<div data-box=%q>", example.State)
			example.Draw(exampleID(c, i, "light")).Render(r.Context(), w)
			io.WriteString(w, "</div>")
		}
	})
	return mux
}
