package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// Errors that handlers return beside those of package auth. Any other error is answered with status 500.
var (
	errNotFound         = errors.New("no such page")
	errMethodNotAllowed = errors.New("method not allowed")
	errCrossSite        = errors.New("cross-site request blocked")
	errMalformed        = errors.New("malformed form")
	errOtherIssuer      = errors.New("sign-in requested for another issuer")
	errFormPost         = errors.New("the provider sent its response in a form (response_mode form_post); " +
		"set the client's response mode to query")
	errPanic = errors.New("handler panicked")
)

// failure is an error as the browser gets it. The error itself is only logged.
type failure struct {
	status         int
	code           string // for JSON
	title, message string
	action         string // the label of the button
	actionURL      string // if empty, the page that the request belongs to
	details        []views.NoticeDetail
}

// failureOf is the table of errors.
func (a *app) failureOf(err error) failure {
	is := func(target error) bool { return errors.Is(err, target) }
	const home = "Go to the home page"
	if f, ok := failureOfGuard(err); ok {
		return f
	}
	var refusal *auth.ProviderError
	var misconfigured *auth.MisconfiguredError
	var unknown *unknownLogin
	switch {
	// These two come first, because they may wrap the provider's refusal of a refresh token.
	case is(auth.ErrSignedOut):
		return failure{401, "login_required",
			"Your session has ended", "Sign in to continue where you were.", "Sign in", "", nil}
	case is(auth.ErrNeedsSignIn):
		return failure{401, "login_required",
			"Please sign in again", a.providerHost + " asks for a new sign-in.", "Sign in", "", nil}
	case errors.As(err, &misconfigured):
		return failure{502, "misconfigured", "This app can't sign anyone in yet", "Its settings do not fit " +
			a.providerHost + ". If you run this app: its log names the setting to change.", home, "/",
			a.inspectMisconfigured(misconfigured)}
	case errors.As(err, &refusal):
		return a.failureOfRefusal(refusal)
	case errors.As(err, &unknown) && unknown.noCookies:
		return failure{400, "unknown_attempt", "Your browser did not keep this sign-in", "It sent no cookie back. " +
			"Allow cookies for this app, and open it at " + a.BaseURL + ".", "Sign in again", "/login", nil}
	case errors.As(err, &unknown) && unknown.providerCode != "":
		return failure{400, "unknown_attempt", a.providerHost + " did not sign you in", "It reported an error, but not " +
			"for which sign-in.", "Sign in again", "/login", []views.NoticeDetail{{Name: "Code", Value: unknown.providerCode}}}
	case is(auth.ErrUnknownLogin):
		return failure{400, "unknown_attempt", "This sign-in has expired",
			"Each one works once, for ten minutes, in the browser where it began.", "Sign in again", "/login", nil}
	case is(errLoop):
		return failure{508, "sign_in_loop", "Your sign-in does not last",
			"You signed in several times, and were asked again each time. If it happens again, send the request ID below " +
				"to the people who run this app.", "Try again", "", nil}
	case is(auth.ErrProviderUnavailable):
		return failure{503, "temporarily_unavailable", "We can't reach the sign-in service",
			a.providerHost + " does not answer. Nothing is lost. Try again in a moment.", "Try again", "", nil}
	case is(auth.ErrUnavailable):
		return failure{503, "temporarily_unavailable", "We can't reach the sign-in service",
			"The store of the sign-ins does not answer. Nothing is lost. Try again in a moment.", "Try again", "", nil}
	case is(auth.ErrBadToken):
		return failure{502, "untrusted_answer", "You were not signed in",
			"A security check on the answer of " + a.providerHost + " failed. If it happens again, send the request ID below " +
				"to the people who run this app.", "Try again", "/login", nil}
	case is(errNotFound):
		return failure{404, "not_found", "Page not found", "We can't find that page. It may have moved.", home, "/", nil}
	case is(errMethodNotAllowed):
		return failure{405, "method_not_allowed",
			"This address can't be used like that", "Open it from a page of this app.", home, "/", nil}
	case is(errCrossSite):
		return failure{403, "cross_site_request",
			"We blocked a request from another site", "Nothing was changed.", home, "/", nil}
	case is(errMalformed):
		return failure{400, "invalid_request",
			"This sign-in link can't be read", "It is damaged or too long. Start from the home page.", home, "/", nil}
	case is(errFormPost):
		return failure{502, "unsupported_response_mode", "This app can't read the answer of " + a.providerHost,
			"It came as a form (form_post), which this app does not use. If you run this app: set the client's response " +
				"mode to query.", home, "/", nil}
	case is(errOtherIssuer):
		return failure{400, "invalid_request", "This sign-in link is for another service",
			"This app signs people in at " + a.providerHost + ".", home, "/", nil}
	}
	return failure{500, "server_error",
		"Something went wrong on our side", "Try again; if it stays, send us the request ID.", home, "/", nil}
}

// fail answers with an error: with JSON if the client prefers that, for a fragment's request with a notice in the
// fragment's target, else with a page. A browser that has to sign in first is redirected instead.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Cache-Control", "no-store")
	fragment, signIn := isFragment(r), ""
	if !wantsJSON(r) {
		signIn, err = a.signInURL(w, r, err)
	}
	if signIn != "" && !fragment {
		seeOther(w, r, signIn)
		return
	}
	f := a.failureOf(err)
	a.logFailure(r, f, err)
	f.actionURL = cmp.Or(signIn, f.actionURL, currentPage(r))
	if login := (*auth.LoginError)(nil); errors.As(err, &login) && f.actionURL == "/login" {
		f.actionURL = loginURL(login.ReturnTo)
	}
	if fragment && signIn != "" {
		w.Header().Set("HX-Redirect", signIn)
	}
	var picture *views.FlowPictureProps
	var flow *flow
	if failed, ok := errors.AsType[*flowError](err); ok {
		flow, picture = failed.flow, a.smallPicture(failed.flow)
	}
	a.show(w, r, f, a.observe(r, err, flow), requestID(r.Context()), picture)
}

// logFailure logs an error with the variables that are its likely cause.
func (a *app) logFailure(r *http.Request, f failure, err error) {
	attributes := []any{"request", requestID(r.Context()), "status", f.status, "err", err}
	if m := (*auth.MisconfiguredError)(nil); errors.As(err, &m) && len(m.Fields) > 0 {
		attributes = append(attributes, "variables", a.variables(m.Fields))
	}
	a.Logger.WarnContext(r.Context(), "request failed", attributes...)
}

// show answers with a failure: as JSON, as a fragment, or as a page. e is what is known about it, id is the request
// that has failed, picture is what it did, or nil. Only with Inspect a page has causes and details.
func (a *app) show(
	w http.ResponseWriter, r *http.Request, f failure, e evidence, id string, picture *views.FlowPictureProps,
) {
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if wantsJSON(r) {
		writeJSON(w, f.status, map[string]string{"error": f.code, "message": f.title + ". " + f.message})
		return
	}
	notice := views.NoticeProps{
		Title: f.title, Message: f.message, Action: f.action, ActionURL: f.actionURL,
		Status: f.status, RequestID: id, Kind: f.kind(), Causes: a.causes(e),
	}
	if a.Inspect {
		notice.Details = append(f.details, e.details()...)
	}
	if f.code == "misconfigured" {
		notice.Found = a.findings(r.Context())
	}
	v := visitorOf(r)
	v.page = errorPage
	content := views.NoticePage(a.pageFor(r, v, ""), notice, picture)
	if isFragment(r) {
		notice.Fragment, notice.ID = true, targetID(r)
		content = views.Notice(notice)
	}
	if err := a.renderStatus(w, r, f.status, content); err != nil {
		a.Logger.ErrorContext(r.Context(), "error page not rendered", "request", id, "err", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
	}
}

// signInURL returns where the browser has to go if err means that the person must sign in, else "". The sign-in returns
// to the current page. If it cannot begin, the error is the reason.
func (a *app) signInURL(w http.ResponseWriter, r *http.Request, err error) (string, error) {
	var recent *recentSignInError
	switch {
	case errors.Is(err, auth.ErrSignedOut):
		return loginURL(currentPage(r)), err
	case errors.Is(err, auth.ErrNeedsSignIn): // /login would do nothing, because the session goes on
		authURL, beginErr := a.beginLoginAgain(w, r, 0)
		return authURL, cmp.Or(beginErr, err)
	case errors.As(err, &recent):
		authURL, beginErr := a.beginLoginAgain(w, r, recent.maxAge)
		return authURL, cmp.Or(beginErr, err)
	}
	return "", err
}

// currentPage returns path and query of the page that a request belongs to, without the parameters of a callback or a
// form. A fragment belongs to the page that htmx names.
func currentPage(r *http.Request) string {
	switch {
	case isFragment(r):
		u, err := url.Parse(r.Header.Get("HX-Current-URL"))
		if err != nil {
			return "/"
		}
		return auth.SafeReturnTo(u.RequestURI())
	case r.URL.Path == CallbackPath: // its address works once
		return "/login"
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		return r.URL.RequestURI()
	}
	return r.URL.EscapedPath()
}

// wantsJSON reports whether the client is a program that prefers JSON. Browsers accept text/html.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func isFragment(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/fragments/") }

// targetID returns the id of the element that htmx replaces with the response, or "" if it has none. htmx 4 sends it as
// "section#profile", encoded with encodeURI.
func targetID(r *http.Request) string {
	_, encoded, _ := strings.Cut(r.Header.Get("HX-Target"), "#")
	id, err := url.PathUnescape(encoded)
	if err != nil {
		return ""
	}
	return id
}
