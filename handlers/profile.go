package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /profile: who you are, or the way to sign in.
func (h *app) profile(w http.ResponseWriter, r *http.Request) {
	user, err := h.Auth.User(r.Context())
	switch {
	case errors.Is(err, auth.ErrSignedOut):
		h.toLogin(w, r, "/profile")
	case err != nil:
		h.fail(w, r, err)
	default:
		h.render(w, r, http.StatusOK, views.ProfilePage(h.page(r), h.profileCard(user)))
	}
}

// POST /profile: asks the provider again, for a browser without JavaScript.
func (h *app) refresh(w http.ResponseWriter, r *http.Request) {
	_, err := h.Auth.Refresh(w, r)
	switch {
	case errors.Is(err, auth.ErrNeedsSignIn):
		h.begin(w, r, auth.LoginOptions{ReturnTo: "/profile"})
	case errors.Is(err, auth.ErrSignedOut):
		h.toLogin(w, r, "/profile")
	case err != nil:
		h.fail(w, r, err)
	default:
		seeOther(w, r, "/profile")
	}
}

// POST /fragments/profile: asks the provider again and draws the card anew. Never a redirect: one to
// another site fails inside a fragment, and one to this site would put a whole page into the card.
func (h *app) profileFragment(w http.ResponseWriter, r *http.Request) {
	user, err := h.Auth.Refresh(w, r)
	switch {
	case err == nil:
		h.render(w, r, http.StatusOK, views.ProfileCard(h.profileCard(user)))
	case errors.Is(err, auth.ErrSignedOut):
		w.Header().Set("HX-Redirect", loginURL("/profile"))
		h.fail(w, r, err)
	case errors.Is(err, auth.ErrNeedsSignIn):
		if to, beginErr := h.Auth.BeginLogin(w, r, auth.LoginOptions{ReturnTo: "/profile"}); beginErr == nil {
			w.Header().Set("HX-Redirect", to)
		}
		h.fail(w, r, err)
	default:
		h.staleProfile(w, r, err)
	}
}

// staleProfile draws the card as it was, with what went wrong in it; the button to try again is there already.
func (h *app) staleProfile(w http.ResponseWriter, r *http.Request, cause error) {
	user, err := h.Auth.User(r.Context())
	if err != nil {
		h.fail(w, r, cause)
		return
	}
	f := failureOf(cause)
	h.Logger.WarnContext(r.Context(), "profile not refreshed", "request", requestID(r.Context()), "status", f.status, "err", cause)
	card := h.profileCard(user)
	card.Problem = "This could not be refreshed; it is what was known before. " + f.message
	h.render(w, r, f.status, views.ProfileCard(card))
}

func (h *app) profileCard(user auth.User) views.ProfileCardProps {
	return views.ProfileCardProps{
		Name: fullName(user), Email: user.Email, EmailVerified: user.EmailVerified, Subject: user.Subject, Claims: user.Claims,
		Updated: user.RefreshedAt, Now: time.Now(), RefreshURL: "/profile", FragmentURL: profileFragmentPath, ID: profileID,
	}
}

// fullName is the claim name, where there is one: the navbar has room for a username only, the card for
// more.
func fullName(user auth.User) string {
	var claims struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(user.Claims, &claims) != nil || strings.TrimSpace(claims.Name) == "" {
		return user.Name
	}
	return claims.Name
}
