package auth

import (
	"net/http"
	"net/url"
)

func (cfg *Config) secure() bool {
	u, err := url.Parse(cfg.RedirectURL) // which knows that HTTPS is https
	return err == nil && u.Scheme == "https"
}

func cookiePrefix(cfg Config, prefix string) string {
	if cfg.secure() {
		return prefix
	}
	return ""
}

// pathOf returns the path of a URL, "/" when it has none.
func pathOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Path != "" {
		return u.Path
	}
	return "/"
}

func (c *Client) attemptCookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, MaxAge: maxAge, Path: c.attemptPath,
		HttpOnly: true, Secure: c.cfg.secure(), SameSite: http.SameSiteLaxMode,
	}
}

func (c *Client) endCookie(state string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: c.endName, Value: state, MaxAge: maxAge, Path: c.endPath,
		HttpOnly: true, Secure: c.cfg.secure(), SameSite: http.SameSiteLaxMode,
	}
}
