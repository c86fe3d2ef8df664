package handlers

import (
	"net/http"
)

// GET /healthz: the process answers.
func (h *app) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// GET /readyz: people can sign in.
func (h *app) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := h.Auth.Ready(r.Context()); err != nil {
		h.Logger.WarnContext(r.Context(), "not ready", "request", requestID(r.Context()), "err", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ready\n"))
}

// GET /favicon.ico: for what does not read the page's own link.
func (h *app) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, h.Assets.URL("favicon.svg"), http.StatusFound)
}
