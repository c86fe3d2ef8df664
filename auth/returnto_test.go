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

// returnTos reads testdata/returnto.txt: the addresses, and whether each stays as it is.
func returnTos(t testing.TB) map[string]bool {
	t.Helper()
	f, err := os.Open("testdata/returnto.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	addresses := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		sign, written, ok := strings.Cut(lines.Text(), " ")
		if !ok || sign == "#" {
			continue
		}
		address, err := strconv.Unquote(`"` + strings.ReplaceAll(written, `"`, `\"`) + `"`)
		if err != nil || sign != "+" && sign != "-" {
			t.Fatalf("testdata/returnto.txt: %q: %v", lines.Text(), err)
		}
		addresses[address] = sign == "+"
	}
	return addresses
}

func TestSafeReturnTo(t *testing.T) {
	t.Parallel()
	addresses := returnTos(t)
	if len(addresses) < 120 {
		t.Fatalf("%d addresses", len(addresses))
	}
	addresses["/"+strings.Repeat("a", 1023)] = true
	addresses["/"+strings.Repeat("a", 1024)] = false
	addresses["/"+strings.Repeat("é", 600)] = false
	for address, stays := range addresses {
		want := "/"
		if stays {
			want = address
		}
		if got := auth.SafeReturnTo(address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
		if host := leavesFor(auth.SafeReturnTo(address)); host != "" {
			t.Errorf("%q leads to %q", address, host)
		}
	}
}

// leavesFor follows an address as a browser does, from a page of app.test: by the rules of the WHATWG's URL standard,
// after a server or a proxy has decoded or cleaned it, and through http.Redirect. It returns the place that is
// not app.test, if it gets to one.
func leavesFor(address string) string {
	base := &url.URL{Scheme: "https", Host: "app.test", Path: "/login/callback"}
	readings := []string{address, path.Clean(address)}
	if u, err := url.Parse(address); err == nil {
		readings = append(readings, u.Path, path.Clean(u.Path))
	}
	w := httptest.NewRecorder()
	http.Redirect(w, httptest.NewRequest("GET", base.String(), nil), address, http.StatusSeeOther)
	readings = append(readings, w.Header().Get("Location"))
	for _, reading := range readings {
		reading = strings.TrimFunc(reading, func(r rune) bool { return r <= ' ' })
		reading = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(reading)
		reading, rest, _ := strings.Cut(reading, "?")
		reading = strings.ReplaceAll(reading, `\`, "/")
		if rest != "" {
			reading += "?" + rest
		}
		if !strings.HasPrefix(reading, "/") || strings.HasPrefix(reading, "//") {
			return reading
		}
		if u, err := base.Parse(reading); err == nil && (u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil) {
			return u.String()
		}
	}
	return ""
}

// A foreign address is refused where it comes in, and again where it goes out.
func TestReturnToThroughASignIn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Alg = "ES256"
	app := newApp(t, p, func(cfg *auth.Config) { cfg.SigningAlg = "ES256" })
	for _, address := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "/\t/evil.example", "", "javascript:alert(1)"} {
		if returnTo, err := app.browser().signInWith(auth.LoginOptions{ReturnTo: address}); err != nil || returnTo != "/" {
			t.Errorf("%q: %q, %v; want /", address, returnTo, err)
		}
	}
}
