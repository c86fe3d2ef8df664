package devidp_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

const hostileText = `"><script>alert(1)</script><img src=x onerror=alert(1)>&{{.}}`

// checkHTML checks that a page has no script, style or event handler, that each input has a label, that ids are unique,
// and that the page has one h1, title and main.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	labels, ids, count := map[string]bool{}, map[string]bool{}, map[string]int{}
	var inputs []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", strings.HasPrefix(strings.ToLower(a.Val), "javascript:"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case a.Key == "id":
				if ids[a.Val] {
					t.Errorf("id %q is not unique", a.Val)
				}
				ids[a.Val] = true
			case a.Key == "for":
				labels[a.Val] = true
			}
			if n.Data == "input" && a.Key == "id" {
				inputs = append(inputs, a.Val)
			}
		}
	}
	for _, id := range inputs {
		if !labels[id] {
			t.Errorf("input %q has no label", id)
		}
	}
	if count["script"]+count["style"]+count["img"] > 0 || count["h1"] != 1 || count["title"] != 1 ||
		count["main"] != 1 || count["input"] != len(inputs) {
		t.Errorf("elements %v in %s", count, page)
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, func(cfg *devidp.Config) {
		cfg.Clients[0].Name = hostileText
		cfg.Users = []devidp.User{{Username: "mallory", Name: hostileText, Email: hostileText, About: hostileText}}
		cfg.CSS = []byte("body { color: red }")
	})
	browser := e.browser()
	pages := map[string]string{}
	open := func(name, address string) *http.Response {
		resp, body := e.get(browser, address)
		pages[name] = body
		return resp
	}
	open("account, signed out", e.Issuer()+"/")
	open("sign in", e.authURL("login_hint", hostileText))
	open("register", e.authURL("login_hint", hostileText, "prompt", "create"))
	open("error", e.Issuer()+"/authorize?client_id="+url.QueryEscape(hostileText))
	open("error that quotes a parameter", e.Issuer()+"/authorize?a=1&"+url.Values{hostileText: {"x", "y"}}.Encode())
	open("not found", e.Issuer()+"/"+url.PathEscape(hostileText))
	open("ended", e.Issuer()+"/signin?request="+url.QueryEscape(hostileText))
	_, pages["sign-in rejected"] = e.post(browser, e.Issuer()+"/signin", url.Values{
		"login": {hostileText}, "password": {hostileText},
	})
	_, pages["registration rejected"] = e.post(browser, e.Issuer()+"/register", url.Values{
		"name": {hostileText}, "email": {hostileText}, "password": {"x"},
	})
	e.tokens(browser, "mallory")
	open("account", e.Issuer()+"/")
	consent := open("consent", e.authURL("prompt", "consent"))
	open("select account", e.authURL("prompt", "select_account"))
	open("sign out?", e.Issuer()+"/end_session?client_id=app&state="+url.QueryEscape(hostileText))
	_, pages["signed out"] = e.post(browser, e.Issuer()+"/signout", nil)
	if consent.Header.Get("Devidp-Page") != "consent" || !strings.Contains(pages["signed out"], ": signed out</li>") {
		t.Error("the consent or signed-out page is missing")
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) { checkHTML(t, page) })
	}
	for _, name := range []string{"sign in", "account", "consent", "select account", "sign out?", "signed out"} {
		if !strings.Contains(pages[name], "&lt;script&gt;") {
			t.Errorf("%s: the hostile text is missing: %s", name, pages[name])
		}
	}
}

// The provider keeps the parameters of these forms, and any site can send them.
func TestLongFormsAreRejected(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, path := range []string{"/authorize", "/end_session", "/signin", "/token", "/par", "/revoke"} {
		form := parseQuery(t, e.authURL())
		form.Set("state", strings.Repeat("s", 100<<10))
		if resp, body := e.post(e.browser(), e.Issuer()+path, form); resp.StatusCode != 400 {
			t.Errorf("%s: status %d, %.200s", path, resp.StatusCode, body)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, func(cfg *devidp.Config) {
		cfg.CSS = []byte("body { color: red }")
		spa := &cfg.Clients[1]
		spa.RedirectURIs = append(spa.RedirectURIs, "com.example.app:/callback", "http://[::1]:3000/callback")
	})
	resp, body := e.get(e.browser(), e.Issuer()+"/")
	wantCSP := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"form-action 'self' " + e.app.URL + " com.example.app: http:"
	for name, want := range map[string]string{
		"Content-Security-Policy": wantCSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "Access-Control-Allow-Origin": "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	const plainCSS = "The stylesheet of the pages if"
	stylesheet := regexp.MustCompile(`/style-[0-9a-f]+\.css`)
	style := stylesheet.FindString(body)
	resp, css := e.get(e.browser(), e.Issuer()+style)
	if resp.StatusCode != 200 || !strings.HasPrefix(css, "body { color: red }\n") ||
		!strings.Contains(css, ".idp-account") || strings.Contains(css, plainCSS) {
		t.Errorf("stylesheet %s: %d %s", style, resp.StatusCode, css)
	}
	if resp.Header.Get("Content-Type") != "text/css; charset=utf-8" ||
		!strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("stylesheet: %v", resp.Header)
	}
	plain := newTestEnv(t, nil)
	_, body = plain.get(plain.browser(), plain.Issuer()+"/")
	_, css = plain.get(plain.browser(), plain.Issuer()+stylesheet.FindString(body))
	if !strings.Contains(css, plainCSS) {
		t.Error("the plain stylesheet is missing")
	}
}

// sendForm sends a form with the Origin and Sec-Fetch-Site headers of a browser. Empty headers are not sent.
func (e *testEnv) sendForm(method, address, origin, site string, form url.Values) *http.Response {
	e.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		e.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	resp, err := withoutRedirects(e.browser()).Do(req)
	if err != nil {
		e.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp
}

func TestCrossSiteFormsAreRejected(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	form := url.Values{"person": {"ada"}}
	for _, path := range []string{"/signin", "/register", "/consent", "/cancel", "/signout"} {
		if resp := e.sendForm("POST", e.Issuer()+path, "https://evil.example", "cross-site", form); resp.StatusCode != 403 {
			t.Errorf("%s from another site: %d", path, resp.StatusCode)
		}
		if resp := e.sendForm("POST", e.Issuer()+path, "http://127.0.0.1:1", "", form); resp.StatusCode != 403 {
			t.Errorf("%s from another origin: %d", path, resp.StatusCode)
		}
	}
	resp := e.sendForm("POST", e.Issuer()+"/signin", e.Issuer(), "same-origin", form)
	if resp.StatusCode != 303 || len(resp.Cookies()) != 1 {
		t.Errorf("form of the provider's page: %d", resp.StatusCode)
	}
	for _, path := range []string{"/authorize", "/end_session"} { // apps may post to these endpoints
		form := parseQuery(t, e.authURL())
		resp := e.sendForm("POST", e.Issuer()+path, "https://app.example", "cross-site", form)
		if resp.StatusCode == 403 {
			t.Errorf("%s from a client: %d", path, resp.StatusCode)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/userinfo", "/keys"} {
		resp := e.sendForm("GET", e.Issuer()+path, "https://evil.example", "cross-site", nil)
		if resp.Header.Get("Access-Control-Allow-Origin")+resp.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s can be read by another site", path)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	e := newTestEnv(t, nil)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nowhere", 404}, {"GET", "/token", 404}, {"POST", "/nowhere", 405}, {"DELETE", "/signin", 405},
		{"GET", "/oauth/introspect", 404}, {"POST", "/device_authorization", 405},
		{"GET", "/signin?request=unknown", 410}, {"GET", "/register?request=unknown", 410},
		{"GET", "/consent?request=unknown", 410}, {"POST", "/cancel?request=unknown", 410},
		{"POST", "/signin?request=unknown", 410}, {"HEAD", "/", 200}, {"GET", "/signed-out", 200},
		{"GET", "/icon.svg", 200}, {"GET", "/register", 200}, {"GET", "/signout", 303},
	} {
		if resp := e.sendForm(tt.method, e.Issuer()+tt.path, "", "", nil); resp.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
		}
	}
	other := strings.Replace(e.Issuer(), "127.0.0.1", "localhost", 1)
	req, err := http.NewRequest("GET", e.Issuer()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = strings.TrimPrefix(other, "http://")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if body := e.body(resp); resp.StatusCode != 421 || !strings.Contains(body, `href="`+e.Issuer()+`/"`) {
		t.Errorf("another host: %d %s", resp.StatusCode, body)
	}
}
