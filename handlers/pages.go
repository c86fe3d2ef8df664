package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/assets"
	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
	"github.com/plusauth/plusauth-go-starter/views/gallery"
)

// GET /: for everybody, whatever else is out of order.
func (h *app) home(w http.ResponseWriter, r *http.Request) {
	user, err := h.Auth.User(r.Context())
	home := views.HomeProps{Issuer: h.Auth.Issuer(), Client: h.clientKind(), DevUsers: h.DevUsers, DevPassword: h.DevPassword,
		Began: user.SignedInAt, Ends: user.ExpiresAt}
	if errors.Is(err, auth.ErrUnavailable) {
		h.Logger.WarnContext(r.Context(), "shown as signed out", "request", requestID(r.Context()), "err", err)
		home.Notice = "Sessions can't be reached right now, so you are shown as signed out. Try again in a moment."
	}
	h.render(w, r, http.StatusOK, views.HomePage(h.page(r), home))
}

func (h *app) clientKind() string {
	if h.PublicClient {
		return "public"
	}
	return "confidential"
}

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

// GET /components and /components/{component}: the gallery.
func (h *app) components(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("component")
	if name != "" && !slices.Contains(gallery.Components(), name) {
		h.fail(w, r, statusError(http.StatusNotFound))
		return
	}
	h.render(w, r, http.StatusOK, gallery.Page(h.page(r), gallery.Props{
		Component: name, Stylesheet: assets.Stylesheet, GalleryStylesheet: h.Assets.URL("gallery.css")}))
}

func (h *app) logoutPage(r *http.Request) templ.Component { return views.LogoutPage(h.page(r)) }

func (h *app) noticePage(r *http.Request, notice views.NoticeProps) templ.Component {
	return views.NoticePage(h.page(r), notice)
}

// page is what every page has around it.
func (h *app) page(r *http.Request) views.PageProps {
	user, err := h.Auth.User(r.Context())
	return views.PageProps{
		Stylesheet: h.Assets.URL("app.css"), Script: h.Assets.URL("app.js"), Htmx: h.Assets.URL("htmx.js"), Icon: h.Assets.URL("favicon.svg"),
		Session: loginState(user, err == nil),
	}
}

func loginState(user auth.User, signedIn bool) views.LoginStateProps {
	var p views.LoginStateProps
	if signedIn {
		p.SignedIn, p.Name, p.Key = true, user.Name, sessionKey(user)
	}
	p.FragmentURL = sessionFragmentPath + "?was=" + url.QueryEscape(p.Key)
	return p
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
