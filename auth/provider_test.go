package auth_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// provider is a small OpenID provider. By default it follows the standards strictly: it checks the redirect URI, PKCE
// and the client's authentication, and it accepts codes and rotated refresh tokens once. It does not ask for a
// password: every browser is signed in as User.
//
// A test sets the fields of overrides directly while no request is running, and otherwise with the method override.
type provider struct {
	t      *testing.T
	server *httptest.Server
	mux    *http.ServeMux
	Issuer string // the server's URL
	Clock  *clock // also the clock of the clients

	mu sync.Mutex
	overrides
	keys           []*signingKey // the last one signs
	codes          map[string]*grant
	accessTokens   map[string]*grant
	refreshTokens  map[string]*grant
	pushedRequests map[string]url.Values
	assertionIDs   map[string]bool // jti values of client assertions that were used
	replacements   map[string]http.HandlerFunc
	requests       map[string][]recordedRequest
	secrets        map[string]string // keys are the secrets, values their descriptions
	serial         int
}

// overrides change the provider. A provider starts with a registered client, a User and the algorithm RS256. The zero
// value of every other field is the standard behaviour.
type overrides struct {
	// The registration of the client.
	ClientID, ClientSecret string
	AuthMethod             string // client_secret_basic, client_secret_post, private_key_jwt or none
	ClientKey              any    // public key, for private_key_jwt
	ClientKeyID            string
	RedirectURI            string

	User       map[string]any // claims of the person; the ID token contains only sub, userinfo contains all
	SID        string         // if empty, each sign-in gets a new one
	AuthTime   time.Time      // if zero, the time of the sign-in
	Alg        string         // signing algorithm
	NoRotation bool           // a refresh token can be used repeatedly

	RequirePAR     bool
	AccessTokenTTL time.Duration // the default is an hour

	Discovery     func(doc map[string]any)
	JWKS          func(keys []map[string]any) []map[string]any
	AuthResponse  func(q url.Values) // parameters of the redirect to the callback
	IDToken       func(claims, header map[string]any)
	Sign          func(claims, header map[string]any) string // replaces the signing of ID tokens
	TokenResponse func(response map[string]any)
	Userinfo      func(claims map[string]any)
	OnRequest     func(r *http.Request) // called first by every endpoint
}

// grant is the data that belongs to a code or a token.
type grant struct {
	clientID, redirectURI, challenge, nonce, scope, sid, sub string
	authTime, expires                                        time.Time
	family                                                   int // the same for all tokens that follow from one code
	used                                                     bool
}

// recordedRequest is a request that the provider received.
type recordedRequest struct {
	Form   url.Values // query and body
	Header http.Header
}

// newProvider returns a provider with an http issuer.
func newProvider(t *testing.T) *provider { return startProvider(t, (*httptest.Server).Start) }

// newTLSProvider returns a provider with an https issuer. newApp makes the Client trust its certificate.
func newTLSProvider(t *testing.T) *provider { return startProvider(t, (*httptest.Server).StartTLS) }

func startProvider(t *testing.T, start func(*httptest.Server)) *provider {
	t.Helper()
	p := &provider{
		t: t, mux: http.NewServeMux(), Clock: newClock(),
		codes: map[string]*grant{}, accessTokens: map[string]*grant{}, refreshTokens: map[string]*grant{},
		pushedRequests: map[string]url.Values{}, assertionIDs: map[string]bool{},
		replacements: map[string]http.HandlerFunc{}, requests: map[string][]recordedRequest{},
		secrets: map[string]string{},
	}
	p.overrides = overrides{
		ClientID: "starter", ClientSecret: "client-secret +/%:&= ~", AuthMethod: "client_secret_basic",
		Alg: "RS256",
		User: map[string]any{"sub": "alice-0001", "preferred_username": "alice", "name": "Alice Adams",
			"email": "alice@example.com", "email_verified": true},
	}
	p.endpoint(discoveryPath, p.discovery)
	p.endpoint("/jwks", p.jwks)
	p.endpoint("/authorize", p.authorize)
	p.endpoint("/par", p.par)
	p.endpoint("/token", p.token)
	p.endpoint("/userinfo", p.userinfo)
	p.endpoint("/revoke", p.revoke)
	p.endpoint("/end", p.endSession)
	p.server = httptest.NewUnstartedServer(p.mux)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // handlers panic to close connections
	start(p.server)
	t.Cleanup(p.server.Close)
	p.Issuer = p.server.URL
	return p
}

// endpoint registers a handler that records its requests and that Handle can replace.
func (p *provider) endpoint(path string, h http.HandlerFunc) {
	p.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		p.requests[path] = append(p.requests[path], recordedRequest{maps.Clone(r.Form), r.Header.Clone()})
		p.addSecret("code verifier", r.Form.Get("code_verifier"))
		p.addSecret("client assertion", r.Form.Get("client_assertion"))
		onRequest, replacement := p.OnRequest, p.replacements[path]
		p.mu.Unlock()
		if onRequest != nil {
			onRequest(r)
		}
		if replacement != nil {
			replacement(w, r)
			return
		}
		h(w, r)
	})
}

// Handle replaces the handler of an endpoint, for example "/token". If h is nil, the endpoint works normally again.
func (p *provider) Handle(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replacements[path] = h
}

// Respond makes an endpoint send a fixed response.
func (p *provider) Respond(path string, status int, contentType, body string) {
	p.Handle(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// override changes the overrides. It is safe while requests are running.
func (p *provider) override(change func(*overrides)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.overrides)
}

// currentOverrides returns a copy of the overrides.
func (p *provider) currentOverrides() overrides {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.overrides
}

// RequestCount returns the number of requests that an endpoint received.
func (p *provider) RequestCount(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests[path])
}

// LastRequest returns the last request that an endpoint received. The test ends if there was none.
func (p *provider) LastRequest(path string) recordedRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.requests[path]
	if len(all) == 0 {
		p.t.Fatalf("got no request for %s", path)
	}
	return all[len(all)-1]
}

// Secrets returns all values that the provider issued or received and that no error or log may contain. The map's keys
// are the secrets, its values their descriptions.
func (p *provider) Secrets() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.secrets)
}

// addSecret adds a value to Secrets and returns it. The caller holds the lock.
func (p *provider) addSecret(name, value string) string {
	if value != "" {
		p.secrets[value] = name
	}
	return value
}

// newSecret returns a new random value and adds it to Secrets. The caller holds the lock.
func (p *provider) newSecret(name string) string {
	p.serial++
	return p.addSecret(name, fmt.Sprintf("%s-%06d-%s", strings.ReplaceAll(name, " ", "-"), p.serial, randomText()))
}

// ExpireAccessTokens makes all issued access tokens invalid.
func (p *provider) ExpireAccessTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.accessTokens)
}

// ExpireAllTokens makes all issued access and refresh tokens invalid, like an administrator who ends a session.
func (p *provider) ExpireAllTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.accessTokens)
	clear(p.refreshTokens)
}

// SetDown makes every endpoint respond with status 503, or makes all endpoints work normally again.
func (p *provider) SetDown(down bool) {
	var h http.HandlerFunc
	if down {
		h = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	}
	paths := []string{discoveryPath, "/jwks", "/authorize", "/par", "/token", "/userinfo", "/revoke", "/end"}
	for _, path := range paths {
		p.Handle(path, h)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// hasScope reports whether a space-separated list contains a scope.
func hasScope(scope, want string) bool { return slices.Contains(strings.Fields(scope), want) }
