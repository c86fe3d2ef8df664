package auth

import (
	"cmp"
	"crypto"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// How a confidential client proves who it is (OpenID Connect Core section 9).
const (
	ClientSecretBasic = "client_secret_basic"
	ClientSecretPost  = "client_secret_post"
	PrivateKeyJWT     = "private_key_jwt"
)

// SigningAlgs are the algorithms that can be chosen for ID and logout tokens. "none" and the HMACs
// are not among them: the first proves nothing, the others make the client secret a signing key.
var SigningAlgs = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Config says who the application is and whom it trusts. Issuer, ClientID, RedirectURL and Store are required.
type Config struct {
	// Issuer is the provider, as it names itself: compared exactly, a trailing slash is part of it. It is https, or http on
	// a loopback address.
	Issuer string

	// ClientID and ClientSecret are what the provider registered. Without a secret this is a public
	// client, which PKCE alone protects. There is none beside a ClientKey.
	ClientID     string
	ClientSecret Secret

	// ClientAuthMethod is how the client proves who it is: ClientSecretBasic (the default), ClientSecretPost or
	// PrivateKeyJWT. It is never guessed by trial, which would burn the code.
	ClientAuthMethod string

	// ClientKey signs the assertions of PrivateKeyJWT: RSA, ECDSA on P-256, P-384 or P-521, or
	// Ed25519. ClientKeyID is its kid at the provider; empty: none is sent.
	ClientKey   crypto.Signer
	ClientKeyID string

	// RedirectURL is the address of the callback, exactly as registered. When it is https the cookies are Secure.
	RedirectURL string

	// PostLogoutRedirectURL is where the provider sends the browser after signing out (post_logout_redirect_uri), as
	// registered. Empty: it is asked to send it nowhere.
	PostLogoutRedirectURL string

	// Scopes default to openid, profile, email. Add offline_access for refresh tokens.
	Scopes []string

	// Prompt is sent with every sign-in. Default: none; "consent" when Scopes has offline_access,
	// which OpenID Connect Core section 11 asks for.
	Prompt string

	// PushedAuthorization sends the parameters of a sign-in to the provider directly (RFC 9126). It
	// is done in any case when the provider requires it. Default: false.
	PushedAuthorization bool

	// SigningAlg is the one algorithm accepted for ID and logout tokens; one of SigningAlgs. Default: RS256.
	SigningAlg string

	// ClockSkew is how far the clocks of provider and application may differ, where exp, iat, nbf and
	// auth_time are compared. Default: 30 seconds. At most 10 minutes.
	ClockSkew time.Duration

	// Store keeps the sessions; see package auth/store.
	Store Store

	// SessionLifetime is when a session ends whatever happens, IdleTimeout when it ends without
	// use. Defaults: 7 days, 24 hours. At least a minute each.
	SessionLifetime, IdleTimeout time.Duration

	// Transport carries the calls to the provider. Default: a clone of http.DefaultTransport. Timeouts, the
	// bound on what is read, and the refusal to follow redirects are put around it.
	Transport http.RoundTripper

	// Logger hears of what has no one to return to: work in the background. Default: discarded.
	Logger *slog.Logger

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

func (cfg *Config) setDefaults() {
	cfg.ClientAuthMethod = cmp.Or(cfg.ClientAuthMethod, ClientSecretBasic)
	cfg.SigningAlg = cmp.Or(cfg.SigningAlg, "RS256")
	cfg.ClockSkew = cmp.Or(cfg.ClockSkew, 30*time.Second)
	cfg.SessionLifetime = cmp.Or(cfg.SessionLifetime, 7*24*time.Hour)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, 24*time.Hour)
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if len(cfg.Scopes) == 0 {
		cfg.Scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}
	}
	if slices.Contains(cfg.Scopes, oidc.ScopeOfflineAccess) {
		cfg.Prompt = cmp.Or(cfg.Prompt, "consent")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

// ConfigError is one fault of a Config.
type ConfigError struct {
	Field   string // of Config
	Problem string // what is wrong, and what it should be
}

// Error names the field and the problem.
func (e *ConfigError) Error() string { return "auth: " + e.Field + " " + e.Problem }

// Validate reports all faults together, each a [*ConfigError] in what [errors.Join] made of them.
func (cfg Config) Validate() error {
	cfg.setDefaults()
	var faults []error
	fault := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, &ConfigError{field, problem})
		}
	}
	fault(!isIssuer(cfg.Issuer), "Issuer", "must be an https URL without query or fragment (http only on a loopback address)")
	fault(cfg.ClientID == "", "ClientID", "is missing")
	fault(!isPageURL(cfg.RedirectURL), "RedirectURL", "must be an absolute http or https URL without a fragment")
	fault(cfg.PostLogoutRedirectURL != "" && !isPageURL(cfg.PostLogoutRedirectURL), "PostLogoutRedirectURL", "must be an absolute http or https URL without a fragment")
	fault(!slices.Contains(cfg.Scopes, oidc.ScopeOpenID), "Scopes", "must contain openid")
	methods := []string{ClientSecretBasic, ClientSecretPost, PrivateKeyJWT}
	fault(!slices.Contains(methods, cfg.ClientAuthMethod), "ClientAuthMethod", "must be one of "+strings.Join(methods, ", "))
	fault(cfg.ClientAuthMethod == PrivateKeyJWT && cfg.ClientKey == nil, "ClientKey", "is missing, which "+PrivateKeyJWT+" needs")
	fault(cfg.ClientKey != nil && algorithmOf(cfg.ClientKey) == "", "ClientKey", "must be RSA, ECDSA on P-256, P-384 or P-521, or Ed25519")
	fault(cfg.ClientAuthMethod != PrivateKeyJWT && cfg.ClientKey != nil, "ClientKey", "is for "+PrivateKeyJWT+" only")
	fault(cfg.ClientKey != nil && cfg.ClientSecret != "", "ClientSecret", "cannot be used beside a key")
	fault(!slices.Contains(SigningAlgs, cfg.SigningAlg), "SigningAlg", "must be one of "+strings.Join(SigningAlgs, ", "))
	fault(cfg.ClockSkew < 0 || cfg.ClockSkew > 10*time.Minute, "ClockSkew", "must be between 0s and 10m")
	fault(cfg.SessionLifetime < time.Minute, "SessionLifetime", "must be a minute or more")
	fault(cfg.IdleTimeout < time.Minute, "IdleTimeout", "must be a minute or more")
	fault(cfg.Store == nil, "Store", "is missing; package auth/store has some")
	return errors.Join(faults...)
}

func isIssuer(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()))
}

func isPageURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Fragment == ""
}

// IsLoopback reports whether a host, without its port, names this machine.
func IsLoopback(host string) bool {
	host = strings.ToLower(host)
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}
