package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	o := p.currentOverrides()
	doc := map[string]any{
		"issuer":                                         p.Issuer,
		"authorization_endpoint":                         p.Issuer + "/authorize",
		"token_endpoint":                                 p.Issuer + "/token",
		"userinfo_endpoint":                              p.Issuer + "/userinfo",
		"jwks_uri":                                       p.Issuer + "/jwks",
		"end_session_endpoint":                           p.Issuer + "/end",
		"revocation_endpoint":                            p.Issuer + "/revoke",
		"pushed_authorization_request_endpoint":          p.Issuer + "/par",
		"require_pushed_authorization_requests":          o.RequirePAR,
		"authorization_response_iss_parameter_supported": true,
		"prompt_values_supported":                        []string{"none", "login", "consent", "create"},
		"id_token_signing_alg_values_supported":          []string{o.Alg},
		"subject_types_supported":                        []string{"public"},
		"response_types_supported":                       []string{"code"},
	}
	if o.Discovery != nil {
		o.Discovery(doc)
	}
	writeJSON(w, http.StatusOK, doc)
}

// authorize signs User in and redirects to the callback at once.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	o := p.currentOverrides()
	q := r.URL.Query()
	p.mu.Lock()
	if uri := q.Get("request_uri"); uri != "" {
		pushed, ok := p.pushedRequests[uri]
		if delete(p.pushedRequests, uri); !ok || pushed.Get("client_id") != q.Get("client_id") {
			p.mu.Unlock()
			http.Error(w, "unknown request_uri", http.StatusBadRequest)
			return
		}
		q = pushed
	} else if o.RequirePAR {
		p.mu.Unlock()
		http.Error(w, "request_uri is missing", http.StatusBadRequest)
		return
	}
	p.addSecret("state", q.Get("state"))
	p.addSecret("nonce", q.Get("nonce"))
	p.mu.Unlock()
	if problem := checkAuthRequest(o, q); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	response := url.Values{"state": {q.Get("state")}, "iss": {p.Issuer}, "code": {p.issueCode(o, q)}}
	if o.AuthResponse != nil {
		o.AuthResponse(response)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+response.Encode(), http.StatusSeeOther)
}

// checkAuthRequest returns the name of a parameter that is not valid, or "" if the request is valid.
func checkAuthRequest(o overrides, q url.Values) string {
	switch {
	case q.Get("client_id") != o.ClientID:
		return "client_id"
	case q.Get("redirect_uri") != o.RedirectURI:
		return "redirect_uri"
	case q.Get("response_type") != "code":
		return "response_type"
	case !hasScope(q.Get("scope"), "openid"):
		return "scope"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "code_challenge"
	case len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20:
		return "state or nonce"
	}
	for name, values := range q {
		if len(values) != 1 {
			return "repeated " + name
		}
	}
	return ""
}

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

// par stores a pushed authorization request (RFC 9126).
func (p *provider) par(w http.ResponseWriter, r *http.Request) {
	o := p.currentOverrides()
	if !p.authenticate(w, r, o) {
		return
	}
	q := maps.Clone(r.PostForm)
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		delete(q, name)
	}
	if problem := checkAuthRequest(o, q); problem != "" || q.Has("request_uri") {
		oauthError(w, http.StatusBadRequest, "invalid_request", problem)
		return
	}
	p.mu.Lock()
	uri := "urn:ietf:params:oauth:request_uri:" + p.newSecret("request uri")
	p.pushedRequests[uri] = q
	p.mu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": 60})
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

func (p *provider) userinfo(w http.ResponseWriter, r *http.Request) {
	o := p.currentOverrides()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	g := p.accessTokens[token]
	p.mu.Unlock()
	if !ok || g == nil || !p.Clock.Now().Before(g.expires) || r.Form.Has("access_token") {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims := maps.Clone(o.User)
	claims["sub"] = g.sub
	if o.Userinfo != nil {
		o.Userinfo(claims)
	}
	writeJSON(w, http.StatusOK, claims)
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

// endSession is the end_session_endpoint. It redirects at once.
func (p *provider) endSession(w http.ResponseWriter, r *http.Request) {
	redirectURI := r.Form.Get("post_logout_redirect_uri")
	if redirectURI == "" {
		writeJSON(w, http.StatusOK, json.RawMessage(`{}`))
		return
	}
	if state := r.Form.Get("state"); state != "" {
		redirectURI += "?" + url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, redirectURI, http.StatusSeeOther)
}
