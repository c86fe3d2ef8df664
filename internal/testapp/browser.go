package testapp

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// Browser is a browser without JavaScript. It keeps cookies, and is used in two ways: Do, Get, Post and Try send single
// requests and follow no redirect; Open, Click, Submit and SignIn do what a person does, and show a Page.
//
// Its methods end the test on failure. The single requests are safe for concurrent use, as tabs are.
type Browser struct {
	URL    string       // base URL of the paths, without a trailing slash
	Client *http.Client // holds the cookies; a test may wrap its Transport
	Accept string       // Accept header of the pages that a person opens; "text/html" unless changed
	Page   *Response    // the page that is shown; nil before there is one

	t testing.TB
}

// NewBrowser returns a browser without cookies for the app with the given base URL.
func NewBrowser(t testing.TB, baseURL string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	t.Cleanup(transport.CloseIdleConnections)
	return &Browser{
		URL: baseURL, Accept: "text/html", t: t,
		Client: &http.Client{Jar: jar, Transport: transport, CheckRedirect: checkRedirect},
	}
}

// For returns the same browser, with the same cookies and page, for use in another test.
func (b *Browser) For(t testing.TB) *Browser {
	other := *b
	other.t = t
	return &other
}

// Get sends a GET request; see Do.
func (b *Browser) Get(path string, headers ...string) *Response {
	b.t.Helper()
	return b.Do(http.MethodGet, path, "", headers...)
}

// Post sends a form; see Do.
func (b *Browser) Post(path, form string, headers ...string) *Response {
	b.t.Helper()
	return b.Do(http.MethodPost, path, form, headers...)
}

// Do sends one request to a path of the app, or to an absolute URL, and follows no redirect. form is the encoded body.
// Headers are given as names and values in turn.
func (b *Browser) Do(method, path, form string, headers ...string) *Response {
	b.t.Helper()
	resp, err := b.Try(method, path, form, headers...)
	check(b.t, err)
	return resp
}

// Try is Do for a request that may get no response.
func (b *Browser) Try(method, path, form string, headers ...string) (*Response, error) {
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.resolve(path), strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "text/html")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host // net/http ignores the header
	}
	client := *b.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return send(&client, r)
}

// resolve returns the URL of a path of the app. The path is not cleaned.
func (b *Browser) resolve(path string) string {
	if strings.HasPrefix(path, "http:") || strings.HasPrefix(path, "https:") {
		return path
	}
	return b.URL + path
}

func send(client *http.Client, r *http.Request) (*Response, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	return read(resp)
}

func read(resp *http.Response) (*Response, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	u := *resp.Request.URL
	if u.Path == "" {
		u.Path = "/"
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: string(body), URL: &u}, err
}

// IsSignedIn reports whether the home page shows a user.
func (b *Browser) IsSignedIn() bool {
	b.t.Helper()
	return showsUser(b.Get("/"))
}

// showsUser reports whether a page offers to sign out, which it does only if somebody is signed in.
func showsUser(page *Response) bool { return strings.Contains(page.Body, `action="/logout"`) }

// SignIn signs in at the provider as one of its users, and shows the home page.
func (b *Browser) SignIn(username string) *Browser {
	b.t.Helper()
	resp, err := devidp.SignIn(b.Client, b.URL+"/login", username)
	check(b.t, err)
	b.Page, err = read(resp)
	check(b.t, err)
	if b.WantURL(http.StatusOK, b.URL+"/"); !showsUser(b.Page) {
		b.t.Fatalf("the home page shows nobody after a sign-in: %s", b.Page.Text())
	}
	return b
}

// BeginSignIn begins a sign-in, signs in at the provider, and returns path and query of the callback, which it does not
// request.
func (b *Browser) BeginSignIn(username string) (callback string) {
	b.t.Helper()
	return b.Authorize(b.Get("/login?prompt=login").Location(), username)
}

// Authorize follows an authorization request, signs in at the provider, and returns path and query of the callback,
// which it does not request.
func (b *Browser) Authorize(authURL, username string) (callback string) {
	b.t.Helper()
	client := *b.Client
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == handlers.CallbackPath {
			callback = r.URL.RequestURI()
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := devidp.SignIn(&client, authURL, username)
	check(b.t, err)
	resp.Body.Close()
	if callback == "" {
		b.t.Fatalf("the sign-in led to %s, want the callback", resp.Request.URL)
	}
	return callback
}

// Open opens a path of the app, or an absolute URL, as if it had been typed into the address bar.
func (b *Browser) Open(path string) *Browser {
	b.t.Helper()
	return b.Navigate(http.MethodGet, path, nil, "none")
}

// Navigate sends a request, follows its redirects and shows the page where they end. The request carries site as its
// Sec-Fetch-Site header. A cross-site form for the origin of the page shown comes from https://evil.example.
func (b *Browser) Navigate(method, path string, form url.Values, site string) *Browser {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.resolve(path), strings.NewReader(form.Encode()))
	check(b.t, err)
	r.Header.Set("Accept", b.Accept)
	r.Header.Set("Sec-Fetch-Site", site)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch {
	case method == http.MethodGet || b.Page == nil:
	case site == "cross-site" && origin(r.URL) == origin(b.Page.URL):
		r.Header.Set("Origin", "https://evil.example")
	default:
		r.Header.Set("Origin", origin(b.Page.URL))
	}
	b.Page, err = send(b.Client, r)
	check(b.t, err)
	return b
}

// checkRedirect sets the headers of a redirected request as browsers do: after a request to another origin all further
// ones are cross-site, and a GET request has no Origin. (net/http gives each the headers of the first.)
func checkRedirect(r *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	site := last.Header.Get("Sec-Fetch-Site")
	if site == "same-origin" && origin(r.URL) != origin(last.URL) {
		site = "cross-site"
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	if r.Method == http.MethodGet {
		r.Header.Del("Origin")
	}
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Click follows the first link, or sends the form of the first button, with the given text. It also finds a button by
// its value, and a link by its path.
func (b *Browser) Click(name string) *Browser {
	b.t.Helper()
	t, ok := b.Page.target(name)
	if !ok {
		b.t.Fatalf("%s has no link or button %q: %s", b.Page.URL.Path, name, b.Page.Text())
	}
	return b.follow(t)
}

// Submit fills in and sends the form that has all the given fields, by its first button. Fields are given as names and
// values in turn.
func (b *Browser) Submit(fields ...string) *Browser {
	b.t.Helper()
	t, ok := b.Page.filled(fields)
	if !ok {
		b.t.Fatalf("%s has no form with the fields %q: %s", b.Page.URL.Path, fields, b.Page.Text())
	}
	return b.follow(t)
}

func (b *Browser) follow(t target) *Browser {
	b.t.Helper()
	site := "same-origin"
	if origin(t.url) != origin(b.Page.URL) {
		site = "cross-site"
	}
	return b.Navigate(t.method, t.url.String(), t.form, site)
}

// WantURL ends the test unless the page shown has the given status and URL. The query of the page is ignored.
func (b *Browser) WantURL(status int, address string) *Browser {
	b.t.Helper()
	u := *b.Page.URL
	u.RawQuery = ""
	if b.Page.Status != status || u.String() != address {
		b.t.Fatalf("got %s with status %d, want %s with %d: %s", u.String(), b.Page.Status, address, status, b.Page.Text())
	}
	return b
}

// WantText ends the test unless the page shown contains all the texts.
func (b *Browser) WantText(texts ...string) *Browser {
	b.t.Helper()
	shown := b.Page.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Fatalf("%s does not contain %q: %s", b.Page.URL.Path, text, shown)
		}
	}
	return b
}

// WantNoText ends the test if the page shown contains one of the texts.
func (b *Browser) WantNoText(texts ...string) *Browser {
	b.t.Helper()
	shown := b.Page.Text()
	for _, text := range texts {
		if strings.Contains(shown, text) {
			b.t.Fatalf("%s contains %q: %s", b.Page.URL.Path, text, shown)
		}
	}
	return b
}
