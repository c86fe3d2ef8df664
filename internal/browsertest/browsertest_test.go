package browsertest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"require-trusted-types-for 'script'; trusted-types htmx"

// serve serves one page with the given markup in its body, and one script.
func serve(t *testing.T, markup, script string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/script.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, script)
		case "/cookie":
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
			fallthrough
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprint(w, "<!doctype html><title>Page</title>"+markup+`<script src="/script.js" defer></script>`)
		case "/favicon.ico": // Chromium may request it at any time
			w.WriteHeader(http.StatusNoContent)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// recorder is a test that records its failures and skips.
type recorder struct {
	testing.TB
	events []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.events = append(r.events, "error: "+fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.events = append(r.events, "fatal: "+fmt.Sprintf(format, args...))
}
func (r *recorder) Skipf(format string, args ...any) {
	r.events = append(r.events, "skip: "+fmt.Sprintf(format, args...))
}

func TestProblemsFailTheTest(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, markup, script, want string }{
		{"console", "", `console.log("hello", 1)`, "console.log: hello 1"},
		{"exception", "", `throw new Error("boom")`, "boom"},
		{"rejected promise", "", `Promise.reject(new Error("boom"))`, "boom"},
		{"inline script", "<script>1</script>", "", "inline script"},
		{"inline style", `<p style="color:red">x</p>`, "", "inline style"},
		{"image of another site", `<img src="http://localhost:1/x.png" alt="">`, "", "following Content Security Policy"},
		{"string assigned to innerHTML", "", `document.body.innerHTML = "x"`, "TrustedHTML"},
		{"unknown Trusted Types policy", "", `trustedTypes.createPolicy("other", {})`, "TrustedTypePolicy"},
		{"eval", "", `eval("1")`, "Content Security Policy"},
		{"missing file", "", `fetch("/missing")`, "404"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab := New(t).Tab()
			tab.Open(serve(t, tt.markup, tt.script))
			for range 500 { // Chromium reports a rejected promise and a request with a delay
				if Eval[int](tab, "1"); strings.Contains(strings.Join(tab.Problems(), "\n"), tt.want) {
					break
				}
			}
			recorded := &recorder{TB: t}
			tab.t = recorded
			tab.report()
			tab.t = t
			got := strings.Join(recorded.events, "\n")
			if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
			tab.Allow("") // every text contains it
		})
	}
}

func TestPageWithoutProblems(t *testing.T) {
	t.Parallel()
	url := serve(t, "<h1> Hello </h1>", `document.title = "Changed"`)
	tab := New(t).Tab()
	tab.Open(url)
	tab.Wait(`document.title == "Changed"`)
	if got := tab.Text("h1"); got != "Hello" {
		t.Errorf("got %q", got)
	}
	got, want := tab.Requests(), []string{"GET " + url + "/", "GET " + url + "/script.js"}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("requests: got %q, want first %q", got, want)
	}
}

func TestWaitAcrossNavigations(t *testing.T) {
	t.Parallel()
	url := serve(t, `<form action="/cookie"><input name="q" aria-label="q"><button>Go</button></form>`, "")
	tab := New(t).Tab()
	tab.Size(360, 640)
	tab.Open(url)
	tab.Type("input", "x y")
	tab.Click("button")
	tab.Wait(`location.search == "?q=x+y"`)
	if got := Eval[int](tab, "innerWidth"); got != 360 {
		t.Errorf("width %d", got)
	}
	tab.Back()
	tab.Wait(`location.pathname == "/"`)
}

func TestNoScript(t *testing.T) {
	t.Parallel()
	tab := New(t).Tab()
	tab.NoScript()
	tab.Open(serve(t, "<h1>Hello</h1><noscript><p>off</p></noscript>", `document.title = "Changed"`))
	tab.Wait(`document.querySelector("noscript p")`)
	if got := Eval[string](tab, "document.title"); got != "Page" {
		t.Errorf("a script ran: title %q", got)
	}
}

func TestProfilesAndTabs(t *testing.T) {
	t.Parallel()
	url := serve(t, "", "")
	ada := New(t)
	first := ada.Tab()
	first.Open(url + "/cookie")
	second := ada.Tab()
	second.Open(url)
	if got := Eval[string](second, "document.cookie"); got != "seen=yes" {
		t.Errorf("the same profile has the cookies %q", got)
	}
	other := New(t).Tab()
	other.Open(url)
	if got := Eval[string](other, "document.cookie"); got != "" {
		t.Errorf("another profile has the cookies %q", got)
	}

	const front = `document.visibilityState == "visible" && document.hasFocus()`
	const behind = `document.visibilityState == "hidden" && !document.hasFocus()`
	second.Wait(front)
	first.Wait(behind)
	first.Front()
	first.Wait(front)
	second.Wait(behind)
	other.Wait(front)
}

func TestFind(t *testing.T) {
	t.Parallel()
	installed := func(names ...string) func(string) (string, error) {
		return func(name string) (string, error) {
			if slices.Contains(names, name) {
				return "/usr/bin/" + name, nil
			}
			return "", errors.New("not found")
		}
	}
	tests := []struct {
		name, chromium string
		installed      []string
		want           string
	}{
		{"environment variable", "my-chrome", []string{"chromium", "my-chrome"}, "/usr/bin/my-chrome"},
		{"unknown program in the environment", "my-chrome", []string{"chromium"}, ""},
		{"Chromium is preferred to Chrome", "", []string{"google-chrome", "chromium-browser"}, "/usr/bin/chromium-browser"},
		{"last candidate", "", []string{"google-chrome-stable"}, "/usr/bin/google-chrome-stable"},
		{"not installed", "", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := find(func(string) string { return tt.chromium }, installed(tt.installed...))
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestSkipWithoutBrowser(t *testing.T) {
	t.Parallel()
	for ci, want := range map[string]string{"": "skip", "false": "skip", "true": "fatal", "1": "fatal"} {
		r := &recorder{TB: t}
		skip(r, ci, errors.New("none"))
		if !strings.HasPrefix(r.events[0], want) {
			t.Errorf("CI=%q: got %q, want %s", ci, r.events, want)
		}
	}
}
