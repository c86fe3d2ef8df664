package handlers

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// The address of a callback contains a code and a state, and works once. So a callback that fails redirects to
// failedLoginPath, whose page stays the same however often it is loaded. The query names the kind of the error, the
// page to return to and the request. The provider's words are in a cookie, so that a link cannot make this app show
// the words of another site.

// unknownLogin is an auth.ErrUnknownLogin with what the request shows about its cause.
type unknownLogin struct {
	noCookies    bool   // the browser sent none
	providerCode string // the error that the provider reports without a state
	err          error
}

func (e *unknownLogin) Error() string { return e.err.Error() }
func (e *unknownLogin) Unwrap() error { return e.err }

// errorCode matches an error code of OAuth or OpenID Connect. No sentence matches.
var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// explainUnknownLogin adds what the request shows about the cause of an auth.ErrUnknownLogin.
func explainUnknownLogin(r *http.Request, err error) error {
	if !errors.Is(err, auth.ErrUnknownLogin) {
		return err
	}
	q := r.URL.Query()
	unknown := &unknownLogin{err: err}
	switch code := q.Get("error"); {
	case q.Get("state") != "":
		unknown.noCookies = len(r.Cookies()) == 0
	case errorCode.MatchString(code):
		unknown.providerCode = code
	}
	return unknown
}

// loginFailureKinds are the errors that a callback can end with, in the order in which they are looked for.
var loginFailureKinds = []struct {
	name string
	is   func(err error) bool
	make func(d loginFailureDetails) error
}{
	{"misconfigured", isError(auth.ErrMisconfigured), func(d loginFailureDetails) error {
		return &auth.MisconfiguredError{Fields: d.Fields, Problem: d.Problem}
	}},
	{"cancelled", func(err error) bool {
		refusal, ok := errors.AsType[*auth.ProviderError](err)
		return ok && refusal.Endpoint == "authorization" && refusal.Code == "access_denied"
	}, func(d loginFailureDetails) error {
		return &auth.ProviderError{Endpoint: "authorization", Code: "access_denied", Description: d.Description}
	}},
	{"refused", func(err error) bool {
		refusal, ok := errors.AsType[*auth.ProviderError](err)
		return ok && refusal.Endpoint == "authorization"
	}, func(d loginFailureDetails) error {
		return &auth.ProviderError{Endpoint: "authorization", Code: d.Code, Description: d.Description}
	}},
	{"expired_code", func(err error) bool {
		refusal, ok := errors.AsType[*auth.ProviderError](err)
		return ok && refusal.Endpoint == "token" && refusal.Code == "invalid_grant"
	}, func(d loginFailureDetails) error {
		return &auth.ProviderError{Endpoint: "token", Code: "invalid_grant", Description: d.Description}
	}},
	{"rejected", isError(auth.ErrRefused), func(d loginFailureDetails) error {
		return &auth.ProviderError{Endpoint: "token", Code: d.Code, Description: d.Description}
	}},
	{"no_cookies", func(err error) bool {
		unknown, ok := errors.AsType[*unknownLogin](err)
		return ok && unknown.noCookies
	}, func(loginFailureDetails) error {
		return &unknownLogin{noCookies: true, err: auth.ErrUnknownLogin}
	}},
	{"no_state", func(err error) bool {
		unknown, ok := errors.AsType[*unknownLogin](err)
		return ok && unknown.providerCode != ""
	}, func(d loginFailureDetails) error {
		return &unknownLogin{providerCode: cmp.Or(d.Code, "unknown"), err: auth.ErrUnknownLogin}
	}},
	{"unknown", isError(auth.ErrUnknownLogin), func(loginFailureDetails) error { return auth.ErrUnknownLogin }},
	{"unavailable", isError(auth.ErrUnavailable), func(loginFailureDetails) error { return auth.ErrUnavailable }},
	{"bad_token", isError(auth.ErrBadToken), func(loginFailureDetails) error { return auth.ErrBadToken }},
	{"server_error", func(error) bool { return true }, func(loginFailureDetails) error { return errPanic }},
}

func isError(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// loginFailureDetails is the content of the cookie beside the address of a failed sign-in.
type loginFailureDetails struct {
	Request     string   `json:"request"`
	Code        string   `json:"code,omitempty"`
	Description string   `json:"description,omitempty"`
	Problem     string   `json:"problem,omitempty"`
	Fields      []string `json:"fields,omitempty"`
}

func (a *app) detailsOf(r *http.Request, err error) loginFailureDetails {
	d := loginFailureDetails{Request: requestID(r.Context())}
	if refusal, ok := errors.AsType[*auth.ProviderError](err); ok {
		d.Code, d.Description = refusal.Code, refusal.Description
	}
	if unknown, ok := errors.AsType[*unknownLogin](err); ok {
		d.Code = unknown.providerCode
	}
	if m, ok := errors.AsType[*auth.MisconfiguredError](err); ok && a.Inspect {
		d.Problem, d.Fields = m.Problem, m.Fields
	}
	return d
}

const (
	failedLoginCookie   = "failed"
	failedLoginLifetime = 10 * time.Minute
)

// failLogin answers a callback that has failed with a redirect to the page of the error. A program that wants JSON, and
// a callback that can be repeated by a reload, get the error itself, which failLogin returns.
func (a *app) failLogin(w http.ResponseWriter, r *http.Request, err error) error {
	err = explainUnknownLogin(r, err)
	login, known := errors.AsType[*auth.LoginError](err)
	retryable := errors.Is(err, auth.ErrUnavailable) && (!known || login.Retryable)
	if wantsJSON(r) || retryable {
		return err
	}
	a.logFailure(r, a.failureOf(err), err)
	id := requestID(r.Context())
	q := url.Values{"id": {id}}
	for _, kind := range loginFailureKinds {
		if kind.is(err) {
			q.Set("error", kind.name)
			break
		}
	}
	if known && login.ReturnTo != "/" {
		q.Set("return_to", login.ReturnTo)
	}
	details, jsonErr := json.Marshal(a.detailsOf(r, err))
	if jsonErr != nil {
		a.Logger.WarnContext(r.Context(), "details of an error not kept", "request", id, "err", jsonErr)
	}
	value := base64.RawURLEncoding.EncodeToString(details)
	http.SetCookie(w, a.newCookie(failedLoginCookie, value, failedLoginPath, failedLoginLifetime))
	return seeOther(w, r, failedLoginPath+"?"+q.Encode())
}

// GET /login/failed shows why a sign-in has failed. The callback has logged it.
func (a *app) failedLogin(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	q := r.URL.Query()
	var details loginFailureDetails
	if cookie, err := r.Cookie(a.cookieName(failedLoginCookie)); err == nil {
		value, _ := base64.RawURLEncoding.DecodeString(cookie.Value)
		if json.Unmarshal(value, &details) != nil || details.Request != q.Get("id") {
			details = loginFailureDetails{} // of another sign-in
		}
	}
	for _, kind := range loginFailureKinds {
		if kind.name != q.Get("error") {
			continue
		}
		f := a.failureOf(kind.make(details))
		if returnTo := auth.SafeReturnTo(q.Get("return_to")); returnTo != "/" && f.action != "Go to the home page" {
			f.actionURL = loginURL(returnTo)
		}
		f.actionURL = cmp.Or(f.actionURL, "/login")
		a.show(w, r, f, knownRequestID(q.Get("id")))
		return nil
	}
	return errNotFound
}

var requestIDFormat = regexp.MustCompile(`^[A-Z2-7]{12}$`)

// knownRequestID returns id if it has the format of the ids of requests, and otherwise "".
func knownRequestID(id string) string {
	if requestIDFormat.MatchString(id) {
		return id
	}
	return ""
}
