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

// The messages that the home page shows once after a redirect to it.
const (
	flashCookie        = "flash"
	flashLifetime      = time.Minute
	flashSignedOut     = "signed_out"
	flashSignedOutHere = "signed_out_here" // but not at the provider
)

// setFlash shows a message on the next home page.
func (a *app) setFlash(w http.ResponseWriter, message string) {
	http.SetCookie(w, a.newCookie(flashCookie, message, "/", flashLifetime))
}

// takeFlash returns the message for this home page and deletes it, so that it is shown once.
func (a *app) takeFlash(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(a.cookieName(flashCookie))
	if err != nil {
		return ""
	}
	w.Header().Set("Cache-Control", "no-store")
	if !isPrefetch(r) { // the person may not see a page that is prefetched
		http.SetCookie(w, a.newCookie(flashCookie, "", "/", 0))
	}
	return cookie.Value
}
