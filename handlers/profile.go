package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// GET /profile shows what the provider knows about the person.
func (a *app) profile(w http.ResponseWriter, r *http.Request, user auth.User) error {
	return a.render(w, r, views.ProfilePage(
		a.pageWithFlash(w, r, "Profile"), accountHead(user), a.profileCard(user), a.accountTabs("/profile"),
	))
}

// POST /profile asks the provider again, for browsers without JavaScript.
func (a *app) refreshProfile(w http.ResponseWriter, r *http.Request, user auth.User) error {
	_, card, status, err := a.refresh(w, r, user)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		return seeOther(w, r, "/profile")
	}
	page := views.ProfilePage(a.page(r, "Profile"), accountHead(user), card, a.accountTabs("/profile"))
	return a.renderStatus(w, r, status, page)
}

// POST /fragments/profile asks the provider again and returns the card. If the profile is new, the heading and the
// login state come with it, because they show it too.
func (a *app) profileFragment(w http.ResponseWriter, r *http.Request, user auth.User) error {
	fresh, card, status, err := a.refresh(w, r, user)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return a.renderStatus(w, r, status, views.ProfileCard(card))
	}
	v := visitorOf(r)
	v.user, v.page = fresh, privatePage // loginState shows the new name
	return a.render(w, r, views.ProfileFragment(accountHead(fresh), card, loginState(v)))
}

// refresh asks the provider about the person again. If that fails, the card shows user, as known before, and the
// problem, and status is that of the failure. The error is auth.ErrSignedOut or auth.ErrNeedsSignIn if nothing may be
// shown before a new sign-in.
func (a *app) refresh(
	w http.ResponseWriter, r *http.Request, user auth.User,
) (fresh auth.User, card views.ProfileCardProps, status int, err error) {
	r, recorder := a.record(r, flowRefresh)
	fresh, err = a.Auth.Refresh(w, r)
	a.saveRefresh(w, r, recorder, user.SessionRef, err)
	a.countRefresh(r, user, err)
	switch {
	case err == nil:
		return fresh, a.profileCard(fresh), http.StatusOK, nil
	case errors.Is(err, auth.ErrSignedOut), errors.Is(err, auth.ErrNeedsSignIn):
		return user, views.ProfileCardProps{}, 0, err
	}
	status = a.failureOf(err).status
	a.Logger.WarnContext(r.Context(), "profile not refreshed",
		"request", requestID(r.Context()), "status", status, "err", err)
	card = a.profileCard(user)
	card.Problem = "Not refreshed: " + a.refreshProblem(err) + ". You see the profile as it was before."
	return user, card, status, nil
}

// countRefresh records the outcome of a refresh. It ends the session if the provider rejects the refresh token.
func (a *app) countRefresh(r *http.Request, user auth.User, err error) {
	if err == nil {
		a.Metrics.Refresh("")
		return
	}
	a.Metrics.Refresh(a.failureOf(err).code)
	if errors.Is(err, auth.ErrSignedOut) && errors.Is(err, auth.ErrRefused) {
		a.auditEnd(r, user, "refresh_rejected")
	}
}

func (a *app) refreshProblem(err error) string {
	switch {
	case errors.Is(err, auth.ErrUnavailable):
		return a.providerHost + " did not answer"
	case errors.Is(err, auth.ErrMisconfigured):
		return "this app's settings do not fit " + a.providerHost
	case errors.Is(err, auth.ErrBadToken):
		return "a security check on the answer of " + a.providerHost + " failed"
	case errors.Is(err, auth.ErrRefused):
		return a.providerHost + " refused to answer"
	}
	return "something went wrong on our side"
}

func (a *app) profileCard(user auth.User) views.ProfileCardProps {
	return views.ProfileCardProps{
		Title: "What " + a.providerHost + " says about you", Name: cmp.Or(user.FullName, user.Name),
		Email: user.Email, EmailVerified: user.EmailVerified, Claims: user.Claims,
		Updated: user.RefreshedAt, Now: time.Now(),
		RefreshURL: "/profile", FragmentURL: "/fragments/profile", AccountURL: a.AccountURL,
	}
}

func accountHead(user auth.User) views.AccountHeadProps {
	return views.AccountHeadProps{
		Name: cmp.Or(user.FullName, user.Name), Email: user.Email, EmailVerified: user.EmailVerified, Subject: user.Subject,
	}
}

// accountTabs returns the links between the pages about the person. current is the path of the page that is shown.
func (a *app) accountTabs(current string) views.TabsProps {
	tabs := views.TabsProps{Label: "Account", Items: []views.Tab{
		{Text: "Profile", URL: "/profile"}, {Text: "Sessions", URL: "/sessions"},
	}}
	if a.flows != nil {
		tabs.Items = append(tabs.Items, views.Tab{Text: "Last sign-in", URL: "/flow"})
	}
	for i := range tabs.Items {
		tabs.Items[i].Current = tabs.Items[i].URL == current
	}
	return tabs
}
