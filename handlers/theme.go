package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

const (
	themeCookie   = "theme"
	themeLifetime = 365 * 24 * time.Hour
)

// POST /theme keeps the colour scheme that the person chooses, light, dark or system, in a cookie, and returns to the
// page with the form.
func (a *app) chooseTheme(w http.ResponseWriter, r *http.Request) {
	theme, lifetime := r.PostFormValue("theme"), themeLifetime
	switch theme {
	case "light", "dark":
	case "system":
		lifetime = 0
	default:
		a.reject(errMalformed).ServeHTTP(w, r)
		return
	}
	http.SetCookie(w, a.newCookie(themeCookie, theme, "/", lifetime))
	w.Header().Set("Cache-Control", "no-store")
	seeOther(w, r, a.formPage(r))
}

// formPage returns path and query of the page with the form of a request. The Referrer-Policy of the pages lets
// browsers name it. It returns "/" for a page whose address does something when it is opened.
func (a *app) formPage(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	switch {
	case err != nil, u.Host != r.Host && u.Host != a.base.Host, u.Path == LogoutPath:
		return "/"
	case strings.HasPrefix(u.Path, "/login") && u.Path != failedLoginPath:
		return "/"
	}
	return auth.SafeReturnTo(u.RequestURI())
}

// theme returns the switch of a page, with the choice of the person.
func (a *app) theme(r *http.Request) (p views.ThemeSwitchProps) {
	cookie, err := r.Cookie(a.cookieName(themeCookie))
	if err == nil && (cookie.Value == "light" || cookie.Value == "dark") {
		p.Theme = cookie.Value
	}
	return p
}
