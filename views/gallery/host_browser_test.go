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

const bootstrapSum = "9caac977a0af0c2229abd397eee3345899c4020da2a1a0b711c1cc543fe3719d"

func bootstrap(t *testing.T) string {
	t.Helper()
	file, err := os.Open("testdata/bootstrap/bootstrap.min.css.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	css, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return string(css)
}

func TestBootstrapIsAsPublished(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(bootstrap(t)))); got != bootstrapSum {
		t.Errorf("got the hash %s, want %s", got, bootstrapSum)
	}
}

// Where components are copied to: a page with nothing, and one with Bootstrap 5.
var hosts = []struct{ name, css, scheme string }{
	{"a plain page, light", "/plain.css", "light"},
	{"a plain page, dark", "/plain.css", "dark"},
	{"Bootstrap, light", "/bootstrap.css", "light"},
	{"Bootstrap, dark", "/bootstrap.css", "dark"},
}

// faults are: what is wider than its component or the page, text that has no place, and text in nearly the colour
// of what it stands on. Left out is what is meant to be unseen: [hidden], folded details, words for the ear.
const faults = `(() => {
	const faults = [];
	if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is " + document.documentElement.scrollWidth + " wide");
	const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const color = (css, under) => {
		canvas.globalCompositeOperation = "source-over";
		for (const c of [...under, css]) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
	};
	const light = ([r, g, b]) => .2126 * r + .7152 * g + .0722 * b + .05;
	const page = matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff";
	for (const box of document.querySelectorAll("[data-box]")) {
		const root = box.firstElementChild.getBoundingClientRect();
		for (const e of box.querySelectorAll("*")) {
			if (e.closest("[hidden], svg") || e.closest("details:not([open])") && !e.closest("summary") || e.closest(".login-state-label, .profile-card-spinner")) continue;
			const name = box.dataset.box + ": <" + e.tagName.toLowerCase() + " class='" + e.className + "'>";
			const rect = e.getBoundingClientRect();
			if (rect.right > root.right + 1 && !e.closest("pre, .login-state-name")) faults.push(name + " stands out by " + (rect.right - root.right));
			if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
			if (rect.width < 2 || rect.height < 8) faults.push(name + " has no place: " + rect.width + " x " + rect.height);
			const under = [page];
			for (let a = e, all = []; ; a = a.parentElement) {
				if (!a) { under.push(...all.reverse()); break; }
				all.push(getComputedStyle(a).backgroundColor);
			}
			const [a, b] = [light(color(getComputedStyle(e).color, under)), light(color("transparent", under))].sort((x, y) => y - x);
			if (a / b < 3) faults.push(name + " has the contrast " + (a / b).toFixed(2));
		}
	}
	return faults;
})()`

// TestComponentsElsewhere looks at every component in every state on pages of other projects, wide and narrow.
func TestComponentsElsewhere(t *testing.T) {
	t.Parallel()
	styles := func(css string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/css")
			io.WriteString(w, css)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /plain.css", styles(":root { color-scheme: light dark }"))
	mux.HandleFunc("GET /bootstrap.css", styles(bootstrap(t)))
	mux.HandleFunc("GET /css/{name}", func(w http.ResponseWriter, r *http.Request) { styles(stylesheet(r.PathValue("name")))(w, r) })
	mux.HandleFunc("GET /{host}/{component}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("host"))
		host := hosts[n]
		item, _ := find(r.PathValue("component"))
		fmt.Fprintf(w, `<!doctype html><html lang="en" data-bs-theme=%q><title>Host</title><meta name="viewport" content="width=device-width"><link rel="stylesheet" href=%q>`, host.scheme, host.css)
		for _, name := range append([]string{item.File}, beside[item.File]...) {
			fmt.Fprintf(w, `<link rel="stylesheet" href="/css/%s">`, name)
		}
		for i, example := range item.Examples {
			fmt.Fprintf(w, "<div data-box=%q>", example.State)
			example.Draw(exampleID(item, i, "light")).Render(r.Context(), w)
			io.WriteString(w, "</div>")
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	tab := browsertest.New(t).Tab()
	for i, host := range hosts {
		for _, width := range []int64{360, 1000} {
			tab.Size(width, 800)
			// Bootstrap's links change their colour slowly, unless less motion is asked for: a colour on its way is measured wrong.
			tab.Media("", "prefers-color-scheme: "+host.scheme, "prefers-reduced-motion: reduce")
			for _, item := range components {
				if len(item.Examples) == 0 {
					continue
				}
				tab.Open(fmt.Sprintf("%s/%d/%s", server.URL, i, item.File))
				for _, fault := range browsertest.Eval[[]string](tab, faults) {
					t.Errorf("%s, %d px, %s: %s", host.name, width, item.File, fault)
				}
			}
		}
	}
}

// beside are the components that stand in another one's examples.
var beside = map[string][]string{"navbar": {"login-state"}, "jumbotron": {"btn"}}
