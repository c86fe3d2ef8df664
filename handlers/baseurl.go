package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// movedParam marks a request that was redirected to BaseURL. It is not redirected again, so that a proxy that hides
// the host or the scheme of the browser's request does not cause a loop.
const movedParam = "moved"

// parseBaseURL parses BaseURL and normalizes it: scheme and host are in lower case, and a default port is left out, as
// in the Origin header of browsers. An invalid URL becomes one that no origin equals.
func parseBaseURL(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return &url.URL{Path: raw}
	}
	u.Host = normalHost(u.Host, u.Scheme)
	u.Path = strings.TrimRight(u.Path, "/")
	return u
}

// normalHost returns a host in lower case, and without a default port of the scheme.
func normalHost(host, scheme string) string {
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return strings.TrimSuffix(strings.ToLower(host), port)
}

// atBaseURL returns the address of the request at BaseURL if the browser uses another host or scheme, and otherwise "".
// The request's form has been parsed; a form that was posted becomes the query.
func (a *app) atBaseURL(r *http.Request) string {
	if r.Form.Has(movedParam) || a.isAtBaseURL(r) {
		return ""
	}
	r.Form.Set(movedParam, "1")
	to := a.BaseURL + r.URL.EscapedPath() + "?" + r.Form.Encode()
	if len(to) > 3<<10 { // a proxy accepts a header of 4 kB, which has other fields too
		return ""
	}
	return to
}

// isAtBaseURL reports whether the browser's request was for the host and the scheme of BaseURL, as far as the request
// shows it. The headers of a proxy only decide whether the browser is redirected, and never where to.
func (a *app) isAtBaseURL(r *http.Request) bool {
	host := cmp.Or(firstOf(r.Header.Get("X-Forwarded-Host")), r.Host)
	scheme := firstOf(r.Header.Get("X-Forwarded-Proto"))
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default: // a proxy may have terminated TLS
		scheme = a.base.Scheme
	}
	return strings.EqualFold(scheme, a.base.Scheme) && normalHost(host, a.base.Scheme) == a.base.Host
}

// firstOf returns the first value of a list, which is the one of the proxy that is closest to the browser.
func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(first)
}

// localPart returns the part of a URL of this app after BaseURL. Any other URL is returned as it is.
func (a *app) localPart(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	scheme = strings.ToLower(scheme)
	return strings.TrimPrefix(scheme+"://"+normalHost(host, scheme)+path, a.BaseURL)
}
