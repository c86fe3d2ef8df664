package handlers

import (
	"cmp"
	"errors"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// pageKind says what an open page does when its session ends, or another one begins, in another tab.
type pageKind string

const (
	publicPage  pageKind = "public"  // is loaded again
	privatePage pageKind = "private" // leads to the sign-in prompt if the session has ended, else is loaded again
	errorPage   pageKind = "error"   // stays, with the new login state: loading it again could do something
)

// GET /fragments/session keeps an open page in step with the session. The page sends the key of the session that it
// shows as ?was= and its kind as ?page=. The response is 204 if the session is still the same. Otherwise it is the
// login state, and a header tells htmx to load the page again or to leave it. A script that is not htmx may load the
// page again whenever the status is 200.
func (a *app) sessionFragment(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	v := visitorOf(r)
	v.page = pageKind(r.FormValue("page"))
	state, was := loginState(v), r.FormValue("was")
	switch {
	case errors.Is(v.err, auth.ErrUnavailable): // the page stays as it is
		a.Logger.WarnContext(r.Context(), "session not read", "request", requestID(r.Context()), "err", v.err)
		header.Set("HX-Reswap", "none")
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	case state.Key == was:
		w.WriteHeader(http.StatusNoContent)
		return nil
	case sameSession(state.Key, was): // only the name has changed
	case v.page == privatePage && !v.signedIn():
		header.Set("HX-Redirect", signedOutPath+"?"+url.Values{"return_to": {currentPage(r)}}.Encode())
	case v.page == privatePage, v.page == publicPage:
		if !v.signedIn() {
			a.setFlash(w, flashSessionEnded)
		}
		header.Set("HX-Refresh", "true")
	}
	return a.render(w, r, views.LoginState(state))
}

// signedOutPath is where an open private page goes when its session ends.
const signedOutPath = "/signed-out"

// GET /signed-out stands in place of the private page ?return_to= whose session has ended while it was open. A person
// who is signed in goes back to that page, also if they sign in again in another tab.
func (a *app) signedOut(w http.ResponseWriter, r *http.Request) error {
	returnTo := auth.SafeReturnTo(r.FormValue("return_to"))
	if strings.HasPrefix(returnTo, signedOutPath) {
		returnTo = "/"
	}
	if visitorOf(r).signedIn() {
		return seeOther(w, r, returnTo)
	}
	page := a.page(r, "")
	page.Session.LoginURL = loginURL(returnTo)
	return a.render(w, r, views.SignedOutPage(page, views.SignInPromptProps{
		Reason: "Your session ended, because you signed out elsewhere or it expired. " +
			"Sign in again to continue where you were.",
		URL: loginURL(returnTo), Other: "Go to the home page", OtherURL: "/",
	}))
}

// loginState returns the login state of a page of kind v.page.
func loginState(v visitor) views.LoginStateProps {
	var state views.LoginStateProps
	if v.signedIn() {
		state.SignedIn, state.Name, state.Key = true, v.user.Name, sessionKey(v.user)
		state.Avatar = views.Avatar(views.AvatarProps{Name: cmp.Or(v.user.FullName, v.user.Name), Seed: v.user.Subject})
	}
	state.FragmentURL = "/fragments/session?was=" + url.QueryEscape(state.Key) + "&page=" + url.QueryEscape(string(v.page))
	return state
}

// sessionKey identifies a session and the name that is shown for it, as "session.name".
func sessionKey(user auth.User) string {
	name := fnv.New32a()
	name.Write([]byte(user.Name))
	return user.SessionRef + "." + strconv.FormatUint(uint64(name.Sum32()), 36)
}

// sameSession reports whether two keys belong to one session, whatever the name.
func sameSession(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return a == b
}
