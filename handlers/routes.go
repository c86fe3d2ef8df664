// Package handlers holds the routes of the app. A handler asks package auth who is signed in, fills the props of a view
// and renders it. No other package knows both an auth.User and the props of the views.
//
// A handler returns an error instead of writing one: the error becomes a page, a fragment or JSON in one place. A page
// that requires sign-in is registered with private, which gives its handler the user:
//
//	a.private("GET /notes", a.notes)
//
//	// GET /notes lists the person's notes.
//	func (a *app) notes(w http.ResponseWriter, r *http.Request, user auth.User) error {
//		return a.render(w, r, views.NotesPage(a.page(r, "Notes"), notesOf(user.Subject)))
//	}
//
// Guards decide who may use it: requireClaim asks for a role or a group, requireRecentSignIn for a recent sign-in.
//
//	a.private("GET /admin", a.admin, requireClaim("roles", "admin"))
//	a.private("GET /delete-account", a.deleteAccount, requireRecentSignIn(5*time.Minute))
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/telemetry"
)

// The paths that are registered at the provider, below the app's base URL.
const (
	CallbackPath     = "/login/callback"
	failedLoginPath  = "/login/failed" // not registered
	LogoutPath       = "/logout"
	BackChannelPath  = "/logout/backchannel"
	FrontChannelPath = "/logout/frontchannel"
)

// Config configures the app. Auth, Assets, Logger and BaseURL are required.
type Config struct {
	Auth         *auth.Client   // signs people in
	Assets       *assets.Assets // stylesheets and scripts of the pages
	Logger       *slog.Logger   // receives one line per request, and errors
	BaseURL      string         // the app's public URL, without a trailing slash; the Host header never replaces it
	PublicClient bool           // the client has no secret, which the home page mentions
	DevUsers     []DevUser      // people of the development provider; if empty, it does not run

	Variables   map[string]string  // from fields of auth.Config to the environment variables that set them
	Inspect     bool               // record the last sign-in for /flow, and show developers' details on error pages
	AccountURL  string             // where people manage their account at the provider; if empty, no page shows a link
	Metrics     *telemetry.Metrics // counts what happens; if nil, nothing is counted
	IdleTimeout time.Duration      // of sessions, which the home page mentions; if 0, it does not
	Stopping    func() bool        // reports whether the app is about to stop, which /readyz says; optional
	HSTSMaxAge  time.Duration      // of Strict-Transport-Security (RFC 6797), with an https BaseURL; if 0, it is not sent
}

// DevUser is a person of the development provider.
type DevUser struct {
	LoginHint string // tells the provider whom to sign in
	Name      string // to show
	Subject   string // selects the colour of the avatar
}

type app struct {
	Config
	mux            *http.ServeMux
	providerHost   string // names the provider to people
	providerOrigin string
	formSchemes    string   // to which forms may lead, in a Content-Security-Policy
	hsts           string   // Strict-Transport-Security; if empty, it is not sent
	base           *url.URL // BaseURL
	checkup        checkup
	flows          *flowStore // nil if nothing is recorded
	drawn          sync.Map   // the pages of renderOnce, by key
}

// New returns the whole app as one handler. It panics if BaseURL is not an absolute URL.
func New(cfg Config) http.Handler {
	a := newApp(cfg)
	a.routes()
	return a.handler()
}

func newApp(cfg Config) *app {
	a := &app{Config: cfg, mux: http.NewServeMux(), base: parseBaseURL(cfg.BaseURL), formSchemes: "https:"}
	a.BaseURL = a.base.String()
	if a.Inspect {
		a.flows = newFlowStore()
	}
	// On a loopback host the header would apply to every port of that host. Without includeSubDomains it says nothing
	// about other hosts of the domain, which the app does not know.
	if a.base.Scheme == "https" && !auth.IsLoopback(a.base.Hostname()) && cfg.HSTSMaxAge > 0 {
		a.hsts = fmt.Sprintf("max-age=%d", int64(cfg.HSTSMaxAge.Seconds()))
	}
	if u, err := url.Parse(cfg.Auth.Issuer()); err == nil {
		a.providerHost, a.providerOrigin = u.Host, u.Scheme+"://"+u.Host
		if u.Scheme == "http" { // on a loopback address
			a.formSchemes = "http: https:"
		}
	}
	return a
}

func (a *app) routes() {
	// Pages for everybody.
	a.public("GET /{$}", a.home)
	a.public("GET "+signedOutPath, a.signedOut)
	a.public("GET /components", a.components)
	a.public("GET /components/{component}", a.components)

	// Pages, forms and fragments that require sign-in.
	a.private("GET /profile", a.profile)
	a.private("POST /profile", a.refreshProfile)
	a.private("POST /fragments/profile", a.profileFragment)
	a.private("GET /sessions", a.sessions)
	a.private("POST /sessions", a.endSessions)
	if a.flows != nil {
		a.public("GET /flow", a.flow)
	}

	// Addresses that do something when they are opened.
	a.action("GET /login", a.login)
	a.action("POST /login", a.login)
	a.action("GET "+CallbackPath, a.callback)
	a.mux.Handle("POST "+CallbackPath, a.Auth.Peek(a.handle(errorPage, a.postedCallback)))
	a.mux.Handle("GET "+failedLoginPath, a.Auth.Load(a.handle(errorPage, a.failedLogin)))
	a.action("GET "+LogoutPath, a.logout)
	a.action("POST "+LogoutPath, a.logout)

	// Background requests, which do not extend the session.
	a.mux.Handle("GET /fragments/session", a.Auth.Peek(a.handle(errorPage, a.sessionFragment)))
	a.mux.Handle("/", a.Auth.Peek(a.handle(errorPage, a.noRoute)))

	// Routes without a session.
	a.mux.HandleFunc("POST "+BackChannelPath, a.backChannelLogout)
	a.mux.HandleFunc("GET "+FrontChannelPath, a.frontChannelLogout)
	a.mux.HandleFunc("POST /theme", a.chooseTheme)
	a.mux.HandleFunc("GET /healthz", a.healthz)
	a.mux.HandleFunc("GET /readyz", a.readyz)
	a.mux.HandleFunc("GET /favicon.ico", a.favicon)
	a.mux.Handle("GET "+assets.Prefix, a.Assets)
}

// handler returns the routes inside the middleware.
func (a *app) handler() http.Handler { return a.logRequests(a.protect(http.HandlerFunc(a.route))) }

// handlerFunc answers a request or returns an error, which [app.fail] answers with.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// privateFunc is a handlerFunc that requires sign-in. It must show the data of user only.
type privateFunc func(w http.ResponseWriter, r *http.Request, user auth.User) error

// public registers a page for everybody. An open page is loaded again when the person signs in or out in another tab.
func (a *app) public(pattern string, f handlerFunc) {
	a.mux.Handle(pattern, a.Auth.Load(a.handle(publicPage, f)))
}

// private registers a page, a form's target or, below /fragments/, a fragment that requires sign-in. A person who is
// signed out is sent to sign in and back to the page. An open page leads away in every tab when its session ends. The
// response is never stored. The guards decide who may use it; without guards it is everybody who is signed in.
func (a *app) private(pattern string, f privateFunc, guards ...guard) {
	a.mux.Handle(pattern, a.Auth.Load(a.handle(privatePage, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		v := visitorOf(r)
		if v.err != nil {
			return v.err
		}
		for _, allows := range guards {
			if err := allows(a, v.user); err != nil {
				return err
			}
		}
		return f(w, r, v.user)
	})))
}

// action registers an address that does something when it is opened, for example sign a person out. A prefetch
// gets 503 and does nothing: browsers discard that response and ask again when the person follows the link.
func (a *app) action(pattern string, f handlerFunc) {
	a.mux.Handle(pattern, a.Auth.Load(a.handle(errorPage, func(w http.ResponseWriter, r *http.Request) error {
		if isPrefetch(r) {
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusServiceUnavailable)
			return nil
		}
		return f(w, r)
	})))
}

// visitor is the person behind a request, as handle found them.
type visitor struct {
	user auth.User
	err  error    // nil if signed in, else auth.ErrSignedOut, or auth.ErrUnavailable if the store did not answer
	page pageKind // of the route
}

func (v visitor) signedIn() bool { return v.err == nil }

type visitorKey struct{}

// visitorOf returns the visitor of a request that handle passed on. It panics for other requests.
func visitorOf(r *http.Request) visitor { return r.Context().Value(visitorKey{}).(visitor) }

// handle returns f as a handler for use inside auth.Client.Load or Peek. It asks for the user, once per request, and
// answers with the error that f returns.
func (a *app) handle(page pageKind, f handlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := a.Auth.User(r.Context())
		r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, visitor{user, err, page}))
		if err := f(w, r); err != nil {
			a.fail(w, r, err)
		}
	})
}

// reject answers every request with err. It serves requests that no route has handled, so it loads the session itself.
func (a *app) reject(err error) http.Handler {
	return a.Auth.Peek(a.handle(errorPage, func(http.ResponseWriter, *http.Request) error { return err }))
}

// route passes a request to its route.
func (a *app) route(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "//") { // the mux would redirect to the path with one slash
		a.reject(errNotFound).ServeHTTP(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// noRoute answers requests that have no route: with 405 if the path has routes for other methods, else with 404.
func (a *app) noRoute(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	other := r.Clone(r.Context())
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		return errNotFound
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return errMethodNotAllowed
}
