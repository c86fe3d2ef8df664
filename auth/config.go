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

// Methods of client authentication (OpenID Connect Core section 9).
const (
	ClientSecretBasic = "client_secret_basic"
	ClientSecretPost  = "client_secret_post"
	PrivateKeyJWT     = "private_key_jwt"
)

// SigningAlgs lists the values of [Config.SigningAlg]. It contains only asymmetric algorithms: "none" proves nothing,
// and an HMAC would turn the client secret into a signing key.
var SigningAlgs = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Config configures a [Client]. Issuer, ClientID, RedirectURL and Store are required.
type Config struct {
	// Issuer is the issuer URL of the provider. It must be https, or http on a loopback address. The issuer in the
	// discovery document may differ from it in a trailing slash only, and tokens are compared with the one in the document
	// exactly.
	Issuer string

	// ClientID and ClientSecret are the credentials that the provider has registered. If ClientSecret is empty, the
	// client is a public client, which only PKCE protects. ClientSecret must be empty if ClientKey is set.
	ClientID     string
	ClientSecret Secret

	// ClientAuthMethod is the method of client authentication: ClientSecretBasic, ClientSecretPost or PrivateKeyJWT.
	// The default is ClientSecretBasic if the provider lists it or publishes no list, and otherwise ClientSecretPost. The
	// method is never found by trial, because a failed attempt uses up the code.
	ClientAuthMethod string

	// ClientKey signs the client assertions of PrivateKeyJWT. It must be an RSA key, an ECDSA key on P-256, P-384 or
	// P-521, or an Ed25519 key. ClientKeyID is sent as kid; if empty, no kid is sent.
	ClientKey   crypto.Signer
	ClientKeyID string

	// ClientAssertionAudience is the audience of the client assertions. The default is the issuer. Some providers require
	// the URL of their token endpoint.
	ClientAssertionAudience string

	// RedirectURL is the URL of the callback as registered at the provider. If it is https, the cookies are Secure.
	RedirectURL string

	// PostLogoutRedirectURL is the page to which the provider redirects after signing out, as registered
	// (post_logout_redirect_uri). If empty, the provider is not asked to redirect back.
	PostLogoutRedirectURL string

	// Scopes are the scopes to request. The default is openid, profile and email. Add offline_access for refresh
	// tokens.
	Scopes []string

	// Prompt is the prompt parameter of every sign-in. The default is "consent" if Scopes contains offline_access, as
	// OpenID Connect Core section 11 requires, and otherwise none. The value "off" sends none in any case.
	Prompt string

	// AuthParams are additional parameters of every authorization request, for example audience. The parameters that the
	// package sets itself are not allowed. Only resource (RFC 8707) may have several values.
	AuthParams url.Values

	// PushedAuthorization sends the parameters of a sign-in to the provider in a request from server to server
	// (RFC 9126). If the provider requires this, it is done in any case. The default is false.
	PushedAuthorization bool

	// SigningAlg is the only algorithm that is accepted for ID tokens and logout tokens. It must be one of SigningAlgs.
	// The default is RS256 if the provider lists it or publishes no list, and otherwise the one asymmetric algorithm that
	// the provider lists. If it lists several, SigningAlg is required.
	SigningAlg string

	// ClockSkew is the tolerated difference between the clocks of the provider and the application, for exp, iat, nbf
	// and auth_time. The default is 30 seconds, the maximum 10 minutes.
	ClockSkew time.Duration

	// Store stores the sessions. Package auth/store has implementations.
	Store Store

	// SessionLifetime is the maximum age of a session. The default is 7 days, the minimum one minute.
	SessionLifetime time.Duration

	// IdleTimeout is the time after which an unused session expires. The default is 24 hours, the minimum one minute.
	IdleTimeout time.Duration

	// Transport sends the requests to the provider. The default is a clone of [http.DefaultTransport]. The Client limits
	// the time and the size of each response. It follows redirects of the discovery document and of the keys only, and
	// only on the same host.
	Transport http.RoundTripper

	// WrapTransport returns a transport around the one that sends the requests to the provider, for example one that
	// counts them or adds a header for tracing. The default adds nothing. It must pass on responses as they are, and must
	// not log headers and bodies, which contain secrets.
	WrapTransport func(http.RoundTripper) http.RoundTripper

	// ProviderTimeout limits each request to the provider, from dialling to the last byte. The default is 10 seconds, the
	// minimum 100 milliseconds, the maximum one minute.
	ProviderTimeout time.Duration

	// Logger receives errors from background work, and errors that do not fail a request. By default they are
	// discarded.
	Logger *slog.Logger

	// Now returns the current time. The default is [time.Now].
	Now func() time.Time
}

func (cfg *Config) setDefaults() {
	cfg.ClockSkew = cmp.Or(cfg.ClockSkew, 30*time.Second)
	cfg.ProviderTimeout = cmp.Or(cfg.ProviderTimeout, 10*time.Second)
	cfg.SessionLifetime = cmp.Or(cfg.SessionLifetime, 7*24*time.Hour)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, 24*time.Hour)
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if len(cfg.Scopes) == 0 {
		cfg.Scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}
	}
	switch {
	case cfg.Prompt == "off":
		cfg.Prompt = ""
	case slices.Contains(cfg.Scopes, oidc.ScopeOfflineAccess):
		cfg.Prompt = cmp.Or(cfg.Prompt, "consent")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

// ConfigError is one mistake in a [Config].
type ConfigError struct {
	Field   string // name of the field
	Problem string // what is wrong, and what is expected
}

// Error returns the field and the problem.
func (e *ConfigError) Error() string { return "auth: " + e.Field + " " + e.Problem }

// Validate reports all mistakes at once. The error is the [errors.Join] of one [*ConfigError] per mistake.
func (cfg Config) Validate() error {
	cfg.setDefaults()
	var mistakes []error
	check := func(ok bool, field, problem string) {
		if !ok {
			mistakes = append(mistakes, &ConfigError{field, problem})
		}
	}
	const pageURL = "must be an absolute http or https URL without a fragment"
	methods := []string{ClientSecretBasic, ClientSecretPost, PrivateKeyJWT}
	usesKey, hasKey := cfg.ClientAuthMethod == PrivateKeyJWT, cfg.ClientKey != nil
	check(isIssuer(cfg.Issuer), "Issuer",
		"must be an https URL without query or fragment (http only on a loopback address)")
	check(!strings.Contains(cfg.Issuer, "/.well-known/"), "Issuer",
		"must be the issuer, not the address of its discovery document; leave out "+wellKnown)
	check(cfg.ClientID != "", "ClientID", "is missing")
	check(isPageURL(cfg.RedirectURL), "RedirectURL", pageURL)
	check(cfg.PostLogoutRedirectURL == "" || isPageURL(cfg.PostLogoutRedirectURL), "PostLogoutRedirectURL", pageURL)
	check(slices.Contains(cfg.Scopes, oidc.ScopeOpenID), "Scopes", "must contain openid")
	check(cfg.ClientAuthMethod == "" || slices.Contains(methods, cfg.ClientAuthMethod), "ClientAuthMethod",
		"must be one of "+strings.Join(methods, ", "))
	check(!usesKey || hasKey, "ClientKey", "is missing; "+PrivateKeyJWT+" requires it")
	check(usesKey || !hasKey, "ClientKey", "requires "+PrivateKeyJWT)
	check(!hasKey || algorithmOf(cfg.ClientKey) != "", "ClientKey",
		"must be RSA, ECDSA on P-256, P-384 or P-521, or Ed25519")
	check(!hasKey || cfg.ClientSecret == "", "ClientSecret", "must be empty if ClientKey is set")
	if problem := paramsProblem(cfg.AuthParams); problem != "" {
		check(false, "AuthParams", problem)
	}
	check(cfg.SigningAlg == "" || slices.Contains(SigningAlgs, cfg.SigningAlg), "SigningAlg",
		"must be one of "+strings.Join(SigningAlgs, ", "))
	check(cfg.ClockSkew >= 0 && cfg.ClockSkew <= 10*time.Minute, "ClockSkew", "must be between 0s and 10m")
	check(cfg.ProviderTimeout >= 100*time.Millisecond && cfg.ProviderTimeout <= time.Minute, "ProviderTimeout",
		"must be between 100ms and 1m")
	check(cfg.SessionLifetime >= time.Minute, "SessionLifetime", "must be a minute or more")
	check(cfg.IdleTimeout >= time.Minute, "IdleTimeout", "must be a minute or more")
	check(cfg.Store != nil, "Store", "is missing; package auth/store has implementations")
	return errors.Join(mistakes...)
}

func isIssuer(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()))
}

func isPageURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http")
}

// IsLoopback reports whether a host name or IP address, without a port, refers to this machine.
func IsLoopback(host string) bool {
	host = strings.ToLower(host)
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}
