package devidp

import (
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// routes sets p.mux.
func (p *Provider) routes() {
	p.mux = http.NewServeMux()

	// Endpoints that clients call.
	p.mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	p.mux.HandleFunc("GET /keys", p.jwks)
	p.mux.HandleFunc("POST /par", p.pushedAuthorization)
	p.mux.HandleFunc("POST /token", p.token)
	p.mux.HandleFunc("POST /revoke", p.revoke)
	p.mux.HandleFunc("GET /userinfo", p.userinfo)
	p.mux.HandleFunc("POST /userinfo", p.userinfo)
	p.mux.HandleFunc("GET "+HelloPath, p.hello)

	// Endpoints to which clients redirect browsers.
	p.mux.HandleFunc("GET /authorize", p.authorize)
	p.mux.HandleFunc("POST /authorize", p.authorize)
	p.mux.HandleFunc("GET /end_session", p.endSession)
	p.mux.HandleFunc("POST /end_session", p.endSession)

	// Pages.
	p.mux.HandleFunc("GET /{$}", p.accountPage)
	p.mux.HandleFunc("GET /signin", p.withRequest(p.signInPage))
	p.mux.HandleFunc("GET /register", p.withRequest(p.registerPage))
	p.mux.HandleFunc("GET /consent", p.withRequest(p.consentPage))
	p.mux.HandleFunc("GET /signout", p.signOutPage)
	p.mux.HandleFunc("GET /signed-out", p.signedOutPage)
	p.mux.HandleFunc("GET "+p.pages.cssURL, p.stylesheet)
	p.mux.HandleFunc("GET /icon.svg", p.icon)
	p.form("POST /signin", p.withRequest(p.signIn))
	p.form("POST /register", p.withRequest(p.register))
	p.form("POST /consent", p.withRequest(p.consent))
	p.form("POST /cancel", p.withRequest(p.cancel))
	p.form("POST /signout", p.signOut)
	if p.config.Misbehave {
		p.form("POST /misbehave", p.withRequest(p.misbehave))
	}
	p.mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		p.showError(w, r, http.StatusNotFound, "Page not found", "This provider has no page at this address.")
	})
}

// form registers the handler of a form on one of the provider's pages. Requests from other sites are rejected.
func (p *Provider) form(pattern string, h http.HandlerFunc) {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.showError(w, r, http.StatusForbidden, "Request blocked", "It came from another site. Nothing was changed.")
	}))
	p.mux.Handle(pattern, protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			p.showError(w, r, http.StatusBadRequest, "The form could not be read", "Go back and try again.")
			return
		}
		h(w, r)
	})))
}

// ServeHTTP serves the provider. It rejects requests for a host other than the issuer's, because their cookies are
// missing, and because a hostile site could point its own name at the loopback address (DNS rebinding).
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", p.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, forms would send "Origin: null"
	h.Set("Cache-Control", "no-store")
	if r.Host != p.issuerHost {
		p.showError(w, r, http.StatusMisdirectedRequest,
			"Open "+p.issuerHost+" instead", "This provider answers at "+p.config.Issuer+" only.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormSize)
	p.mux.ServeHTTP(w, r.WithContext(op.ContextWithIssuer(p.withSkew(r.Context()), p.config.Issuer)))
}
