package devidp

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

var promptValues = []string{"none", "login", "consent", "select_account", "create"}

// GET, POST /authorize starts the authorization code flow (OpenID Connect Core section 3.1.2.1).
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.showRequestError(w, r, err)
		return
	}
	if err := p.loadPushedRequest(r); err != nil {
		p.showRequestError(w, r, err)
		return
	}
	a, err := p.parseRequest(r.Context(), r.Form)
	if err != nil {
		p.sendError(w, r, a.params, err)
		return
	}
	s, signedIn := p.currentSession(r)
	if a.hasPrompt("none") && a.needsLogin(s, signedIn, p.now()) {
		p.sendError(w, r, a.params, oidc.ErrLoginRequired())
		return
	}
	saved := p.saveRequest(a)
	if user, ok := p.userOfHint(saved); ok {
		p.signInAs(w, r, saved, user)
		return
	}
	p.proceed(w, r, saved, s, signedIn)
}

// proceed redirects the browser to the next page that the request needs. If none is needed, it redirects to the
// client with a code.
func (p *Provider) proceed(w http.ResponseWriter, r *http.Request, a *authRequest, s session, signedIn bool) {
	switch {
	case a.needsLogin(s, signedIn, p.now()) && a.hasPrompt("create"): // Initiating User Registration 1.0
		http.Redirect(w, r, pageURL("/register", a), http.StatusSeeOther)
	case a.needsLogin(s, signedIn, p.now()):
		http.Redirect(w, r, pageURL("/signin", a), http.StatusSeeOther)
	case a.hintSubject != "" && a.hintSubject != s.Subject: // the client expects another user
		p.sendError(w, r, a.params, oidc.ErrLoginRequired())
	case a.needsConsent(s):
		http.Redirect(w, r, pageURL("/consent", a), http.StatusSeeOther)
	case p.faults.take(faultRefused):
		p.sendError(w, r, a.params, &oidc.Error{
			ErrorType: oidc.AccessDenied, Description: "refused, because a switch of this provider asked for it",
		})
	default:
		p.redirectToClient(w, r, a.params, url.Values{"code": {p.issueCode(a, s)}})
	}
}

// pageURL returns the path of a page for a request.
func pageURL(path string, a *authRequest) string {
	return path + "?" + url.Values{"request": {a.id}}.Encode()
}

// issueCode returns a new authorization code for the session.
func (p *Provider) issueCode(a *authRequest, s session) string {
	value := rand.Text()
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	now := p.now()
	p.state.codes.put(hash(value), code{request: *a, session: s}, now, now.Add(codeLifetime))
	return value
}

// parseRequest parses and checks an authorization request. If it returns an error, the request has the parameters
// that sendError needs to send the error to the client.
func (p *Provider) parseRequest(ctx context.Context, form url.Values) (a authRequest, err error) {
	for name, values := range form {
		if len(values) > 1 { // RFC 6749 section 3.1
			return a, oidc.ErrInvalidRequestRedirectURI().WithDescription("%.40q is present more than once", name)
		}
	}
	if err := p.op.Decoder().Decode(&a.params, form); err != nil {
		return a, oidc.ErrInvalidRequestRedirectURI().WithDescription("the request could not be parsed").WithParent(err)
	}
	a.params.Prompt = slices.DeleteFunc(a.params.Prompt, func(s string) bool { return s == "" })
	client, ok := p.clients[a.params.ClientID]
	if !ok {
		return a, oidc.ErrInvalidRequestRedirectURI().WithDescription(unknownClient)
	}
	a.client = client
	opClient := &opClient{Client: client}
	if err := op.ValidateAuthReqRedirectURI(opClient, a.params.RedirectURI, a.params.ResponseType); err != nil {
		return a, oidc.ErrInvalidRequestRedirectURI().
			WithDescription("redirect_uri is not registered for this client").WithParent(err)
	}
	if err := checkRequest(a.params, client); err != nil {
		return a, err
	}
	a.hintSubject, err = op.ValidateAuthRequestClient(ctx, &a.params, opClient, p.op.IDTokenHintVerifier(ctx))
	if err != nil {
		return a, err
	}
	a.scopes = slices.DeleteFunc(slices.Clone([]string(a.params.Scopes)), func(scope string) bool {
		return !slices.Contains([]string{"openid", "profile", "email", oidc.ScopeOfflineAccess}, scope) ||
			scope == oidc.ScopeOfflineAccess && !a.hasPrompt("consent") && !a.hasPrompt("create")
	})
	return a, nil
}

// checkRequest checks the parameters that op does not check.
func checkRequest(req oidc.AuthRequest, client Client) error {
	invalid := func(description string) error { return oidc.ErrInvalidRequest().WithDescription("%s", description) }
	unknown := func(prompt string) bool { return !slices.Contains(promptValues, prompt) }
	switch {
	case req.RequestParam != "":
		return oidc.ErrRequestNotSupported()
	case req.ResponseType == "":
		return invalid("response_type is missing")
	case req.ResponseType != oidc.ResponseTypeCode:
		return &oidc.Error{ErrorType: "unsupported_response_type", Description: "response_type is not code"}
	case req.ResponseMode != "" && req.ResponseMode != oidc.ResponseModeQuery:
		return invalid("response_mode is not query")
	case !slices.Contains(req.Scopes, oidc.ScopeOpenID):
		return oidc.ErrInvalidScope().WithDescription("scope does not contain openid")
	case req.CodeChallenge == "" && client.Secret == "":
		return invalid("a public client needs PKCE: code_challenge is missing")
	case req.CodeChallenge != "" && req.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return invalid("code_challenge_method is not S256")
	case req.CodeChallenge != "" && len(req.CodeChallenge) != 43:
		return invalid("code_challenge is not a SHA-256 hash in base64url")
	case slices.ContainsFunc(req.Prompt, unknown):
		return invalid("prompt has a value that is not supported")
	}
	return nil
}

// redirectToClient redirects the browser to the redirect URI with the parameters, the state and iss (RFC 9207).
func (p *Provider) redirectToClient(w http.ResponseWriter, r *http.Request, req oidc.AuthRequest, params url.Values) {
	if req.State != "" {
		params.Set("state", req.State)
	}
	params.Set("iss", p.config.Issuer)
	http.Redirect(w, r, withQuery(req.RedirectURI, params), http.StatusSeeOther)
}

// withQuery returns the URI with parameters added. The query that the URI already has is not changed.
func withQuery(uri string, params url.Values) string {
	separator := "?"
	if strings.Contains(uri, "?") {
		separator = "&"
	}
	return uri + separator + params.Encode()
}

// sendError redirects the browser to the client with an error. If the redirect URI is missing or not trusted, it shows
// an error page instead.
func (p *Provider) sendError(w http.ResponseWriter, r *http.Request, req oidc.AuthRequest, err error) {
	e := oidc.DefaultToServerError(err, "")
	if e.IsRedirectDisabled() || req.RedirectURI == "" {
		p.showRequestError(w, r, err)
		return
	}
	p.config.Logger.InfoContext(r.Context(), "authorization request rejected",
		"client", req.ClientID, "error", string(e.ErrorType), "description", e.Description)
	params := url.Values{"error": {string(e.ErrorType)}}
	if e.Description != "" {
		params.Set("error_description", e.Description)
	}
	p.redirectToClient(w, r, req, params)
}

// showRequestError shows an error page for a request whose error must not be sent to a redirect URI.
func (p *Provider) showRequestError(w http.ResponseWriter, r *http.Request, err error) {
	p.config.Logger.InfoContext(r.Context(), "request rejected", "err", err)
	title, text := "Invalid request", "The app sent a request that the provider cannot read."
	if e := new(oidc.Error); errors.As(err, &e) {
		switch e.Description {
		case "":
		case unknownClient:
			title, text = "Unknown client", "The app's CLIENT_ID is not registered here."
		default:
			text = "The app sent an invalid request: " + e.Description + "."
		}
	}
	p.showError(w, r, http.StatusBadRequest, title, text)
}
