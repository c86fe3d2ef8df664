package devidp

import (
	"cmp"
	"net/http"
)

// HelloPath is the path of an API that an app can call with an access token.
const HelloPath = "/api/hello"

// GET /api/hello greets the user of the access token in the Authorization header, in JSON:
//
//	{"message": "Hello, Ada Lovelace!", "sub": "dev-ada"}
//
// Without a valid token it responds with 401 and WWW-Authenticate (RFC 6750 section 3).
func (p *Provider) hello(w http.ResponseWriter, r *http.Request) {
	if user, _, ok := p.authenticateToken(w, r); ok {
		writeJSON(w, http.StatusOK, map[string]string{
			"message": "Hello, " + cmp.Or(user.Name, user.Username, user.Subject) + "!", "sub": user.Subject,
		})
	}
}
