package devidp

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// GET, POST /userinfo returns the claims of the user of an access token (OpenID Connect Core section 5.3). The handler
// of op is not used, because it answers 403 where RFC 6750 section 3.1 requires 401.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	if user, scopes, ok := p.authenticateToken(w, r); ok {
		writeJSON(w, http.StatusOK, user.claims(scopes))
	}
}

// authenticateToken returns the user and the scopes of the request's access token. Without a valid token it writes an
// error response (RFC 6750 section 3) and reports false.
func (p *Provider) authenticateToken(w http.ResponseWriter, r *http.Request) (user User, scopes []string, ok bool) {
	token := bearerToken(r)
	if token == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="devidp"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{
			"error": "invalid_request", "error_description": "the access token is missing",
		})
		return User{}, nil, false
	}
	if user, scopes, ok = p.userByAccessToken(token); !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="devidp", error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{
			"error": "invalid_token", "error_description": "the token is unknown, expired or revoked",
		})
	}
	return user, scopes, ok
}

// bearerToken returns the token of the Authorization header or of the form of a POST request (RFC 6750 section 2). A
// token in the URL is ignored.
func bearerToken(r *http.Request) string {
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if r.Method == http.MethodPost && parseBody(r) == nil {
		return r.PostForm.Get("access_token")
	}
	return ""
}

// userByAccessToken returns the user and the scopes of an access token.
func (p *Provider) userByAccessToken(token string) (user User, scopes []string, ok bool) {
	decrypted, err := p.op.Crypto().Decrypt(token)
	if err != nil {
		return User{}, nil, false
	}
	id, subject, _ := strings.Cut(decrypted, ":")
	p.state.view(func(d *savedState) {
		a, found := d.Access[hash(id)]
		ok = found && p.now().Before(a.Expires) && d.hasGrant(a.Grant)
		scopes = a.Scopes
	})
	if !ok {
		return User{}, nil, false
	}
	user, ok = p.userBySubject(subject)
	return user, scopes, ok
}

var supportedClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "azp", "sid",
	"name", "given_name", "family_name", "nickname", "preferred_username", "username", "locale", "zoneinfo", "updated_at",
	"email", "email_verified",
}

// claims returns the claims that the scopes request (OpenID Connect Core sections 5.1 and 5.4).
func (u User) claims(scopes []string) map[string]any {
	claims := map[string]any{"sub": u.Subject}
	add := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	if slices.Contains(scopes, "profile") {
		add("username", u.Username)
		add("preferred_username", u.Username)
		add("name", u.Name)
		add("given_name", u.GivenName)
		add("family_name", u.FamilyName)
		add("nickname", u.Nickname)
		add("locale", u.Locale)
		add("zoneinfo", u.Zoneinfo)
		if !u.UpdatedAt.IsZero() {
			claims["updated_at"] = u.UpdatedAt.Unix()
		}
	}
	if slices.Contains(scopes, "email") && u.Email != "" {
		claims["email"] = u.Email
		claims["email_verified"] = u.EmailVerified
	}
	if slices.Contains(scopes, "profile") {
		maps.Copy(claims, u.Claims)
	}
	return claims
}
