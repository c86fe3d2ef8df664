package handlers

import (
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/views"
)

// flash names a message that the next page shows once, after a redirect. The cookie has the name only.
type flash string

const (
	flashCookie   = "flash"
	flashLifetime = time.Minute

	flashSignedOut     flash = "signed_out"
	flashSignedOutHere flash = "signed_out_here" // but not at the provider
	flashSessionEnded  flash = "session_ended"   // while a page was open, not by this page
	flashEnded         flash = "ended"           // another session of the person
	flashOthersEnded   flash = "others_ended"
)

// flashMessage returns the message for a person who is signed in or not. It is empty if the message does not fit, for
// example because the person has signed in again meanwhile.
func (a *app) flashMessage(f flash, signedIn bool) (p views.FlashProps) {
	switch {
	case f == flashSignedOut && !signedIn:
		p.Text, p.Kind = "You are signed out.", "success"
	case f == flashSignedOutHere && !signedIn:
		p.Text, p.Kind = "You are signed out of this app, but you may still be signed in at "+a.providerHost+
			". On a shared computer, sign out there too.", "warning"
	case f == flashSessionEnded && !signedIn:
		p.Text = "Your session ended. Sign in again to continue."
	case f == flashEnded && signedIn:
		p.Text, p.Kind = "That session has ended.", "success"
	case f == flashOthersEnded && signedIn:
		p.Text, p.Kind = "You are signed out in all other browsers.", "success"
	}
	return p
}

// setFlash shows a message on the next page that takes it.
func (a *app) setFlash(w http.ResponseWriter, f flash) {
	http.SetCookie(w, a.newCookie(flashCookie, string(f), "/", flashLifetime))
}

// pageWithFlash is page with the message for it. The message is deleted, so that it is shown once. A prefetch does not
// delete it, because the person may not see that page.
func (a *app) pageWithFlash(w http.ResponseWriter, r *http.Request, title string) views.PageProps {
	page := a.page(r, title)
	cookie, err := r.Cookie(a.cookieName(flashCookie))
	if err != nil {
		return page
	}
	w.Header().Set("Cache-Control", "no-store")
	if !isPrefetch(r) {
		http.SetCookie(w, a.newCookie(flashCookie, "", "/", 0))
	}
	page.Flash = a.flashMessage(flash(cookie.Value), visitorOf(r).signedIn())
	return page
}
