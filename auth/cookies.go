package auth

import (
	"net/http"
	"net/url"
	"time"
)

// newCookie returns a cookie with the attributes of all cookies of this package. The session cookie has the same; scs
// writes it. A lifetime of 0 deletes the cookie.
func (c *Client) newCookie(name, value, path string, lifetime time.Duration) *http.Cookie {
	maxAge := int(lifetime / time.Second)
	if maxAge == 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, Secure: c.cfg.secure(), SameSite: http.SameSiteLaxMode,
	}
}

// secure reports whether the cookies are Secure: whether RedirectURL is https.
func (cfg *Config) secure() bool {
	u, err := url.Parse(cfg.RedirectURL) // Parse converts the scheme to lower case
	return err == nil && u.Scheme == "https"
}

// cookiePrefix returns prefix, or "" if the cookies are not Secure, because browsers reject the prefixes then.
func cookiePrefix(cfg Config, prefix string) string {
	if cfg.secure() {
		return prefix
	}
	return ""
}

// cookieSuffix returns "-" and the port of RedirectURL if its host is this machine, and otherwise "". Browsers ignore
// the port when they choose the cookies to send, so two applications on localhost would otherwise overwrite each
// other's.
func cookieSuffix(cfg Config) string {
	u, err := url.Parse(cfg.RedirectURL)
	if err != nil || !IsLoopback(u.Hostname()) {
		return ""
	}
	if port := u.Port(); port != "" {
		return "-" + port
	}
	if u.Scheme == "https" {
		return "-443"
	}
	return "-80"
}

// pathOf returns the path of a URL, or "/" if it has none.
func pathOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Path != "" {
		return u.Path
	}
	return "/"
}
