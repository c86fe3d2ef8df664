package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// guard decides whether a person who is signed in may use a private route. If it returns an error, the handler is not
// called, and the error is answered as if the handler had returned it.
//
//	a.private("GET /admin", a.admin, requireClaim("roles", "admin"))
//	a.private("GET /delete-account", a.deleteAccount, requireRecentSignIn(5*time.Minute))
type guard func(a *app, user auth.User) error

// requireClaim returns a guard for people who have a value in a claim, for example a role or a group; see
// [auth.User.HasClaim]. Others get the status 403.
func requireClaim(name, value string) guard {
	return func(_ *app, user auth.User) error {
		if user.HasClaim(name, value) {
			return nil
		}
		return &claimError{name, value}
	}
}

// requireRecentSignIn returns a guard for people who have signed in at the provider within the last d. Others sign in
// again and come back. Use it for the page that has a form and for the form's target, because the sign-in does not send
// the form again.
func requireRecentSignIn(d time.Duration) guard {
	return func(a *app, user auth.User) error {
		if a.Auth.SignedInWithin(user, d) {
			return nil
		}
		return &recentSignInError{d}
	}
}

// claimError means that a person lacks a value in a claim.
type claimError struct{ name, value string }

func (e *claimError) Error() string {
	return fmt.Sprintf("the claim %q does not contain %q", e.name, e.value)
}

// recentSignInError means that the person signed in at the provider too long ago.
type recentSignInError struct{ maxAge time.Duration }

func (e *recentSignInError) Error() string {
	return fmt.Sprintf("the sign-in is older than %v", e.maxAge)
}

// errPrefetch means that a browser prefetches a page that would begin a sign-in.
var errPrefetch = errors.New("sign-in not begun for a prefetch")

// failureOfGuard is the part of the table of errors for guards.
func failureOfGuard(err error) (f failure, ok bool) {
	var claim *claimError
	var recent *recentSignInError
	switch {
	case errors.As(err, &claim):
		message := fmt.Sprintf("It is for people who have %q in %q. If you were given it just now, refresh your profile.",
			claim.value, claim.name)
		return failure{403, "forbidden", "You can't open this page", message, "Go to your profile", "/profile", nil}, true
	case errors.As(err, &recent):
		return failure{401, "login_required",
			"Please sign in again", "This page asks for a recent sign-in.", "Sign in", "", nil}, true
	case errors.Is(err, errPrefetch):
		return failure{503, "temporarily_unavailable",
			"Please sign in again", "Open the page to sign in.", "Sign in", "", nil}, true
	}
	return failure{}, false
}

// beginLoginAgain begins a sign-in for a person who is signed in, and returns where the browser has to go.
func (a *app) beginLoginAgain(w http.ResponseWriter, r *http.Request, maxAge time.Duration) (string, error) {
	if isPrefetch(r) {
		return "", errPrefetch
	}
	if err := a.checkLoop(w, r); err != nil {
		return "", err
	}
	return a.Auth.BeginLogin(w, r, auth.LoginOptions{ReturnTo: currentPage(r), MaxAge: maxAge})
}
