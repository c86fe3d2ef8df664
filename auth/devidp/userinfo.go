package devidp

import (
	"net/http"
	"strings"
)

// GET, POST /userinfo: the claims of the person of an access token (OpenID Connect Core section 5.3).
// op's own answers 403 where RFC 6750 section 3.1 has 401.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	token := bearer(r)
	if token == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="devidp"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_request", "error_description": "no access token"})
		return
	}
	person, scopes, ok := p.personOf(token)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="devidp", error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token", "error_description": "unknown, expired or revoked"})
		return
	}
	writeJSON(w, http.StatusOK, person.claims(scopes))
}

// bearer finds the token in the header, or in the form of a POST (RFC 6750 section 2); never in the address.
func bearer(r *http.Request) string {
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if r.Method == http.MethodPost && parseBody(r) == nil {
		return r.PostForm.Get("access_token")
	}
	return ""
}

func (p *Provider) personOf(token string) (person User, scopes []string, ok bool) {
	decrypted, err := p.op.Crypto().Decrypt(token)
	if err != nil {
		return User{}, nil, false
	}
	id, subject, _ := strings.Cut(decrypted, ":")
	p.state.read(func(d *saved) {
		a, found := d.Access[hash(id)]
		ok = found && p.now().Before(a.Expires) && d.hasGrant(a.Grant)
		scopes = a.Scopes
	})
	if !ok {
		return User{}, nil, false
	}
	person, ok = p.person(subject)
	return person, scopes, ok
}
