package devidp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>&{{.}}`

// checkPage fails for a page that has what the policy forbids, a control without a label, or no single h1.
func checkPage(t *testing.T, page string) {
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
					t.Errorf("id %q is there twice", a.Val)
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
	if count["script"]+count["style"]+count["img"] > 0 || count["h1"] != 1 || count["title"] != 1 || count["main"] != 1 || count["input"] != len(inputs) {
		t.Errorf("elements %v in %s", count, page)
	}
}

func TestHostileTextIsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *devidp.Config) {
		cfg.Clients[0].Name = hostile
		cfg.Users = []devidp.User{{Username: "mallory", Name: hostile, Email: hostile, About: hostile}}
		cfg.CSS = []byte("body { color: red }")
	})
	browser := w.browser()
	pages := map[string]string{}
	open := func(name, address string) *http.Response {
		resp, body := w.get(browser, address)
		pages[name] = body
		return resp
	}
	open("account, signed out", w.Issuer()+"/")
	open("sign in", w.authURL("login_hint", hostile))
	open("register", w.authURL("login_hint", hostile, "prompt", "create"))
	open("error", w.Issuer()+"/authorize?client_id="+url.QueryEscape(hostile))
	open("error that quotes", w.Issuer()+"/authorize?a=1&"+url.Values{hostile: {"x", "y"}}.Encode())
	open("not found", w.Issuer()+"/"+url.PathEscape(hostile))
	open("over", w.Issuer()+"/signin?request="+url.QueryEscape(hostile))
	_, pages["sign-in refused"] = w.post(browser, w.Issuer()+"/signin", url.Values{"login": {hostile}, "password": {hostile}})
	_, pages["registration refused"] = w.post(browser, w.Issuer()+"/register", url.Values{"name": {hostile}, "email": {hostile}, "password": {"x"}})
	w.tokens(browser, "mallory")
	open("account", w.Issuer()+"/")
	consent := open("consent", w.authURL("prompt", "consent"))
	open("choose", w.authURL("prompt", "select_account"))
	open("sign out?", w.Issuer()+"/end_session?client_id=app&state="+url.QueryEscape(hostile))
	_, pages["signed out"] = w.post(browser, w.Issuer()+"/signout", nil)
	if consent.Header.Get("Devidp-Page") != "consent" || !strings.Contains(pages["signed out"], "has signed you out") {
		t.Error("not the pages that are meant")
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) { checkPage(t, page) })
	}
	for _, name := range []string{"sign in", "account", "consent", "choose", "sign out?", "signed out"} {
		if !strings.Contains(pages[name], "&lt;script&gt;") {
			t.Errorf("%s: the hostile text is not on it: %s", name, pages[name])
		}
	}
}

// TestLongFormsAreRefused: what they say is kept for a while, and any site can send them.
func TestLongFormsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ask, err := url.Parse(w.authURL())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/authorize", "/end_session", "/signin", "/token", "/par", "/revoke"} {
		form := ask.Query()
		form.Set("state", strings.Repeat("s", 100<<10))
		if resp, body := w.post(w.browser(), w.Issuer()+path, form); resp.StatusCode != 400 {
			t.Errorf("%s: status %d, %.200s", path, resp.StatusCode, body)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *devidp.Config) {
		cfg.CSS = []byte("body { color: red }")
		cfg.Clients[1].RedirectURIs = append(cfg.Clients[1].RedirectURIs, "com.example.app:/callback", "http://[::1]:3000/callback")
	})
	resp, body := w.get(w.browser(), w.Issuer()+"/")
	wantCSP := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + w.app.URL + " com.example.app: http:" // a policy has no word for an IPv6 address
	for name, want := range map[string]string{
		"Content-Security-Policy": wantCSP, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "Access-Control-Allow-Origin": "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	style := regexp.MustCompile(`/style-[0-9a-f]+\.css`).FindString(body)
	resp, css := w.get(w.browser(), w.Issuer()+style)
	if resp.StatusCode != 200 || !strings.HasPrefix(css, "body { color: red }\n") || !strings.Contains(css, ".idp-person") || strings.Contains(css, "In place of") {
		t.Errorf("stylesheet %s: %d %s", style, resp.StatusCode, css)
	}
	if resp.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("stylesheet: %v", resp.Header)
	}
	plain := newWorld(t, nil)
	_, body = plain.get(plain.browser(), plain.Issuer()+"/")
	if _, css = plain.get(plain.browser(), plain.Issuer()+regexp.MustCompile(`/style-[0-9a-f]+\.css`).FindString(body)); !strings.Contains(css, "In place of") {
		t.Error("without a stylesheet of the application's the plain one is missing")
	}
}

// send is a request with headers.
func (w *world) send(method, address, origin, site string, form url.Values) *http.Response {
	w.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	resp, err := noRedirects(w.browser()).Do(req)
	if err != nil {
		w.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	person := url.Values{"person": {"ada"}}
	for _, path := range []string{"/signin", "/register", "/consent", "/cancel", "/signout"} {
		if resp := w.send("POST", w.Issuer()+path, "https://evil.example", "cross-site", person); resp.StatusCode != 403 {
			t.Errorf("%s from another site: %d", path, resp.StatusCode)
		}
		if resp := w.send("POST", w.Issuer()+path, "http://127.0.0.1:1", "", person); resp.StatusCode != 403 {
			t.Errorf("%s from another origin: %d", path, resp.StatusCode)
		}
	}
	if resp := w.send("POST", w.Issuer()+"/signin", w.Issuer(), "same-origin", person); resp.StatusCode != 303 || len(resp.Cookies()) != 1 {
		t.Errorf("our own form: %d", resp.StatusCode)
	}
	for _, path := range []string{"/authorize", "/end_session"} { // which clients have browsers post to
		if resp := w.send("POST", w.Issuer()+path, "https://app.example", "cross-site", mustQuery(t, w.authURL())); resp.StatusCode == 403 {
			t.Errorf("%s from a client: %d", path, resp.StatusCode)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/userinfo", "/keys"} {
		resp := w.send("GET", w.Issuer()+path, "https://evil.example", "cross-site", nil)
		if resp.Header.Get("Access-Control-Allow-Origin")+resp.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s may be read by another site", path)
		}
	}
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	resp := w.send("POST", w.Issuer()+"/signin", "", "", url.Values{"person": {"ada"}})
	c := resp.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 12*60*60 || c.Secure || c.Domain != "" || c.Name == "session" {
		t.Errorf("%+v", c)
	}
	https, err := devidp.New(devidp.Config{Issuer: "https://127.0.0.1:1", Key: rsaKey()})
	if err != nil {
		t.Fatal(err)
	}
	defer https.Close()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("POST", "https://127.0.0.1:1/signin", strings.NewReader("person=ada"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	https.ServeHTTP(rec, req)
	if cookies := rec.Result().Cookies(); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("https: %v", cookies)
	}
	for name, value := range map[string]string{"half": strings.Split(c.Value, ".")[0], "no secret": strings.Split(c.Value, ".")[0] + ".", "wrong": c.Value + "x", "empty": ""} {
		browser := w.browser()
		u, _ := url.Parse(w.Issuer())
		browser.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Value: value}})
		if w.signedIn(browser) {
			t.Errorf("%s: signed in", name)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nowhere", 404}, {"GET", "/token", 404}, {"POST", "/nowhere", 405}, {"DELETE", "/signin", 405}, {"HEAD", "/", 200},
		{"GET", "/oauth/introspect", 404}, {"POST", "/device_authorization", 405}, {"GET", "/signin?request=unknown", 410}, {"GET", "/register?request=unknown", 410},
		{"GET", "/consent?request=unknown", 410}, {"POST", "/cancel?request=unknown", 410}, {"POST", "/signin?request=unknown", 410}, {"GET", "/signed-out", 200},
		{"GET", "/icon.svg", 200}, {"GET", "/register", 200}, {"GET", "/signout", 303},
	} {
		if resp := w.send(tt.method, w.Issuer()+tt.path, "", "", nil); resp.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, resp.StatusCode, tt.status)
		}
	}
	other := strings.Replace(w.Issuer(), "127.0.0.1", "localhost", 1)
	req, err := http.NewRequest("GET", w.Issuer()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = strings.TrimPrefix(other, "http://")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if body := w.body(resp); resp.StatusCode != 421 || !strings.Contains(body, w.Issuer()) {
		t.Errorf("another host: %d %s", resp.StatusCode, body)
	}
}
