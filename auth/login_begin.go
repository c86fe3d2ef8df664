package auth

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// LoginOptions are the options of one sign-in. The zero value is an ordinary sign-in that ends at "/".
type LoginOptions struct {
	// ReturnTo is the page to return to: a path on this site with an optional query. Anything that is not a local path
	// becomes "/"; see [SafeReturnTo].
	ReturnTo string

	// Prompt is login, create or select_account (OpenID Connect Core section 3.1.2.1, Initiating User Registration
	// 1.0). It is sent only if the provider lists it in prompt_values_supported, because many providers reject
	// unknown values. If the provider publishes no list, only login is sent.
	Prompt string

	// LoginHint tells the provider who probably wants to sign in, for example an email address.
	LoginHint string

	// MaxAge is the maximum time since the person signed in at the provider, in whole seconds and at least one.
	// FinishLogin checks it. If zero, any time is accepted.
	MaxAge time.Duration

	// Params are additional parameters of the authorization request. They replace those of [Config.AuthParams] with the
	// same names. BeginLogin returns an error for a parameter that AuthParams does not allow.
	Params url.Values
}

// BeginLogin starts a sign-in. It sets a cookie for this login attempt and returns the URL at the provider to redirect
// to. The URL requests a code, with a new state, nonce and PKCE challenge (S256). The attempt is valid for ten minutes.
// BeginLogin does not change the session.
//
// The error is ErrUnavailable if the provider was never reached or the store does not answer, ErrMisconfigured if the
// provider cannot be used, and ErrRefused (a [*ProviderError]) if it rejects the pushed authorization request.
func (c *Client) BeginLogin(w http.ResponseWriter, r *http.Request, o LoginOptions) (authURL string, err error) {
	ctx := r.Context()
	m, err := c.traceMetadata(ctx)
	if err != nil {
		return "", err
	}
	s, err := c.attemptSealer(ctx)
	if err != nil {
		return "", err
	}
	state := randomText(16)
	a := &attempt{Began: c.now().UnixMicro(), Seed: randomBytes(seedSize), ReturnTo: SafeReturnTo(o.ReturnTo)}
	if o.MaxAge > 0 {
		a.MaxAge = max(o.MaxAge.Truncate(time.Second), time.Second)
	}
	params := url.Values{
		"state":                 {state},
		"nonce":                 {a.nonce()},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(a.verifier())},
		"code_challenge_method": {"S256"},
	}
	add := func(name, value string) {
		if value != "" {
			params.Set(name, value)
		}
	}
	add("prompt", c.prompt(c.requestedPrompt(m, r, o.Prompt)))
	add("login_hint", clip(o.LoginHint, 320))
	if a.MaxAge > 0 {
		add("max_age", strconv.Itoa(int(a.MaxAge/time.Second)))
	}
	if authURL, err = c.authorizationURL(m, params, o.Params); err != nil {
		return "", err
	}
	if c.cfg.PushedAuthorization || m.RequirePAR {
		if authURL, err = c.pushRequest(ctx, m, authURL); err != nil {
			return "", err
		}
	}
	a.Took = c.now().UnixMicro() - a.Began
	if t := traceOf(ctx); t.listens() {
		c.traceAttempt(t, m, a)
	}
	if err := c.setAttemptCookie(w, r, s, state, a, authURL); err != nil {
		return "", err
	}
	return authURL, nil
}

// requestedPrompt returns the prompt of one sign-in: the value that the caller requests, if the provider supports it.
// If the caller requests none and the last sign-out left the person signed in at the provider, it is a value that lets
// the person choose the account.
func (c *Client) requestedPrompt(m *metadata, r *http.Request, requested string) string {
	if requested == "" && c.asksForAccount(r) {
		return m.accountPrompt()
	}
	if !m.supportsPrompt(requested) {
		return ""
	}
	return requested
}

// prompt returns the prompt parameter: the value that was requested for this sign-in and those of the configuration.
// create is sent alone, because its meaning beside other values is not defined.
func (c *Client) prompt(requested string) string {
	if requested == "create" || c.cfg.Prompt == "" {
		return cmp.Or(requested, c.cfg.Prompt)
	}
	if slices.Contains(strings.Fields(c.cfg.Prompt), requested) {
		return c.cfg.Prompt
	}
	return strings.TrimSpace(requested + " " + c.cfg.Prompt)
}
