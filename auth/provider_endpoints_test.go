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

func (op *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	b := op.bent()
	doc := map[string]any{
		"issuer":                                         op.Issuer,
		"authorization_endpoint":                         op.Issuer + "/authorize",
		"token_endpoint":                                 op.Issuer + "/token",
		"userinfo_endpoint":                              op.Issuer + "/userinfo",
		"jwks_uri":                                       op.Issuer + "/jwks",
		"end_session_endpoint":                           op.Issuer + "/end",
		"revocation_endpoint":                            op.Issuer + "/revoke",
		"pushed_authorization_request_endpoint":          op.Issuer + "/par",
		"require_pushed_authorization_requests":          b.RequirePAR,
		"authorization_response_iss_parameter_supported": true,
		"prompt_values_supported":                        []string{"none", "login", "consent", "create"},
		"id_token_signing_alg_values_supported":          []string{b.Alg},
		"subject_types_supported":                        []string{"public"},
		"response_types_supported":                       []string{"code"},
	}
	if b.Discovery != nil {
		b.Discovery(doc)
	}
	writeJSON(w, http.StatusOK, doc)
}

// authorize signs Person in and sends the browser back at once.
func (op *provider) authorize(w http.ResponseWriter, r *http.Request) {
	b := op.bent()
	q := r.URL.Query()
	op.mu.Lock()
	if uri := q.Get("request_uri"); uri != "" {
		pushed, ok := op.pushed[uri]
		if delete(op.pushed, uri); !ok || pushed.Get("client_id") != q.Get("client_id") {
			op.mu.Unlock()
			http.Error(w, "unknown request_uri", http.StatusBadRequest)
			return
		}
		q = pushed
	} else if b.RequirePAR {
		op.mu.Unlock()
		http.Error(w, "push the request", http.StatusBadRequest)
		return
	}
	op.hide("state", q.Get("state"))
	op.hide("nonce", q.Get("nonce"))
	op.mu.Unlock()
	if fault := checkRequest(b, q); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}, "iss": {op.Issuer}, "code": {op.issueCode(b, q)}}
	if b.Answer != nil {
		b.Answer(answer)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusSeeOther)
}

func checkRequest(b bends, q url.Values) string {
	switch {
	case q.Get("client_id") != b.ClientID:
		return "client_id"
	case q.Get("redirect_uri") != b.RedirectURI:
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

func (op *provider) issueCode(b bends, q url.Values) string {
	op.mu.Lock()
	defer op.mu.Unlock()
	g := &grant{
		clientID: b.ClientID, redirectURI: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"),
		scope: q.Get("scope"), sub: b.Person["sub"].(string), sid: b.SID, authTime: b.AuthTime,
	}
	if g.sid == "" {
		g.sid = op.fresh("sid")
	}
	if g.authTime.IsZero() {
		g.authTime = op.Clock.Now()
	}
	op.serial++
	g.family = op.serial
	code := op.fresh("authorization code")
	op.codes[code] = g
	return code
}

// par keeps a pushed authorization request (RFC 9126).
func (op *provider) par(w http.ResponseWriter, r *http.Request) {
	b := op.bent()
	if !op.authenticate(w, r, b) {
		return
	}
	q := maps.Clone(r.PostForm)
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		delete(q, name)
	}
	if fault := checkRequest(b, q); fault != "" || q.Has("request_uri") {
		oauthError(w, http.StatusBadRequest, "invalid_request", fault)
		return
	}
	op.mu.Lock()
	uri := "urn:ietf:params:oauth:request_uri:" + op.fresh("request uri")
	op.pushed[uri] = q
	op.mu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": 60})
}

func (op *provider) token(w http.ResponseWriter, r *http.Request) {
	b := op.bent()
	if r.Method != http.MethodPost || !op.authenticate(w, r, b) {
		return
	}
	var g *grant
	fault := "unsupported_grant_type"
	op.mu.Lock()
	switch form := r.PostForm; form.Get("grant_type") {
	case "authorization_code":
		g, fault = op.redeem(form)
	case "refresh_token":
		g, fault = op.exchange(form.Get("refresh_token"), b.NoRotate)
	}
	op.mu.Unlock()
	if fault != "" {
		oauthError(w, http.StatusBadRequest, fault, "not this one")
		return
	}
	response := op.tokens(g, b, r.PostForm)
	if b.TokenResponse != nil {
		b.TokenResponse(response)
	}
	writeJSON(w, http.StatusOK, response)
}

// redeem checks a code as RFC 6749 section 4.1.3 and RFC 7636 section 4.6 say. The lock is held.
func (op *provider) redeem(form url.Values) (*grant, string) {
	g := op.codes[form.Get("code")]
	if g == nil {
		return nil, "invalid_grant"
	}
	if g.used { // a thief, or whom he robbed: nothing of this code is good any more
		op.endFamily(g.family)
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

// exchange takes a refresh token. With rotation its second use ends all that follow from it (RFC 9700 section 4.14.2).
func (op *provider) exchange(token string, keep bool) (*grant, string) {
	g := op.refresh[token]
	if g == nil {
		return nil, "invalid_grant"
	}
	if keep {
		return g, ""
	}
	if g.used {
		op.endFamily(g.family)
		return nil, "invalid_grant"
	}
	g.used = true
	next := *g
	next.used = false
	return &next, ""
}

func (op *provider) endFamily(family int) {
	of := func(_ string, g *grant) bool { return g.family == family }
	maps.DeleteFunc(op.access, of)
	maps.DeleteFunc(op.refresh, of)
}

// tokens issues what a grant gives.
func (op *provider) tokens(g *grant, b bends, form url.Values) map[string]any {
	ttl := b.AccessTTL
	if ttl == 0 {
		ttl = time.Hour
	}
	access := *g
	access.expires = op.Clock.Now().Add(ttl)
	op.mu.Lock()
	token := op.fresh("access token")
	op.access[token] = &access
	response := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(ttl / time.Second), "scope": g.scope}
	if hasScope(g.scope, "offline_access") && !(b.NoRotate && form.Has("refresh_token")) {
		next := *g
		next.used = false
		refresh := op.fresh("refresh token")
		op.refresh[refresh] = &next
		response["refresh_token"] = refresh
	}
	op.mu.Unlock()
	nonce := g.nonce
	if form.Has("refresh_token") {
		nonce = ""
	}
	id := op.idToken(g, b, token, nonce) // outside the lock: a bend may look at the provider
	op.mu.Lock()
	defer op.mu.Unlock()
	response["id_token"] = op.hide("id token", id)
	return response
}

func (op *provider) userinfo(w http.ResponseWriter, r *http.Request) {
	b := op.bent()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	op.mu.Lock()
	g := op.access[token]
	op.mu.Unlock()
	if !ok || g == nil || !op.Clock.Now().Before(g.expires) || r.Form.Has("access_token") {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims := maps.Clone(b.Person)
	claims["sub"] = g.sub
	if b.Userinfo != nil {
		b.Userinfo(claims)
	}
	writeJSON(w, http.StatusOK, claims)
}

// revoke takes a token back (RFC 7009).
func (op *provider) revoke(w http.ResponseWriter, r *http.Request) {
	if !op.authenticate(w, r, op.bent()) {
		return
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	if g := op.refresh[r.PostForm.Get("token")]; g != nil {
		op.endFamily(g.family)
	}
}

// end is the end_session_endpoint.
func (op *provider) end(w http.ResponseWriter, r *http.Request) {
	back := r.Form.Get("post_logout_redirect_uri")
	if back == "" {
		writeJSON(w, http.StatusOK, json.RawMessage(`{}`))
		return
	}
	if state := r.Form.Get("state"); state != "" {
		back += "?" + url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
