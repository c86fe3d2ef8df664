package auth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/go-jose/go-jose/v4"
)

// authenticate checks the client's authentication with the registered method. If it fails, authenticate responds with
// invalid_client and returns false.
func (p *provider) authenticate(w http.ResponseWriter, r *http.Request, o overrides) bool {
	form, ok := r.PostForm, false
	id, secret, basic := r.BasicAuth()
	switch o.AuthMethod {
	case "client_secret_basic": // both parts are form-encoded: RFC 6749 section 2.3.1
		id, err1 := url.QueryUnescape(id)
		secret, err2 := url.QueryUnescape(secret)
		ok = basic && err1 == nil && err2 == nil && id == o.ClientID && secret == o.ClientSecret &&
			!form.Has("client_secret")
	case "client_secret_post":
		ok = !basic && form.Get("client_id") == o.ClientID && form.Get("client_secret") == o.ClientSecret
	case "private_key_jwt":
		ok = !basic && secret == "" && !form.Has("client_secret") && p.checkAssertion(o, form)
	case "none":
		ok = !basic && form.Get("client_id") == o.ClientID && !form.Has("client_secret") &&
			!form.Has("client_assertion")
	}
	if !ok {
		oauthError(w, http.StatusUnauthorized, "invalid_client", "client authentication failed")
	}
	return ok
}

// checkAssertion checks a client assertion as RFC 7523 section 3 and OpenID Connect Core section 9 require.
func (p *provider) checkAssertion(o overrides, form url.Values) bool {
	const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	algs := []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.ES384, jose.EdDSA}
	jws, err := jose.ParseSignedCompact(form.Get("client_assertion"), algs)
	if err != nil || form.Get("client_assertion_type") != jwtBearer || form.Get("client_id") != o.ClientID {
		return false
	}
	if jws.Signatures[0].Header.KeyID != o.ClientKeyID {
		return false
	}
	payload, err := jws.Verify(o.ClientKey)
	var c struct {
		Iss, Sub, Aud, Jti string
		Iat, Exp           int64
	}
	if err != nil || json.Unmarshal(bytes.TrimSpace(payload), &c) != nil {
		return false
	}
	now := p.Clock.Now().Unix()
	p.mu.Lock()
	defer p.mu.Unlock()
	ok := c.Iss == o.ClientID && c.Sub == o.ClientID && c.Aud == p.Issuer && len(c.Jti) >= 16 && !p.assertionIDs[c.Jti] &&
		c.Iat <= now && now < c.Exp && c.Exp <= now+300
	p.assertionIDs[c.Jti] = true
	return ok
}
