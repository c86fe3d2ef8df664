// Package auth signs people in with OpenID Connect and keeps them signed in with a session.
//
// A [Client] is one application at one provider. The application calls it in its own handlers. The package writes no
// pages and registers no routes.
//
//	middleware   Load, or Peek for background requests
//	sign in      BeginLogin, then a redirect to the provider, then FinishLogin
//	signed in    User, Refresh, Token
//	sessions     Sessions, EndSession, EndAllSessions
//	sign out     BeginLogout, then a redirect to the provider, then FinishLogout
//	             BackChannelLogout and FrontChannelLogout, if the provider ends the session
//
// # Standards
//
// The package implements the authorization code flow of OpenID Connect Core 1.0 (section 3.1) with PKCE, and follows
// RFC 9700. It supports pushed authorization requests (RFC 9126), the issuer in the authorization response (RFC 9207),
// token revocation (RFC 7009), and RP-Initiated, Back-Channel and Front-Channel Logout 1.0. It does not support other
// flows, encrypted tokens or distributed claims.
//
// Providers differ from the standards. The package accepts what does no harm, such as a token response with a wrong
// content type, a token response without an access token, or a key with an unreadable certificate. An error that
// waiting does not cure is [ErrMisconfigured] and names the likely fields of [Config]. Whatever a provider repeats of a
// request is taken out of errors, logs and claims.
//
// # Duties of the application
//
// The package cannot do the following for the application:
//
//   - Wrap all handlers in [net/http.CrossOriginProtection]. Behind a proxy that changes the Host header, add the
//     public origin with AddTrustedOrigin.
//   - Send "Cache-Control: no-store" with every page that shows something private.
//   - Keep queries out of the access log. The query of the callback contains the code and the state.
//   - Do not call [Client.BeginLogin] for a prefetch (a request with "Sec-Purpose: prefetch").
//   - If the Content-Security-Policy has form-action, allow the scheme https: in it, and not only the provider's host.
//     Browsers apply form-action to all redirects that follow a form, and the provider may redirect on to another
//     identity provider.
//   - Call [Client.Wait] after the last request and before the store is closed.
package auth

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-jose/go-jose/v4"
)

// Client signs people in to one application at one provider. Create it with [New]. It is safe for concurrent use.
type Client struct {
	cfg          Config
	http         *http.Client
	signer       jose.Signer // of client assertions; nil without ClientKey
	discovery    *cached[*metadata]
	keys         *keySet
	unusableKeys unusableKeys
	attemptKey   *cached[sealer]
	summaryKey   *cached[sealer]
	scs          scs.SessionManager // the settings; see manager
	background   sync.WaitGroup
	leaving      sync.Map      // from states of sign-outs to channels; see revokeAfter
	waiting      chan struct{} // closed by Wait
	closeWaiting func()

	attemptCookiePrefix, attemptCookiePath string
	accountCookieName                      string // has attemptCookiePath
	logoutCookieName, logoutCookiePath     string
}

// New returns a Client. It returns the error of [Config.Validate] if the configuration is invalid, and does not connect
// to the provider or the store. The Client discovers the provider on first use and retries until that succeeds.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	c := &Client{cfg: cfg, http: newHTTPClient(cfg), unusableKeys: unusableKeys{}, scs: newManager(cfg)}
	c.waiting = make(chan struct{})
	c.closeWaiting = sync.OnceFunc(func() { close(c.waiting) })
	if cfg.ClientAuthMethod == PrivateKeyJWT {
		var err error
		if c.signer, err = newAssertionSigner(cfg); err != nil {
			return nil, err
		}
	}
	c.discovery = &cached[*metadata]{now: cfg.Now, timeout: cfg.ProviderTimeout, fetch: c.discover}
	c.attemptKey = &cached[sealer]{now: cfg.Now, timeout: storeTimeout, fetch: c.loadAttemptSealer}
	c.summaryKey = &cached[sealer]{now: cfg.Now, timeout: storeTimeout, fetch: c.loadSummarySealer}
	c.keys = newKeySet(cfg, c.fetchKeys)

	// The prefix __Host- requires the path "/", so these cookies have __Secure-.
	prefix, suffix := cookiePrefix(cfg, "__Secure-"), cookieSuffix(cfg)
	c.attemptCookiePrefix, c.attemptCookiePath = prefix+"login"+suffix+"-", path.Dir(pathOf(cfg.RedirectURL))
	c.accountCookieName = prefix + "account" + suffix
	c.logoutCookieName, c.logoutCookiePath = prefix+"logout"+suffix, pathOf(cfg.PostLogoutRedirectURL)
	return c, nil
}

// Ready returns nil if people can sign in: the provider has been discovered and the store answers.
// Otherwise the error is ErrUnavailable or ErrMisconfigured.
func (c *Client) Ready(ctx context.Context) error {
	if _, err := c.metadata(ctx); err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if err := c.cfg.Store.Ping(ctx); err != nil {
		return fmt.Errorf("session store: %w: %w", ErrUnavailable, err)
	}
	return nil
}

// Wait waits for the background work of the Client, such as the revocation of tokens, which takes a few seconds at
// most. It does not wait for browsers to return from the provider's sign-out: from then on, tokens are revoked at once.
// Call Wait after the last request and before the store is closed.
func (c *Client) Wait() {
	c.closeWaiting()
	c.background.Wait()
}

// runInBackground runs work that the request does not wait for. It logs the error of do under the message failed.
func (c *Client) runInBackground(ctx context.Context, failed string, do func(context.Context) error) {
	ctx = WithTrace(context.WithoutCancel(ctx), nil) // the hooks belong to the request
	c.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, c.cfg.ProviderTimeout)
		defer cancel()
		if err := do(ctx); err != nil {
			c.cfg.Logger.WarnContext(ctx, failed, "err", clipError(err))
		}
	})
}

func (c *Client) now() time.Time { return c.cfg.Now() }
