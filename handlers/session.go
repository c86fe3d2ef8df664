package handlers

import (
	"errors"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/views"
)

const (
	sessionFragmentPath = "/fragments/session"
	profileFragmentPath = "/fragments/profile"
	profileID           = "profile"
)

// GET /fragments/session: the login state of the navbar, or 204 when it still is as in ?was=. A
// protected page left open leads away when its session has ended or become another's.
func (h *app) sessionFragment(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	user, err := h.Auth.User(r.Context())
	if errors.Is(err, auth.ErrUnavailable) { // nobody knows: what is shown stays
		h.Logger.WarnContext(r.Context(), "login state unknown", "request", requestID(r.Context()), "err", err)
		w.Header().Set("HX-Reswap", "none")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	state, was := loginState(user, err == nil), r.FormValue("was")
	switch {
	case state.Key == was:
		w.WriteHeader(http.StatusNoContent)
		return
	case onProtectedPage(r) && !sameSession(state.Key, was):
		to := "/"
		if state.SignedIn {
			to = "/profile"
		}
		w.Header().Set("HX-Redirect", to)
	}
	h.render(w, r, http.StatusOK, views.LoginState(state))
}

// sessionKey stands for a session and the name that is shown for it: before the dot for the session
// alone.
func sessionKey(user auth.User) string {
	name := fnv.New32a()
	name.Write([]byte(user.Name))
	return user.SessionRef + "." + strconv.FormatUint(uint64(name.Sum32()), 36)
}

func sameSession(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return a == b
}

// onProtectedPage reports whether the page that asks shows what only one person may see.
func onProtectedPage(r *http.Request) bool {
	u, err := url.Parse(r.Header.Get("HX-Current-URL"))
	return err == nil && u.Path == "/profile"
}

func loginState(user auth.User, signedIn bool) views.LoginStateProps {
	p := views.LoginStateProps{FragmentURL: sessionFragmentPath}
	if signedIn {
		p.SignedIn, p.Name, p.Key = true, user.Name, sessionKey(user)
	}
	return p
}
