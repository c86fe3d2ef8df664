package handlers

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// NewWithGuards is New with routes that have guards: for administrators, for editors by a nested claim, for people who
// signed in within five minutes, and for administrators who did.
func NewWithGuards(cfg Config) http.Handler {
	a := newApp(cfg)
	a.routes()
	guarded := func(w http.ResponseWriter, r *http.Request, _ auth.User) error {
		return a.render(w, r, templ.Raw("<p>secret</p>"))
	}
	admin, recent := requireClaim("roles", "admin"), requireRecentSignIn(5*time.Minute)
	a.private("GET /admin", guarded, admin)
	a.private("POST /admin", guarded, admin)
	a.private("POST /fragments/admin", guarded, admin)
	a.private("GET /edit", guarded, requireClaim("realm_access.roles", "<editor>"))
	a.private("GET /delete", guarded, recent)
	a.private("POST /delete", guarded, recent)
	a.private("POST /fragments/delete", guarded, recent)
	a.private("GET /both", guarded, admin, recent)
	return a.handler()
}
