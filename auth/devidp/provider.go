// Package devidp is an OpenID provider for development and tests. It runs on a loopback address.
//
//	p, err := devidp.Start(devidp.Config{Clients: []devidp.Client{{
//		ID:                     "app",
//		RedirectURIs:           []string{"http://localhost:3000/login/callback"},
//		PostLogoutRedirectURIs: []string{"http://localhost:3000/logout"},
//	}}})
//	defer p.Close()
//	// the app's issuer is p.Issuer()
//	resp, err := devidp.SignIn(browser, "http://localhost:3000/login", "ada")
//
// The provider supports the authorization code flow with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 7636), pushed
// authorization requests (RFC 9126), refresh tokens with rotation, revocation (RFC 7009), single sign-on, and
// RP-Initiated, Back-Channel and Front-Channel Logout 1.0. It also has a small protected API at [HelloPath], so that
// an app can try its access tokens. Its pages for sign-in, registration, consent and sign-out
// work without JavaScript.
//
// Anyone who can reach the provider can sign in as one of its demo users. It is not for production, and [New] rejects
// an issuer that is not on a loopback address. Passwords of registered users are hashed with few rounds: do
// not enter a real password.
package devidp

import (
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// DefaultIssuer is the issuer to use in development. Its site differs from that of an app on localhost, as it does in
// production, so that cookies and policies behave the same.
const DefaultIssuer = "http://127.0.0.1:9998"

// Config configures a [Provider].
type Config struct {
	// Issuer is the provider's issuer URL and the address at which it is served. It is an http or https URL with a
	// loopback host and no path. New requires it. Start uses a free port if it is empty.
	Issuer string

	// Clients are the registered clients.
	Clients []Client

	// Users are the users that can sign in with one click. The default is [DemoUsers].
	Users []User

	// File is the name of the file that keeps the signing keys, registered users, sessions and tokens over a
	// restart. Sign-ins in progress are not kept. The file is created with mode 0600. It must not be used by two
	// providers at the same time. If it is empty, everything is kept in memory only.
	File string

	// CSS is the stylesheet of the pages. The provider appends its own rules. The default is a plain
	// stylesheet.
	CSS []byte

	// SigningAlg is the algorithm that signs ID tokens and logout tokens: RS256, PS256, ES256 or EdDSA.
	// The default is RS256.
	SigningAlg string

	// Key is the signing key, so that many tests can share one. It must match SigningAlg: *rsa.PrivateKey,
	// *ecdsa.PrivateKey on P-256 or ed25519.PrivateKey. It is not saved in File. The default is a generated
	// key.
	Key crypto.Signer

	// AccessTokenLifetime is the lifetime of access tokens. The default is one hour.
	AccessTokenLifetime time.Duration

	// RequirePushedAuthorization rejects authorization requests that were not pushed (RFC 9126 section 5).
	// If it is false, they are accepted.
	RequirePushedAuthorization bool

	// Misbehave shows a panel on the pages with switches that make something go wrong at the next sign-in, so that a
	// developer sees what the app does. If it is false, there is no such panel.
	Misbehave bool

	// Logger receives rejected requests and failed logout deliveries. No code, token or password is logged.
	// By default nothing is logged.
	Logger *slog.Logger

	// Now returns the current time. The default is [time.Now].
	Now func() time.Time
}

// Provider is an OpenID provider. It implements [http.Handler] and serves all URLs below its issuer.
// It is safe for concurrent use.
type Provider struct {
	config     Config
	issuerHost string
	clients    map[string]Client
	cookieName string
	state      *state
	keysMu     sync.RWMutex
	keys       []signingKey // the first key signs; guarded by keysMu
	faults     faults
	op         *op.Provider
	mux        *http.ServeMux
	pages      pages
	csp        string         // Content-Security-Policy of the pages
	http       *http.Client   // sends logout tokens
	deliveries sync.WaitGroup // logout tokens that are being sent
}

// New returns a provider. It does not use the network. It returns an error that lists all mistakes of the
// configuration, or an error that says why File cannot be read or written.
func New(cfg Config) (*Provider, error) {
	cfg.SigningAlg = cmp.Or(cfg.SigningAlg, "RS256")
	cfg.AccessTokenLifetime = cmp.Or(cfg.AccessTokenLifetime, time.Hour)
	if cfg.Users == nil {
		cfg.Users = DemoUsers()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Provider{config: cfg, clients: map[string]Client{}}
	issuer, err := checkIssuer(cfg.Issuer)
	err = errors.Join(err, p.addClients(cfg.Clients), checkUsers(cfg.Users), checkKey(cfg.SigningAlg, cfg.Key))
	if err != nil {
		return nil, fmt.Errorf("devidp: %w", err)
	}
	p.issuerHost = issuer.Host
	p.cookieName = "devidp" // cookies do not distinguish ports, so the port is part of the name
	if port := issuer.Port(); port != "" {
		p.cookieName += "-" + port
	}
	p.pages, p.csp = newPages(cfg.CSS), p.contentSecurityPolicy()
	p.http = &http.Client{
		Timeout:       deliveryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     http.DefaultTransport.(*http.Transport).Clone(),
	}
	if p.state, err = openState(cfg.File, p.now); err != nil {
		return nil, fmt.Errorf("devidp: %w", err)
	}
	if err := p.setUp(); err != nil {
		return nil, fmt.Errorf("devidp: %w", err)
	}
	return p, nil
}

// setUp sets the fields that depend on the state: the keys, the protocol library and the routes.
func (p *Provider) setUp() (err error) {
	if p.keys, err = p.loadKeys(); err != nil {
		return err
	}
	var seal [sealSize]byte
	p.state.view(func(d *savedState) { copy(seal[:], d.Seal) })
	p.op, err = op.NewProvider(&op.Config{
		CryptoKey:                  seal,
		AuthMethodPost:             true,
		CodeMethodS256:             true,
		GrantTypeRefreshToken:      true,
		SupportedScopes:            []string{"openid", "profile", "email", "offline_access"},
		SupportedClaims:            supportedClaims,
		BackChannelLogoutSupported: true, BackChannelLogoutSessionSupported: true,
	}, &storage{p: p}, op.StaticIssuer(p.config.Issuer),
		op.WithAllowInsecure(),
		op.WithCORSOptions(nil), // the default allows every origin, with credentials
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms(signingAlgs...)))
	if err != nil {
		return err
	}
	p.routes()
	return nil
}

// Issuer returns the issuer URL.
func (p *Provider) Issuer() string { return p.config.Issuer }

// Close waits until all logout tokens are sent, which takes about ten seconds at most. Its error is always nil.
func (p *Provider) Close() error {
	p.deliveries.Wait()
	p.http.CloseIdleConnections()
	return nil
}

func (p *Provider) now() time.Time {
	if p.config.Now != nil {
		return p.config.Now()
	}
	return time.Now()
}

// checkIssuer parses an issuer URL and checks that only browsers on this machine can reach it.
func checkIssuer(issuer string) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		issuer != u.Scheme+"://"+u.Host {
		return &url.URL{}, fmt.Errorf("issuer %q: want a URL such as %s, without a path or a trailing slash",
			issuer, DefaultIssuer)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	if host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback()) {
		return u, fmt.Errorf("issuer %q: want a loopback host, because anyone can sign in at this provider", issuer)
	}
	return u, nil
}
