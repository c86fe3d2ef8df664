package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /sessions shows where the person is signed in.
func (a *app) sessions(w http.ResponseWriter, r *http.Request, user auth.User) error {
	sessions, err := a.Auth.Sessions(r.Context())
	if err != nil {
		return err
	}
	list := views.SessionListProps{URL: "/sessions", Now: time.Now(), Idle: a.IdleTimeout}
	for _, s := range sessions {
		list.Items = append(list.Items, views.SessionItem{
			Ref: s.Ref, Current: s.Current, Device: device(s), Phone: s.System == "iOS" || s.System == "Android",
			SignedIn: s.SignedInAt, LastUsed: s.LastUsedAt, Ends: s.ExpiresAt,
		})
	}
	slices.SortStableFunc(list.Items, func(a, b views.SessionItem) int { // this browser first
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return 0
	})
	props := views.SessionsProps{List: list, ProviderHost: a.providerHost, AccountURL: a.AccountURL}
	page := a.pageWithFlash(w, r, "Sessions")
	return a.render(w, r, views.SessionsPage(page, accountHead(user), props, a.accountTabs("/sessions")))
}

// POST /sessions ends sessions of the person. The form has end=REF for one of them, end=others for all except that of
// this browser, or end=all. A person who ends the session of this browser is signed out as by /logout.
func (a *app) endSessions(w http.ResponseWriter, r *http.Request, user auth.User) error {
	var err error
	message := flashEnded
	switch end := r.PostFormValue("end"); end {
	case "":
		return seeOther(w, r, "/sessions")
	case "others":
		message = flashOthersEnded
		err = a.Auth.EndAllSessions(r.Context(), true)
	case "all":
		if err = a.Auth.EndAllSessions(r.Context(), false); err == nil {
			return a.logout(w, r)
		}
	case user.SessionRef:
		return a.logout(w, r)
	default:
		err = a.Auth.EndSession(r.Context(), end)
	}
	if err != nil {
		return err
	}
	a.auditEnd(r, user, "sessions_page")
	a.setFlash(w, message)
	return seeOther(w, r, "/sessions")
}

// device returns the browser and the system of a session, for example "Firefox on Windows".
func device(s auth.SessionInfo) string {
	return cmp.Or(browserOn(s.Browser, s.System), "Unknown browser")
}

// browserOn returns "Firefox on Windows", or "" if neither is known.
func browserOn(browser, system string) string {
	switch {
	case browser == "" && system == "":
		return ""
	case browser == "":
		return "A browser on " + system
	}
	return strings.TrimSuffix(browser+" on "+system, " on ")
}
