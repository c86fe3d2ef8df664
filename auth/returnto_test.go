package auth_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// returnTos returns the URLs in testdata/returnto.txt. The value is true if SafeReturnTo must return the URL unchanged.
func returnTos(t testing.TB) map[string]bool {
	t.Helper()
	f, err := os.Open("testdata/returnto.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	urls := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		sign, written, ok := strings.Cut(lines.Text(), " ")
		if !ok || sign == "#" {
			continue
		}
		raw, err := strconv.Unquote(`"` + strings.ReplaceAll(written, `"`, `\"`) + `"`)
		if err != nil || sign != "+" && sign != "-" {
			t.Fatalf("testdata/returnto.txt: %q: %v", lines.Text(), err)
		}
		urls[raw] = sign == "+"
	}
	return urls
}

func TestSafeReturnTo(t *testing.T) {
	t.Parallel()
	urls := returnTos(t)
	if len(urls) < 120 {
		t.Fatalf("got %d URLs, want at least 120", len(urls))
	}
	urls["/"+strings.Repeat("a", 1023)] = true
	urls["/"+strings.Repeat("a", 1024)] = false
	urls["/"+strings.Repeat("é", 600)] = false
	for raw, safe := range urls {
		want := "/"
		if safe {
			want = raw
		}
		if got := auth.SafeReturnTo(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
		if host := leavesFor(auth.SafeReturnTo(raw)); host != "" {
			t.Errorf("%q: the result leads to %q", raw, host)
		}
	}
}

// leavesFor returns the URL to which raw leads from a page of app.test if it is not on app.test, and otherwise "". It
// resolves raw as a browser does (WHATWG URL standard): as it is, decoded or cleaned as by a server or a proxy, and as
// http.Redirect sends it.
func leavesFor(raw string) string {
	base := &url.URL{Scheme: "https", Host: "app.test", Path: "/login/callback"}
	variants := []string{raw, path.Clean(raw)}
	if u, err := url.Parse(raw); err == nil {
		variants = append(variants, u.Path, path.Clean(u.Path))
	}
	w := httptest.NewRecorder()
	http.Redirect(w, httptest.NewRequest("GET", base.String(), nil), raw, http.StatusSeeOther)
	variants = append(variants, w.Header().Get("Location"))
	for _, variant := range variants {
		variant = strings.TrimFunc(variant, func(r rune) bool { return r <= ' ' })
		variant = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(variant)
		variant, rest, _ := strings.Cut(variant, "?")
		variant = strings.ReplaceAll(variant, `\`, "/")
		if rest != "" {
			variant += "?" + rest
		}
		if !strings.HasPrefix(variant, "/") || strings.HasPrefix(variant, "//") {
			return variant
		}
		if u, err := base.Parse(variant); err == nil && (u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil) {
			return u.String()
		}
	}
	return ""
}

func TestSignInRejectsForeignReturnTo(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Alg = "ES256"
	app := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg = "ES256" })
	for _, returnTo := range []string{
		"//evil.example", `/\evil.example`, "https://evil.example/", "/\t/evil.example", "", "javascript:alert(1)",
	} {
		if got, err := app.browser().signInWith(auth.LoginOptions{ReturnTo: returnTo}); err != nil || got != "/" {
			t.Errorf("%q: got %q, %v; want /", returnTo, got, err)
		}
	}
}
