package handlers

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
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

// errorCodes are the error codes of an authorization response (RFC 6749 section 4.1.2.1, OpenID Connect Core section
// 3.1.2.6, RFC 8707 section 2) and one that providers use besides. A link to the callback must not show other words.
var errorCodes = []string{
	"invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
	"server_error", "temporarily_unavailable", "interaction_required", "login_required", "account_selection_required",
	"consent_required", "invalid_request_uri", "invalid_request_object", "request_not_supported",
	"request_uri_not_supported", "registration_not_supported", "invalid_target", "invalid_client",
}

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
	case slices.Contains(errorCodes, code):
		unknown.providerCode = code
	}
	return unknown
}

// loginFailures are the errors that a callback can end with, without what the provider says about them.
var loginFailures = []loginFailure{
	{"misconfigured", &auth.MisconfiguredError{}},
	{"cancelled", &auth.ProviderError{Endpoint: "authorization", Code: "access_denied"}},
	{"provider_error", &auth.ProviderError{Endpoint: "authorization", Code: "server_error"}},
	{"refused", &auth.ProviderError{Endpoint: "authorization"}},
	{"expired_code", &auth.ProviderError{Endpoint: "token", Code: "invalid_grant"}},
	{"rejected", &auth.ProviderError{Endpoint: "token"}},
	{"no_cookies", &unknownLogin{noCookies: true, err: auth.ErrUnknownLogin}},
	{"no_state", &unknownLogin{providerCode: "unknown", err: auth.ErrUnknownLogin}},
	{"unknown", auth.ErrUnknownLogin},
	{"provider_unavailable", auth.ErrProviderUnavailable},
	{"unavailable", auth.ErrUnavailable},
	{"bad_token", auth.ErrBadToken},
	{"server_error", errPanic},
}

type loginFailure struct {
	name string
	err  error
}

// loginFailureName returns the name in loginFailures of the error that looks like f to the person.
func (a *app) loginFailureName(f failure) string {
	for _, known := range loginFailures {
		g := a.failureOf(known.err)
		if g.status == f.status && g.title == f.title && g.kind() == f.kind() &&
			(g.code == "misconfigured") == (f.code == "misconfigured") && (f.status != 503 || g.message == f.message) {
			return known.name
		}
	}
	return "server_error"
}

// failedLoginDetails is the content of the cookie beside the address of a failed sign-in.
type failedLoginDetails struct {
	Request  string
	Details  []views.NoticeDetail
	Evidence evidence
}

const (
	failedLoginCookie   = "failed"
	failedLoginLifetime = 10 * time.Minute

	// maxFailedLoginHead limits the address and the cookie of a failed sign-in together. A proxy accepts a header of
	// 4 kB by default, and it has other fields. If they are longer, the page does without the cookie.
	maxFailedLoginHead = 3200
)

// failLogin answers a callback that has failed with a redirect to the page of the error. A program that wants JSON, and
// a callback that can be repeated by a reload, get the error itself, which failLogin returns.
func (a *app) failLogin(w http.ResponseWriter, r *http.Request, err error, recorder *flowRecorder) error {
	err = explainUnknownLogin(r, err)
	login, known := errors.AsType[*auth.LoginError](err)
	retryable := errors.Is(err, auth.ErrUnavailable) && (!known || login.Retryable)
	if wantsJSON(r) || retryable {
		return withFlow(err, recorder)
	}
	var failed *flow
	if recorder != nil {
		failed = &recorder.flow
		recorder.fail()
		a.saveFlow(w, r, recorder)
	}
	f, id := a.failureOf(err), requestID(r.Context())
	a.logFailure(r, f, err)
	q := url.Values{"id": {id}, "error": {a.loginFailureName(f)}}
	if known && login.ReturnTo != "/" {
		q.Set("return_to", login.ReturnTo)
	}
	to := failedLoginPath + "?" + q.Encode()
	kept := failedLoginDetails{Request: id}
	if a.Inspect {
		kept.Details, kept.Evidence = f.details, a.observe(r, err, failed)
	}
	details, _ := json.Marshal(kept) // strings never fail
	value := base64.RawURLEncoding.EncodeToString(details)
	if a.Inspect && len(to)+len(value) <= maxFailedLoginHead {
		http.SetCookie(w, a.newCookie(failedLoginCookie, value, failedLoginPath, failedLoginLifetime))
	}
	return seeOther(w, r, to)
}

// GET /login/failed shows why a sign-in has failed. The callback has logged it.
func (a *app) failedLogin(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	q := r.URL.Query()
	i := slices.IndexFunc(loginFailures, func(known loginFailure) bool { return known.name == q.Get("error") })
	if i < 0 {
		return errNotFound
	}
	f, found := a.failureOf(loginFailures[i].err), a.observe(r, loginFailures[i].err, nil)
	if cookie, err := r.Cookie(a.cookieName(failedLoginCookie)); err == nil {
		var kept failedLoginDetails
		value, _ := base64.RawURLEncoding.DecodeString(cookie.Value)
		if json.Unmarshal(value, &kept) == nil && kept.Request == q.Get("id") { // not of another sign-in
			f.details, found = kept.Details, kept.Evidence
		}
	}
	if f.details != nil {
		f.message = strings.Replace(f.message, noReason, reasonInDetails, 1)
	}
	if returnTo := auth.SafeReturnTo(q.Get("return_to")); f.actionURL != "/" && returnTo != "/" {
		f.actionURL = loginURL(returnTo)
	}
	f.actionURL = cmp.Or(f.actionURL, "/login")
	var picture *views.FlowPictureProps
	if last := a.browserFlow(r, flowSignIn); last != nil && last.Request == q.Get("id") {
		picture = a.smallPicture(last)
	}
	a.show(w, r, f, found, knownRequestID(q.Get("id")), picture)
	return nil
}

var requestIDFormat = regexp.MustCompile(`^[A-Z2-7]{12}$`)

// knownRequestID returns id if it has the format of the ids of requests, and otherwise "".
func knownRequestID(id string) string {
	if requestIDFormat.MatchString(id) {
		return id
	}
	return ""
}
