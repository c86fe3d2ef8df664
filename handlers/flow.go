package handlers

import (
	"net/http"
	"slices"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /flow shows the last sign-in of this session, and its last refresh. A person who is signed out sees the last
// sign-out, or the last sign-in that failed, of this browser. GET /flow?text=KIND answers with one of them as plain
// text, for a bug report. There is no such page unless Inspect is set.
func (a *app) flow(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	v := visitorOf(r)
	var props views.FlowProps
	var found []*flow
	if v.signedIn() {
		found = []*flow{a.sessionFlow(v.user.SessionRef, flowRefresh), a.sessionFlow(v.user.SessionRef, flowSignIn)}
		props.Tabs = a.accountTabs("/flow")
	} else {
		signOut, failed := a.browserFlow(r, flowSignOut), a.browserFlow(r, flowSignIn)
		if signOut == nil && failed == nil {
			return auth.ErrSignedOut
		}
		props.Title = "Last sign-out"
		if failed != nil {
			props.Title = "Failed sign-in"
		}
		found = []*flow{signOut, failed}
	}
	found = slices.DeleteFunc(found, func(f *flow) bool { return f == nil })
	if kind := flowKind(r.FormValue("text")); kind != "" {
		i := slices.IndexFunc(found, func(f *flow) bool { return f.Kind == kind })
		if i < 0 {
			return errNotFound
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		send(w, r, http.StatusOK, []byte(found[i].text(a.fullPicture(found[i], v.user), a.Auth.Issuer())))
		return nil
	}
	for _, f := range found {
		props.Pictures = append(props.Pictures, *a.fullPicture(f, v.user))
	}
	return a.render(w, r, views.FlowPage(a.page(r, props.Title), props))
}

// fullPicture returns the picture of a flow with times, values and a link to its text.
func (a *app) fullPicture(f *flow, user auth.User) *views.FlowPictureProps {
	p := a.picture(f)
	p.ID = "flow-" + string(f.Kind)
	p.Wide, p.Timed = true, true
	p.Title, p.Subtitle = f.title(), when(f, user)
	p.Text = "/flow?text=" + string(f.Kind)
	return p
}

// homePicture returns the small picture of the sign-in of this session, or nil.
func (a *app) homePicture(user auth.User) *views.FlowPictureProps {
	f := a.sessionFlow(user.SessionRef, flowSignIn)
	if f == nil {
		return nil
	}
	p := a.smallPicture(f)
	p.Title, p.Timed = p.Label, true
	p.Subtitle = when(f, user)
	for i := range p.Steps {
		p.Steps[i].Detail = ""
	}
	return p
}

// when returns the time of a flow and, for the sign-in of a session, the browser: "today, 10:42:19 UTC · Firefox on
// Linux".
func when(f *flow, user auth.User) string {
	t := flowWhen(f.began(), time.Now())
	if on := browserOn(user.Browser, user.System); on != "" && f.Kind == flowSignIn && !f.Failed {
		t += " · " + on
	}
	return t
}

// flowWhen returns "today, 10:42:19 UTC".
func flowWhen(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	day := t.Format("2 January 2006")
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		day = "today"
	}
	return day + ", " + t.Format("15:04:05 UTC")
}
