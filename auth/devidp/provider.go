// Package devidp is an OpenID provider for development and tests: a whole one, on a loopback address.
//
//	p, err := devidp.Start(devidp.Config{Clients: []devidp.Client{{
//		ID:                     "app",
//		RedirectURIs:           []string{"http://localhost:3000/login/callback"},
//		PostLogoutRedirectURIs: []string{"http://localhost:3000/logout"},
//	}}})
//	defer p.Close()
//	// the application's issuer is p.Issuer()
//	resp, err := devidp.SignIn(browser, "http://localhost:3000/login", "ada")
//
// It has the authorization code flow with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 7636), pushed
// authorization requests (RFC 9126), refresh tokens with rotation, revocation (RFC 7009), single sign-on,
// and the three ways to sign out: RP-Initiated, Back-Channel and Front-Channel Logout 1.0. It has pages
// to sign in, to register, to allow and to sign out, which work without JavaScript.
//
// Anybody who can reach it can sign in as one of its demo people: it is not for production, and refuses
// an issuer that is not on a loopback address.
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

// DefaultIssuer is the issuer to use in development. It is another site than an application on
// localhost, as a provider is in production.
const DefaultIssuer = "http://127.0.0.1:9998"

// Config says who the provider is and whom it knows.
type Config struct {
	// Issuer is the provider's name and address: http or https, a loopback host, no path. New requires
	// it; Start takes a free port when it is empty.
	Issuer string

	// Clients are the applications that may send people here.
	Clients []Client

	// Users can sign in with one click. Default: [Demo].
	Users []User

	// File keeps the signing key, the people who registered, sessions and tokens over a restart, but not
	// the sign-ins under way. It is made with mode 0600, and used by one process at a time: a lock stands
	// beside it. Default: memory only.
	File string

	// CSS is the stylesheet of the pages. What they need beyond it follows it. Default: only that.
	CSS []byte

	// SigningAlg signs ID and logout tokens: RS256 (the default), PS256, ES256 or EdDSA.
	SigningAlg string

	// Key signs in place of one that is made, so that many tests can share one: *rsa.PrivateKey,
	// *ecdsa.PrivateKey on P-256 or ed25519.PrivateKey, as SigningAlg asks. It is not kept in File.
	Key crypto.Signer

	// AccessTokenLifetime is how long an access token is good for. Default: an hour.
	AccessTokenLifetime time.Duration

	// RequirePushedAuthorization refuses authorization requests that were not pushed (RFC 9126 section 5).
	RequirePushedAuthorization bool

	// Logger hears of refusals and of logout tokens that could not be delivered; of no code, token or
	// password. Default: discarded.
	Logger *slog.Logger

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Provider is an OpenID provider; it serves everything below its issuer. It is safe for concurrent use.
type Provider struct {
	cfg        Config
	issuerHost string // of the issuer: the only one answered
	clients    map[string]Client
	cookieName string // name of the session cookie
	state      *state
	keys       []signingKey // the first one signs
	op         *op.Provider
	mux        *http.ServeMux
	pages      pages
	csp        string         // of the pages
	http       *http.Client   // delivers logout tokens
	deliveries sync.WaitGroup // deliveries under way
}

// New makes a provider; it touches no network. It fails when the configuration has faults, all of them
// reported together, or when File cannot be used: it is broken, or in use by another process.
func New(cfg Config) (*Provider, error) {
	cfg.SigningAlg = cmp.Or(cfg.SigningAlg, "RS256")
	cfg.AccessTokenLifetime = cmp.Or(cfg.AccessTokenLifetime, time.Hour)
	if cfg.Users == nil {
		cfg.Users = DemoUsers()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Provider{cfg: cfg, clients: map[string]Client{}}
	issuer, err := checkIssuer(cfg.Issuer)
	if err := errors.Join(err, p.addClients(cfg.Clients), checkUsers(cfg.Users), checkKey(cfg.SigningAlg, cfg.Key)); err != nil {
		return nil, fmt.Errorf("devidp: %w", err)
	}
	p.issuerHost = issuer.Host
	p.cookieName = "devidp" // cookies ignore ports, so the port is in the name
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

// start makes what needs the state: keys, the parts of the protocol, the routes.
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
	}, &storage{p}, op.StaticIssuer(p.cfg.Issuer),
		op.WithAllowInsecure(),
		op.WithCORSOptions(nil), // its default allows any origin, with credentials
		op.WithIDTokenHintVerifierOpts(op.WithSupportedIDTokenHintSigningAlgorithms(signingAlgs...)))
	if err != nil {
		return err
	}
	p.routes()
	return nil
}

// Issuer is the issuer of the configuration.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// Close waits for the logout tokens under way, which takes seconds at most.
func (p *Provider) Close() error {
	p.deliveries.Wait()
	p.http.CloseIdleConnections()
	return nil
}

func (p *Provider) now() time.Time {
	if p.cfg.Now != nil {
		return p.cfg.Now()
	}
	return time.Now()
}

// checkIssuer accepts what browsers of this machine alone can reach.
func checkIssuer(issuer string) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		issuer != u.Scheme+"://"+u.Host {
		return &url.URL{}, fmt.Errorf("issuer %q: want an address such as %s, with no path and no slash at the end", issuer, DefaultIssuer)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback()) {
		return u, fmt.Errorf("issuer %q: want a loopback host: anybody can sign in here", issuer)
	}
	return u, nil
}
