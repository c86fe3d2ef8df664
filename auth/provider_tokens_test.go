package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// issueCode returns a new code for an authorization request.
func (p *provider) issueCode(o overrides, q url.Values) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := &grant{
		clientID: o.ClientID, redirectURI: q.Get("redirect_uri"), challenge: q.Get("code_challenge"),
		nonce: q.Get("nonce"), scope: q.Get("scope"), sub: o.User["sub"].(string), sid: o.SID, authTime: o.AuthTime,
	}
	if g.sid == "" {
		g.sid = p.newSecret("sid")
	}
	if g.authTime.IsZero() {
		g.authTime = p.Clock.Now()
	}
	p.serial++
	g.family = p.serial
	code := p.newSecret("authorization code")
	p.codes[code] = g
	return code
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	o := p.currentOverrides()
	if r.Method != http.MethodPost || !p.authenticate(w, r, o) {
		return
	}
	var g *grant
	code := "unsupported_grant_type"
	p.mu.Lock()
	switch form := r.PostForm; form.Get("grant_type") {
	case "authorization_code":
		g, code = p.redeemCode(form)
	case "refresh_token":
		g, code = p.redeemRefreshToken(form.Get("refresh_token"), o.NoRotation)
	}
	p.mu.Unlock()
	if code != "" {
		oauthError(w, http.StatusBadRequest, code, "the grant is not valid")
		return
	}
	response := p.issueTokens(g, o, r.PostForm)
	if o.TokenResponse != nil {
		o.TokenResponse(response)
	}
	writeJSON(w, http.StatusOK, response)
}

// redeemCode checks a code as RFC 6749 section 4.1.3 and RFC 7636 section 4.6 require. The error code is empty if the
// code is valid. The caller holds the lock.
func (p *provider) redeemCode(form url.Values) (g *grant, errorCode string) {
	g = p.codes[form.Get("code")]
	if g == nil {
		return nil, "invalid_grant"
	}
	if g.used { // the code was probably stolen (RFC 6749 section 4.1.2)
		p.deleteFamily(g.family)
		return nil, "invalid_grant"
	}
	g.used = true
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if form.Get("redirect_uri") != g.redirectURI || len(form.Get("code_verifier")) < 43 ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
		return nil, "invalid_grant"
	}
	return g, ""
}

// redeemRefreshToken checks a refresh token. The error code is empty if the token is valid. If refresh tokens are
// rotated, the second use of a token makes all tokens of its family invalid (RFC 9700 section 4.14.2). The caller
// holds the lock.
func (p *provider) redeemRefreshToken(token string, noRotation bool) (g *grant, errorCode string) {
	g = p.refreshTokens[token]
	if g == nil {
		return nil, "invalid_grant"
	}
	if noRotation {
		return g, ""
	}
	if g.used {
		p.deleteFamily(g.family)
		return nil, "invalid_grant"
	}
	g.used = true
	next := *g
	next.used = false
	return &next, ""
}

// deleteFamily makes all tokens of a family invalid. The caller holds the lock.
func (p *provider) deleteFamily(family int) {
	inFamily := func(_ string, g *grant) bool { return g.family == family }
	maps.DeleteFunc(p.accessTokens, inFamily)
	maps.DeleteFunc(p.refreshTokens, inFamily)
}

// issueTokens issues new tokens for a grant and returns the token response.
func (p *provider) issueTokens(g *grant, o overrides, form url.Values) map[string]any {
	ttl := o.AccessTokenTTL
	if ttl == 0 {
		ttl = time.Hour
	}
	access := *g
	access.expires = p.Clock.Now().Add(ttl)
	p.mu.Lock()
	token := p.newSecret("access token")
	p.accessTokens[token] = &access
	response := map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(ttl / time.Second), "scope": g.scope,
	}
	if hasScope(g.scope, "offline_access") && !(o.NoRotation && form.Has("refresh_token")) {
		next := *g
		next.used = false
		refresh := p.newSecret("refresh token")
		p.refreshTokens[refresh] = &next
		response["refresh_token"] = refresh
	}
	p.mu.Unlock()
	nonce := g.nonce
	if form.Has("refresh_token") {
		nonce = ""
	}
	id := p.idToken(g, o, token, nonce) // without the lock, because an override may call the provider
	p.mu.Lock()
	defer p.mu.Unlock()
	response["id_token"] = p.addSecret("id token", id)
	return response
}

// revoke revokes a refresh token (RFC 7009).
func (p *provider) revoke(w http.ResponseWriter, r *http.Request) {
	if !p.authenticate(w, r, p.currentOverrides()) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if g := p.refreshTokens[r.PostForm.Get("token")]; g != nil {
		p.deleteFamily(g.family)
	}
}
