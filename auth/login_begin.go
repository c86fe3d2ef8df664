package auth

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// LoginOptions say what is particular about one sign-in. The zero value is the usual one.
type LoginOptions struct {
	// ReturnTo is the page to come back to, a path on this site. What is none becomes "/".
	ReturnTo string

	// Prompt is login, create or select_account (OpenID Connect Core section 3.1.2.1, Initiating
	// User Registration 1.0). It is left out when the provider does not list it in
	// prompt_values_supported, as an unknown one is an error to many; login only when there is a list.
	Prompt string

	// LoginHint tells the provider who probably wants to sign in, such as an email address.
	LoginHint string

	// MaxAge asks for a person who proved who they are at the provider no longer ago than this; at
	// least a second. Finish checks it against auth_time. Zero: any time ago.
	MaxAge time.Duration
}

// BeginLogin starts a sign-in: it hands the browser a cookie for this attempt and returns the address at
// the provider to redirect to, which asks for a code with state, nonce and PKCE S256, all fresh.
// The attempt is good for ten minutes. The session, if there is one, is not touched.
// It is ErrUnavailable when the provider has never been reached or the store does not answer, and ErrRefused (a
// *ProviderError) when the provider takes no pushed request from this client.
func (c *Client) BeginLogin(w http.ResponseWriter, r *http.Request, o LoginOptions) (authURL string, err error) {
	ctx := r.Context()
	m, err := c.metadata(ctx)
	if err != nil {
		return "", err
	}
	seal, err := c.attemptSealer(ctx)
	if err != nil {
		return "", err
	}
	state := random(16)
	a := &attempt{Began: c.now().UnixMicro(), Seed: randomBytes(seedSize), ReturnTo: SafeReturnTo(o.ReturnTo)}
	if o.MaxAge > 0 {
		a.MaxAge = max(o.MaxAge.Truncate(time.Second), time.Second)
	}
	params := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce()), oauth2.S256ChallengeOption(a.verifier())}
	add := func(name, value string) {
		if value != "" {
			params = append(params, oauth2.SetAuthURLParam(name, value))
		}
	}
	add("prompt", c.prompt(m, o.Prompt))
	add("login_hint", clip(o.LoginHint, 320))
	if a.MaxAge > 0 {
		add("max_age", strconv.Itoa(int(a.MaxAge/time.Second)))
	}
	authURL = c.oauth(m).AuthCodeURL(state, params...)
	if c.cfg.PushedAuthorization || m.RequirePAR {
		if authURL, err = c.push(ctx, m, authURL); err != nil {
			return "", err
		}
	}
	if err := c.keepAttempt(w, r, seal, state, a); err != nil {
		return "", err
	}
	return authURL, nil
}

// prompt joins what one sign-in asks for with what every sign-in asks for. create stands alone: what
// it means beside another value is not defined.
func (c *Client) prompt(m *metadata, asked string) string {
	if !m.supports(asked) {
		asked = ""
	}
	if asked == "create" || c.cfg.Prompt == "" {
		return cmp.Or(asked, c.cfg.Prompt)
	}
	if slices.Contains(strings.Fields(c.cfg.Prompt), asked) {
		return c.cfg.Prompt
	}
	return strings.TrimSpace(asked + " " + c.cfg.Prompt)
}
