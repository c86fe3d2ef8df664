package handlers

import "net/http"

// GET /healthz reports that the process is running.
func (a *app) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}

// GET /readyz reports whether people can sign in: the provider has been discovered and the session store answers.
// It says that they cannot when the app is about to stop, so that a load balancer sends them elsewhere.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if a.Stopping != nil && a.Stopping() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	if err := a.Auth.Ready(r.Context()); err != nil {
		a.Logger.WarnContext(r.Context(), "not ready", "request", requestID(r.Context()), "err", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ready\n"))
}

// GET /favicon.ico redirects to the icon, for clients that do not read the link in the page.
func (a *app) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, a.Assets.URL("favicon.svg"), http.StatusFound)
}
