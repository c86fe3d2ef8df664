package handlers

import (
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// cookieName returns the name of a cookie of this app. On a loopback host it has the port, because browsers ignore the
// port when they choose the cookies to send, and another app may run on another port.
func (a *app) cookieName(name string) string {
	if auth.IsLoopback(a.base.Hostname()) {
		name += "-" + a.base.Port()
	}
	if a.base.Scheme == "https" {
		return "__Secure-" + name
	}
	return name
}

// newCookie returns a cookie for a path and those below it. A lifetime of 0 deletes it.
func (a *app) newCookie(name, value, path string, lifetime time.Duration) *http.Cookie {
	maxAge := int(lifetime / time.Second)
	if maxAge == 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name: a.cookieName(name), Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, Secure: a.base.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
}
