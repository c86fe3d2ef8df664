package auth_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
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
		if len(values) != 1 && name != "resource" { // RFC 8707 section 2
			return "repeated " + name
		}
	}
	return ""
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
