package handlers

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

// page is what every page has around it.
func (h *app) page(r *http.Request) views.PageProps {
	user, err := h.Auth.User(r.Context())
	return views.PageProps{
		Stylesheet: h.Assets.URL("app.css"), Script: h.Assets.URL("app.js"), Htmx: h.Assets.URL("htmx.js"), Icon: h.Assets.URL("favicon.svg"),
		Session: loginState(user, err == nil),
	}
}

func (h *app) noticePage(r *http.Request, notice views.NoticeProps) templ.Component {
	return views.NoticePage(h.page(r), notice)
}

// render writes a component with the headers of a page. It is drawn whole before the first byte goes
// out, so that an error is an error and not half a page. What is private is stored nowhere.
func (h *app) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	header := w.Header()
	h.secure(header)
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-cache")
		if h.signedIn(r) {
			header.Set("Cache-Control", "no-store")
		}
	}
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		h.Logger.ErrorContext(r.Context(), "render", "request", requestID(r.Context()), "err", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	writePage(w, r, status, page.Bytes())
}

// coder is a compressor that can be used again: making one costs more than a page.
type coder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// coders are kept by content coding. Level 5 is where brotli begins to pay: a tenth smaller than gzip
// at its best.
var coders = map[string]*sync.Pool{
	"br":   {New: func() any { return brotli.NewWriterLevel(nil, 5) }},
	"gzip": {New: func() any { return gzip.NewWriter(nil) }},
}

// writePage sends a whole page, compressed when the browser takes that. Pages hold no secret that
// could be guessed from a length: there is none in them. A page that a browser may keep is not sent again while it
// is the same.
func writePage(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	header := w.Header()
	kept := status == http.StatusOK && header.Get("Cache-Control") != "no-store"
	if kept {
		header.Add("Vary", "Accept-Encoding")
	}
	coding := assets.Negotiate(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if pool := coders[coding]; pool != nil {
		header.Set("Content-Encoding", coding)
		var small bytes.Buffer
		c := pool.Get().(coder)
		c.Reset(&small)
		c.Write(page) // to memory: cannot fail, nor can Close
		c.Close()
		pool.Put(c)
		page = small.Bytes()
	}
	header.Set("Content-Length", strconv.Itoa(len(page)))
	if kept {
		sum := sha256.Sum256(page)
		header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
		return
	}
	w.WriteHeader(status)
	w.Write(page) // fails when the browser has gone, and nobody is left to tell
}

// seeOther redirects, so that a reload repeats nothing.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// notNow answers what nobody has asked for yet. It is no success: a browser that prefetched throws it
// away and asks again when the person does.
func (h *app) notNow(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
}

// failure is how an error looks from outside: a status, a code for programs, words for people and
// one thing to do about it. The cause goes to the log.
type failure struct {
	status            int
	code              string
	title, message    string
	action, actionURL string
	details           []views.NoticeDetail
}

// statusError is an error that a status says all about.
type statusError int

func (e statusError) Error() string { return http.StatusText(int(e)) }

const tryAgain, signInAgain = "Try again", "Sign in again"

// failureOf is the one table of errors.
func failureOf(err error) failure {
	var refusal *auth.ProviderError
	switch {
	// First: a refusal of the refresh token may be the cause of it.
	case errors.Is(err, auth.ErrNeedsSignIn), errors.Is(err, auth.ErrSignedOut):
		return failure{http.StatusUnauthorized, "login_required", "Please sign in",
			"Your session has ended.", signInAgain, loginURL("/profile"), nil}
	case errors.As(err, &refusal):
		f := refused(refusal)
		for _, d := range []views.NoticeDetail{{Name: "Error", Value: refusal.Code}, {Name: "Description", Value: refusal.Description}} {
			if d.Value != "" {
				f.details = append(f.details, d)
			}
		}
		return f
	case errors.Is(err, auth.ErrUnknownLogin):
		return failure{http.StatusBadRequest, "unknown_attempt", "This sign-in link is not good any more",
			"It was used already, is older than ten minutes, or began in another browser.", signInAgain, "/login", nil}
	case errors.Is(err, auth.ErrUnavailable):
		return failure{http.StatusServiceUnavailable, "temporarily_unavailable", "Sign-in is not available right now",
			"The provider or the session store cannot be reached. Nothing is lost: try again in a moment.", tryAgain, "", nil}
	case errors.Is(err, auth.ErrBadToken):
		return failure{http.StatusBadGateway, "untrusted_answer", "The provider's answer could not be trusted",
			"It failed a security check, so nobody was signed in. If it happens again, whoever runs this app should look at the log.", tryAgain, "/login", nil}
	}
	status := http.StatusInternalServerError
	if s := statusError(0); errors.As(err, &s) {
		status = int(s)
	}
	switch status {
	case http.StatusNotFound:
		return failure{status, "not_found", "Page not found", "There is no page at this address.", "Go to the home page", "/", nil}
	case http.StatusMethodNotAllowed:
		return failure{status, "method_not_allowed", "This page does not work that way", "The address is right, but not for this kind of request.", "Go to the home page", "/", nil}
	case http.StatusForbidden:
		return failure{status, "cross_site_request", "This request came from another site", "It was refused, because only pages of this app may send it.", "Go to the home page", "/", nil}
	case http.StatusBadRequest:
		return failure{status, "invalid_request", "This link does not work here", "It cannot be read, or names another provider than the one that signs people in to this app.", "Go to the home page", "/", nil}
	}
	return failure{http.StatusInternalServerError, "server_error", "Something went wrong", "The error has been logged. Try again in a moment.", "Go to the home page", "/", nil}
}

// refused sorts what a provider refuses: what the person decided, what took too long, and what only
// the people who run the app can mend.
func refused(e *auth.ProviderError) failure {
	switch {
	case e.Code == "access_denied":
		return failure{status: http.StatusForbidden, code: e.Code, title: "The sign-in was cancelled",
			message: "You, or the provider, said no. You can try again.", action: tryAgain, actionURL: "/login"}
	case e.Endpoint == "token" && e.Code == "invalid_grant":
		return failure{status: http.StatusBadRequest, code: e.Code, title: "The sign-in took too long",
			message: "What the provider sent along is not good any more.", action: signInAgain, actionURL: "/login"}
	case e.Endpoint == "authorization":
		return failure{status: http.StatusForbidden, code: cmp.Or(e.Code, "server_error"), title: "The provider did not sign you in",
			message: "It sent you back with an error.", action: tryAgain, actionURL: "/login"}
	}
	return failure{status: http.StatusBadGateway, code: cmp.Or(e.Code, "provider_error"), title: "This app is not set up right",
		message: "The provider does not accept it. Whoever runs it should compare the client's settings there with those here, the client secret above all.", action: tryAgain, actionURL: "/login"}
}

// again is the address to try again: the same, unless that would repeat a form or show the code of a
// callback, and for a fragment the page that it is a part of.
func again(r *http.Request) string {
	switch {
	case r.URL.Path == CallbackPath:
		return "/login"
	case r.URL.Path == profileFragmentPath:
		return "/profile"
	case r.Method == http.MethodGet && !isFragment(r):
		return r.URL.RequestURI()
	}
	return "/"
}

// fail answers with an error: as the fragment that was asked for, as JSON for who prefers it, or as a
// page. The error itself reaches the log alone.
func (h *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	f, id := failureOf(err), requestID(r.Context())
	h.Logger.WarnContext(r.Context(), "refused", "request", id, "status", f.status, "err", err)
	w.Header().Set("Cache-Control", "no-store")
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if f.actionURL == "" {
		f.actionURL = again(r)
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.status)
		json.NewEncoder(w).Encode(map[string]string{"error": f.code, "message": f.title + ". " + f.message})
		return
	}
	notice := views.NoticeProps{Title: f.title, Message: f.message, Action: f.action, ActionURL: f.actionURL,
		Status: f.status, RequestID: id, Details: f.details}
	if isFragment(r) {
		notice.Fragment, notice.ID = true, profileID
		h.render(w, r, f.status, views.Notice(notice))
		return
	}
	h.render(w, r, f.status, h.noticePage(r, notice))
}

// refuse is fail for a request that no route has taken and whose session is not loaded yet.
func (h *app) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.Auth.Peek(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.fail(w, r, err) })).ServeHTTP(w, r)
}

// wantsJSON reports whether a program asks: a browser names text/html.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func isFragment(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/fragments/") }
