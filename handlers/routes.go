// Package handlers holds the routes: each a short function that asks auth, fills the props of a view
// and renders it. It is the only place that knows both a User and a Props.
package handlers

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
)

// The addresses that are registered at the provider, below the app's base URL.
const (
	CallbackPath     = "/login/callback"
	LogoutPath       = "/logout"
	BackChannelPath  = "/logout/backchannel"
	FrontChannelPath = "/logout/frontchannel"
)

// Config is what the handlers need. All but the development provider's fields is required.
type Config struct {
	Auth         *auth.Client
	Assets       *assets.Assets
	Logger       *slog.Logger
	BaseURL      string   // public, without a trailing slash; the Host header is never believed
	PublicClient bool     // whether the home page says so
	DevUsers     []string // who can sign in at the development provider; empty: it does not run
	DevPassword  string   // their password
}

type app struct {
	Config
	issuerOrigin string
	httpsOnly    bool // whether browsers are told to come by https alone (RFC 6797)
	mux          *http.ServeMux
}

// New returns the whole app as one handler.
func New(cfg Config) http.Handler {
	h := &app{Config: cfg, mux: http.NewServeMux()}
	if u, err := url.Parse(cfg.BaseURL); err == nil { // on this machine it would bind every port of localhost
		h.httpsOnly = u.Scheme == "https" && !auth.IsLoopback(u.Hostname())
	}
	if u, err := url.Parse(cfg.Auth.Issuer()); err == nil {
		h.issuerOrigin = u.Scheme + "://" + u.Host
	}

	// What a person does. It prolongs the session.
	page := func(pattern string, f http.HandlerFunc) { h.mux.Handle(pattern, cfg.Auth.Load(f)) }
	page("GET /{$}", h.home)
	page("GET /login", h.login)
	page("POST /login", h.login)
	page("GET "+CallbackPath, h.callback)
	page("GET /profile", h.profile)
	page("POST /profile", h.refresh)
	page("GET "+LogoutPath, h.logout)
	page("POST "+LogoutPath, h.logout)
	page("GET /components", h.components)
	page("GET /components/{component}", h.components)
	page("POST /fragments/profile", h.profileFragment)

	// What a page does by itself. It does not.
	h.mux.Handle("GET /fragments/session", cfg.Auth.Peek(http.HandlerFunc(h.sessionFragment)))

	// What is nobody's session.
	h.mux.HandleFunc("POST "+BackChannelPath, h.backChannelLogout)
	h.mux.HandleFunc("GET "+FrontChannelPath, h.frontChannelLogout)
	h.mux.HandleFunc("GET /healthz", h.healthz)
	h.mux.HandleFunc("GET /readyz", h.readyz)
	h.mux.HandleFunc("GET /favicon.ico", h.favicon)
	h.mux.Handle("GET "+assets.Prefix, cfg.Assets)

	return h.observe(h.guard(http.HandlerFunc(h.route)))
}

// route serves what has a route, and an error of ours for what has none: 404, or 405 with Allow.
func (h *app) route(w http.ResponseWriter, r *http.Request) {
	answer, pattern := h.mux.Handler(r)
	if pattern != "" {
		h.mux.ServeHTTP(w, r)
		return
	}
	refusal := &headerOnly{header: http.Header{}}
	answer.ServeHTTP(refusal, r)
	if refusal.status != http.StatusMethodNotAllowed { // or a redirect to what is not there either
		refusal.status = http.StatusNotFound
	}
	if allow := refusal.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	h.refuse(w, r, statusError(refusal.status))
}

// headerOnly learns from the mux's own answer what is wrong, and drops its text.
type headerOnly struct {
	header http.Header
	status int
}

func (w *headerOnly) Header() http.Header         { return w.header }
func (w *headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (w *headerOnly) WriteHeader(status int)      { w.status = status }
