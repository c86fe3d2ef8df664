package main

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// checkBaseURL checks PORT and BASE_URL, writes BASE_URL as browsers write an origin, and returns its host name.
func (c *config) checkBaseURL(found *mistakes) (host string) {
	if _, err := strconv.ParseUint(c.Port, 10, 16); err != nil {
		found.add("PORT", "must be a number from 0 to 65535")
		c.Port = "0"
	}
	base, problem := origin(strings.TrimSuffix(cmp.Or(c.BaseURL, "http://localhost:"+c.Port), "/"))
	if problem != "" {
		found.add("BASE_URL", problem)
		base = &url.URL{Scheme: "http", Host: "localhost"}
	}
	c.BaseURL = base.String()
	return base.Hostname()
}

// hostName matches a host name in lower case.
var hostName = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$`)

// origin parses a URL that consists of an http or https scheme and a host alone. It writes the result as browsers write
// the Origin header, because the two are compared: in lower case, without the scheme's own port, and with an IP address
// in its shortest form. If the URL is not of that kind, problem says what it must be.
func origin(raw string) (_ *url.URL, problem string) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, "must be an http or https URL without a path, such as https://app.example.com"
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" {
		host = ip.String()
	} else if !hostName.MatchString(host) {
		return nil, "must have an IP address or an ASCII host name; write an international one in its form with xn--"
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]), 10, 16)
	if err != nil {
		return nil, "must have a port from 0 to 65535, or none"
	}
	authority := net.JoinHostPort(host, strconv.FormatUint(port, 10))
	if u.Scheme == "http" && port == 80 || u.Scheme == "https" && port == 443 {
		authority = strings.TrimSuffix(authority, ":"+strconv.FormatUint(port, 10))
	}
	return &url.URL{Scheme: u.Scheme, Host: authority}, ""
}

// withPort replaces port 0 in a URL by the port of addr. It returns any other URL unchanged.
func withPort(rawURL string, addr net.Addr) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Port() != "0" {
		return rawURL
	}
	_, port, _ := net.SplitHostPort(addr.String())
	return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port)
}
