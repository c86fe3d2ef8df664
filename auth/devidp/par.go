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

// pushed is a pushed authorization request.
type pushed struct {
	clientID string
	form     url.Values
}

// POST /par saves an authorization request that the client sends directly (RFC 9126 section 2).
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

// loadPushedRequest replaces the form of the request by the pushed request that request_uri names. Each request_uri
// works once.
func (p *Provider) loadPushedRequest(r *http.Request) error {
	uri := r.Form.Get("request_uri")
	switch {
	case uri == "" && p.config.RequirePushedAuthorization:
		return oidc.ErrInvalidRequestRedirectURI().WithDescription("authorization requests must be pushed")
	case uri == "":
		return nil
	}
	p.state.mu.Lock()
	found, ok := p.state.pushed.take(uri, p.now())
	p.state.mu.Unlock()
	if !ok || found.clientID != r.Form.Get("client_id") {
		return oidc.ErrInvalidRequestRedirectURI().
			WithDescription("request_uri was not pushed by this client, was used before or has expired")
	}
	r.Form = found.form
	return nil
}

// authenticateClient parses the form of a request and authenticates the client.
func (p *Provider) authenticateClient(r *http.Request) (url.Values, Client, error) {
	fail := func(err error) (url.Values, Client, error) { return nil, Client{}, err }
	if err := parseBody(r); err != nil {
		return fail(err)
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if basicID, basicSecret, ok := r.BasicAuth(); ok {
		if secret != "" {
			return fail(oidc.ErrInvalidRequest().WithDescription("client authentication must not use more than one method"))
		}
		var err1, err2 error
		basicID, err1 = url.QueryUnescape(basicID) // RFC 6749 section 2.3.1
		secret, err2 = url.QueryUnescape(basicSecret)
		if errors.Join(err1, err2) != nil || id != "" && id != basicID {
			return fail(oidc.ErrInvalidClient())
		}
		id = basicID
	}
	client, ok := p.clients[id]
	if !ok || client.Secret != "" && !client.secretMatches(secret) {
		return fail(oidc.ErrInvalidClient())
	}
	return r.PostForm, client, nil
}
