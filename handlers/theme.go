package handlers

import (
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

const (
	themeCookie   = "theme"
	themeLifetime = 365 * 24 * time.Hour
)

// POST /theme keeps the colour scheme that the person chooses, light, dark or system, in a cookie, and returns to the
// page ?return_to=.
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
	seeOther(w, r, auth.SafeReturnTo(r.PostFormValue("return_to")))
}

// theme returns the switch of a page, with the choice of the person.
func (a *app) theme(r *http.Request) views.ThemeSwitchProps {
	p := views.ThemeSwitchProps{ReturnTo: currentPage(r)}
	if cookie, err := r.Cookie(a.cookieName(themeCookie)); err == nil {
		p.Theme = cookie.Value // LayoutProps and the switch know no other values than light and dark
	}
	return p
}
