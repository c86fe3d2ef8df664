// Package auth signs people in with OpenID Connect and remembers them in an scs session.
//
//	session:   mux wrapped in c.Load (what a page asks for by itself: c.Peek)
//	sign in:   c.BeginLogin -> provider -> c.FinishLogin -> c.User
//	fresh:     c.Refresh
//	sign out:  c.BeginLogout -> provider -> c.FinishLogout; or the provider alone: c.BackChannelLogout, c.FrontChannelLogout
//
// It writes no page and picks no route: handlers ask it, and render what it answers.
//
// It is a relying party of the authorization code flow (OpenID Connect Core 1.0 section 3.1) with
// PKCE, RP-Initiated, Back-Channel and Front-Channel Logout 1.0, as RFC 9700 advises. It has no other
// flow, no encrypted tokens, no claims by reference, and one provider a Client.
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

// Client is one application at one provider. It is safe for concurrent use.
type Client struct {
	cfg           Config
	http          *http.Client
	discovery     *cached[*metadata]
	keys          *keySet
	sealer        *cached[sealer]
	scs           scs.SessionManager // without a store; see manager
	background    sync.WaitGroup
	attemptPrefix string // of the cookies of sign-ins under way
	attemptPath   string
	endName       string // of the cookie of a sign-out under way
	endPath       string
}

// New checks the configuration and touches no network: the provider is discovered when it is first
// needed, and again until it answers.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	c := &Client{cfg: cfg, http: newHTTPClient(cfg.Transport), scs: newManager(cfg)}
	if cfg.ClientAuthMethod == PrivateKeyJWT {
		if err := c.signAssertions(); err != nil {
			return nil, err
		}
	}
	c.discovery = &cached[*metadata]{now: cfg.Now, fetch: func(ctx context.Context) (*metadata, error) {
		return discover(ctx, cfg.Issuer)
	}}
	c.sealer = &cached[sealer]{now: cfg.Now, fetch: c.loadSealer}
	c.keys = newKeySet(cfg.SigningAlg, cfg.Now, c.fetchKeys)

	// A path other than "/" rules the __Host- prefix out; __Secure- it can be.
	c.attemptPrefix, c.attemptPath = cookiePrefix(cfg, "__Secure-")+"login-", path.Dir(pathOf(cfg.RedirectURL))
	c.endName, c.endPath = cookiePrefix(cfg, "__Secure-")+"logout", pathOf(cfg.PostLogoutRedirectURL)
	return c, nil
}

// Ready reports whether people can sign in: the provider has been discovered and the store answers.
func (c *Client) Ready(ctx context.Context) error {
	if _, err := c.metadata(ctx); err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if err := c.cfg.Store.Ping(ctx); err != nil {
		return fmt.Errorf("session store: %w: %w", ErrUnavailable, err)
	}
	return nil
}

// Issuer returns the configured issuer, for what a provider sends on its own: iss in a request to sign in that
// starts at the provider (OpenID Connect Core section 4) must be it.
func (c *Client) Issuer() string { return c.cfg.Issuer }

func (c *Client) now() time.Time { return c.cfg.Now() }

func (c *Client) fetchKeys(ctx context.Context) ([]jose.JSONWebKey, error) {
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	return fetchKeys(ctx, c.http, m.JWKSURI)
}

// inBackground runs what a person need not wait for. Wait waits for it.
func (c *Client) inBackground(ctx context.Context, what string, do func(context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	c.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if err := do(ctx); err != nil {
			c.cfg.Logger.WarnContext(ctx, what, "err", clipError(err))
		}
	})
}

// Wait returns when what goes on in the background has ended, at most a few seconds later. Call it
// after the last request, before the store is closed.
func (c *Client) Wait() { c.background.Wait() }
