package devidp

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const (
	pushedPrefix   = "urn:ietf:params:oauth:request_uri:"
	pushedLifetime = time.Minute
)

// pushed is an authorization request that came from the client itself.
type pushed struct {
	client string
	form   url.Values
}

// POST /par: a client sends its authorization request ahead (RFC 9126 section 2).
func (p *Provider) pushedAuthorization(w http.ResponseWriter, r *http.Request) {
	form, client, err := p.authenticateClient(r)
	if err != nil {
		p.tokenError(w, r, err)
		return
	}
	if form.Has("request_uri") {
		p.tokenError(w, r, oidc.ErrInvalidRequest().WithDescription("request_uri must not be pushed"))
		return
	}
	form.Set("client_id", client.ID)
	form.Del("client_secret")
	if _, err := p.parseRequest(r.Context(), form); err != nil {
		p.tokenError(w, r, err)
		return
	}
	uri := pushedPrefix + rand.Text()
	p.state.mu.Lock()
	now := p.now()
	p.state.pushed.put(uri, pushed{client.ID, form}, now, now.Add(pushedLifetime))
	p.state.mu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(pushedLifetime / time.Second)})
}

// unfoldPushed puts what was pushed in place of its request_uri. Each can be used once.
func (p *Provider) loadPushedRequest(r *http.Request) error {
	uri := r.Form.Get("request_uri")
	switch {
	case uri == "" && p.cfg.RequirePushedAuthorization:
		return oidc.ErrInvalidRequestRedirectURI().WithDescription("authorization requests must be pushed")
	case uri == "":
		return nil
	}
	p.state.mu.Lock()
	found, ok := p.state.pushed.take(uri, p.now())
	p.state.mu.Unlock()
	if !ok || found.client != r.Form.Get("client_id") {
		return oidc.ErrInvalidRequestRedirectURI().WithDescription("request_uri was not pushed by this client, was used before or has expired")
	}
	r.Form = found.form
	return nil
}

// clientForm reads the form of a client, and has the client prove who it is.
func (p *Provider) authenticateClient(r *http.Request) (url.Values, Client, error) {
	none := func(err error) (url.Values, Client, error) { return nil, Client{}, err }
	if err := parseBody(r); err != nil {
		return none(err)
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if basicID, basicSecret, ok := r.BasicAuth(); ok {
		if secret != "" {
			return none(oidc.ErrInvalidRequest().WithDescription("client authentication must not use more than one method"))
		}
		var err1, err2 error
		basicID, err1 = url.QueryUnescape(basicID) // RFC 6749 section 2.3.1
		secret, err2 = url.QueryUnescape(basicSecret)
		if errors.Join(err1, err2) != nil || id != "" && id != basicID {
			return none(oidc.ErrInvalidClient())
		}
		id = basicID
	}
	client, ok := p.clients[id]
	if !ok || client.Secret != "" && !client.secretMatches(secret) {
		return none(oidc.ErrInvalidClient())
	}
	return r.PostForm, client, nil
}
