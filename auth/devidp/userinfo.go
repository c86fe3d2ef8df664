package devidp

import (
	"maps"
	"net/http"
	"slices"
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

var supportedClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "azp", "sid",
	"name", "given_name", "family_name", "nickname", "preferred_username", "username", "locale", "zoneinfo", "updated_at",
	"email", "email_verified",
}

// claims are what the scopes ask for (OpenID Connect Core sections 5.1 and 5.4).
func (p User) claims(scopes []string) map[string]any {
	claims := map[string]any{"sub": p.Subject}
	add := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	if slices.Contains(scopes, "profile") {
		add("username", p.Username)
		add("preferred_username", p.Username)
		add("name", p.Name)
		add("given_name", p.GivenName)
		add("family_name", p.FamilyName)
		add("nickname", p.Nickname)
		add("locale", p.Locale)
		add("zoneinfo", p.Zoneinfo)
		if !p.UpdatedAt.IsZero() {
			claims["updated_at"] = p.UpdatedAt.Unix()
		}
	}
	if slices.Contains(scopes, "email") && p.Email != "" {
		claims["email"] = p.Email
		claims["email_verified"] = p.EmailVerified
	}
	if slices.Contains(scopes, "profile") {
		maps.Copy(claims, p.Claims)
	}
	return claims
}
