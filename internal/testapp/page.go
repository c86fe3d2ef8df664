package testapp

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Response is a response with its whole body.
type Response struct {
	Status int
	Header http.Header
	Body   string
	URL    *url.URL // of the request
}

// Location returns the Location header.
func (r *Response) Location() string { return r.Header.Get("Location") }

// Text returns the text of a page, with white space collapsed.
func (r *Response) Text() string { return text(r.parse()) }

// Element returns the text of the first element with the given name, such as "h1". Without such an element it returns
// "".
func (r *Response) Element(name string) string {
	for n := range r.parse().Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			return text(n)
		}
	}
	return ""
}

func (r *Response) parse() *html.Node {
	n, err := html.ParseWithOptions(strings.NewReader(r.Body), html.ParseOptionEnableScripting(false))
	if err != nil {
		panic(err) // a strings.Reader does not fail
	}
	return n
}

// inline are the elements that do not separate words.
var inline = map[string]bool{
	"a": true, "b": true, "bdi": true, "code": true, "em": true, "i": true, "span": true, "strong": true, "wbr": true,
}

func text(n *html.Node) string {
	var b strings.Builder
	var write func(*html.Node)
	write = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Data == "script" || n.Data == "style":
			return
		}
		separates := n.Type == html.ElementNode && !inline[n.Data]
		if separates {
			b.WriteString(" ")
		}
		for c := range n.ChildNodes() {
			write(c)
		}
		if separates {
			b.WriteString(" ")
		}
	}
	write(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// target is where a click leads.
type target struct {
	method string
	url    *url.URL
	form   url.Values
}

// target finds the link or button that Click describes.
func (r *Response) target(name string) (target, bool) {
	for n := range r.parse().Descendants() {
		switch {
		case n.Data == "a" && attribute(n, "href") != "":
			u, err := r.URL.Parse(attribute(n, "href"))
			if err == nil && (text(n) == name || u.Path == name) {
				return target{method: http.MethodGet, url: u}, true
			}
		case n.Data == "button" && (text(n) == name || attribute(n, "value") == name):
			for form := range n.Ancestors() {
				if form.Data == "form" {
					return r.submit(form, n, nil)
				}
			}
		}
	}
	return target{}, false
}

// filled finds the form that Submit describes.
func (r *Response) filled(fields []string) (target, bool) {
	for form := range r.parse().Descendants() {
		if form.Data != "form" {
			continue
		}
		for button := range form.Descendants() {
			if button.Data == "button" {
				if t, ok := r.submit(form, button, fields); ok {
					return t, true
				}
				break
			}
		}
	}
	return target{}, false
}

// submit sends a form by one of its buttons. It reports false if the form lacks one of the fields.
func (r *Response) submit(form, button *html.Node, fields []string) (target, bool) {
	values := url.Values{}
	for n := range form.Descendants() {
		if name := attribute(n, "name"); n.Data == "input" && name != "" {
			values.Set(name, attribute(n, "value"))
		}
	}
	for i := 0; i < len(fields); i += 2 {
		if !values.Has(fields[i]) {
			return target{}, false
		}
		values.Set(fields[i], fields[i+1])
	}
	if name := attribute(button, "name"); name != "" {
		values.Set(name, attribute(button, "value"))
	}
	u, err := r.URL.Parse(attribute(form, "action"))
	if err != nil {
		return target{}, false
	}
	if !strings.EqualFold(attribute(form, "method"), http.MethodPost) {
		u.RawQuery = values.Encode()
		return target{method: http.MethodGet, url: u}, true
	}
	return target{http.MethodPost, u, values}, true
}
