package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// person uses the app as somebody does whose browser has no JavaScript: opens pages, reads them, clicks
// on links and buttons by what they say, and fills in forms.
type person struct {
	t      *testing.T
	client *http.Client
	accept string     // text/html, as browsers say, unless a test asks as a program does
	fields url.Values // filled in, for the next form

	// The page they look at.
	url    *url.URL
	status int
	header http.Header
	body   string
}

// person is somebody with a fresh browser. What the browser gets to know is kept out of the program's log.
func (p *program) person(t *testing.T) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, accept: "text/html", fields: url.Values{}, client: &http.Client{
		Jar: jar, Transport: watch{transport, p.out}, CheckRedirect: asBrowsersDo,
	}}
}

// watch notes what travels through the browser and is nobody else's business.
type watch struct {
	next http.RoundTripper
	out  *output
}

func (w watch) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, name := range []string{"code", "state", "nonce", "code_challenge", "id_token_hint", "request", "sid"} {
		w.out.secret(r.URL.Query().Get(name))
	}
	resp, err := w.next.RoundTrip(r)
	if err == nil {
		for _, c := range resp.Cookies() {
			w.out.secret(c.Value)
		}
	}
	return resp, err
}

// asBrowsersDo tells on a redirect where it comes from: once it led over another site, it is cross-site.
func asBrowsersDo(r *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	if last.Header.Get("Sec-Fetch-Site") == "same-origin" && origin(r.URL) != origin(last.URL) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	if r.Method == http.MethodGet {
		r.Header.Del("Origin")
	}
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// open types an address.
func (p *person) open(address string) *person {
	p.t.Helper()
	return p.send(http.MethodGet, address, nil, "none")
}

// send asks for an address, follows redirects, and looks at what comes.
func (p *person) send(method, address string, form url.Values, site string) *person {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", p.accept)
	r.Header.Set("Sec-Fetch-Site", site)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch {
	case method == http.MethodGet:
	case site == "cross-site" && origin(r.URL) == origin(p.url):
		r.Header.Set("Origin", "https://evil.example")
	case p.url != nil:
		r.Header.Set("Origin", origin(p.url))
	}
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.Request.URL.Path == "" {
		resp.Request.URL.Path = "/" // as browsers show it
	}
	p.url, p.status, p.header, p.body = resp.Request.URL, resp.StatusCode, resp.Header, string(text)
	return p
}

// fill writes into a field of the form that is sent next.
func (p *person) fill(name, value string) *person {
	p.t.Helper()
	if !strings.Contains(p.body, ` name="`+name+`"`) {
		p.t.Fatalf("%s has no field %q:\n%s", p.url.Path, name, p.body)
	}
	p.fields.Set(name, value)
	return p
}

var (
	forms   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	buttons = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	links   = regexp.MustCompile(`(?s)<a([^>]*)>(.*?)</a>`)
	tags    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// words are what is read on a piece of a page.
func words(markup string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(markup, " "))), " ")
}

func attribute(markup, name string) string {
	m := regexp.MustCompile(`\s` + name + `="([^"]*)"`).FindStringSubmatch(markup)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// click follows the first link, or presses the first button, that says what; a button also goes by its value.
func (p *person) click(what string) *person {
	p.t.Helper()
	for _, link := range links.FindAllStringSubmatch(p.body, -1) {
		if words(link[2]) == what {
			return p.goTo(http.MethodGet, attribute(link[1], "href"), nil)
		}
	}
	for _, form := range forms.FindAllStringSubmatch(p.body, -1) {
		for _, button := range buttons.FindAllStringSubmatch(form[2], -1) {
			if words(button[2]) != what && attribute(button[1], "value") != what {
				continue
			}
			values := p.fields
			p.fields = url.Values{}
			if name := attribute(button[1], "name"); name != "" {
				values.Set(name, attribute(button[1], "value"))
			}
			return p.goTo(strings.ToUpper(attribute(form[1], "method")), attribute(form[1], "action"), values)
		}
	}
	p.t.Fatalf("%s has nothing to click that says %q: %s", p.url.Path, what, words(p.body))
	return nil
}

func (p *person) goTo(method, address string, form url.Values) *person {
	p.t.Helper()
	to, err := p.url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	site := "same-origin"
	if origin(to) != origin(p.url) {
		site = "cross-site"
	}
	return p.send(method, to.String(), form, site)
}

// at checks where the person has got to.
func (p *person) at(status int, address string) *person {
	p.t.Helper()
	at := *p.url
	at.RawQuery = ""
	if p.status != status || at.String() != address {
		p.t.Fatalf("got to %s with status %d, want %s with %d: %s", at.String(), p.status, address, status, words(p.body))
	}
	return p
}

// reads checks that the page says all of this.
func (p *person) reads(all ...string) *person {
	p.t.Helper()
	text := words(p.body)
	for _, s := range all {
		if !strings.Contains(text, s) {
			p.t.Fatalf("%s does not say %q but: %s", p.url.Path, s, text)
		}
	}
	return p
}

// signIn signs the person in, as a demo person, from the link in the navbar.
func (p *person) signIn(app *program, username string) *person {
	p.t.Helper()
	p.open(app.url).click("Login").at(http.StatusOK, app.provider+"/signin").click(username)
	return p.at(http.StatusOK, app.url+"/").reads("Logged in as: " + username)
}
