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

// provider is a small OpenID provider that a test bends in one line. Unbent it is strict and right:
// it checks the redirect URI, PKCE, the client's authentication, and that codes and rotated refresh tokens are
// used once. Everyone who comes to it is signed in already, as Person.
//
// The fields of bends are set between requests, or inside bend while requests are under way.
type provider struct {
	t      *testing.T
	server *httptest.Server
	mux    *http.ServeMux
	Issuer string // the server's URL
	Clock  *clock // shared with the client

	mu sync.Mutex
	overrides
	keys           []*signingKey // the last one signs
	codes          map[string]*grant
	accessTokens   map[string]*grant
	refreshTokens  map[string]*grant
	pushedRequests map[string]url.Values
	assertionIDs   map[string]bool // of client assertions
	replacements   map[string]http.HandlerFunc
	requests       map[string][]recordedRequest
	secrets        map[string]string // what must never be shown, and what it is
	serial         int
}

// bends are what a test changes. The zero value of each leaves the provider right.
type overrides struct {
	// The registration of the one client.
	ClientID, ClientSecret string
	AuthMethod             string // client_secret_basic, client_secret_post, private_key_jwt or none
	ClientKey              any    // public, for private_key_jwt
	ClientKeyID            string
	RedirectURI            string

	User       map[string]any // claims of who signs in; the ID token gets sub, userinfo gets all
	SID        string         // "": a new one at each sign-in
	AuthTime   time.Time      // zero: now
	Alg        string         // RS256 unless set
	NoRotation bool           // refresh tokens stay the same

	RequirePAR     bool
	AccessTokenTTL time.Duration // zero: an hour

	Discovery     func(doc map[string]any)
	JWKS          func(keys []map[string]any) []map[string]any
	AuthResponse  func(q url.Values) // the parameters of the redirect to the callback
	IDToken       func(claims, header map[string]any)
	Sign          func(claims, header map[string]any) string // instead of a signature that is right
	TokenResponse func(response map[string]any)
	Userinfo      func(claims map[string]any)
	OnRequest     func(r *http.Request) // runs first at every endpoint: count, block, look
}

// grant is what a code or a token stands for.
type grant struct {
	clientID, redirectURI, challenge, nonce, scope, sid, sub string
	authTime, expires                                        time.Time
	family                                                   int // of refresh tokens that follow one another
	used                                                     bool
}

// call is one request that came in.
type recordedRequest struct {
	Form   url.Values // query and body
	Header http.Header
}

func newProvider(t *testing.T) *provider { return startProvider(t, (*httptest.Server).Start) }

// newTLSProvider has an https issuer. The client's Transport must trust it: see newClient.
func newTLSProvider(t *testing.T) *provider { return startProvider(t, (*httptest.Server).StartTLS) }

func startProvider(t *testing.T, start func(*httptest.Server)) *provider {
	t.Helper()
	p := &provider{
		t: t, mux: http.NewServeMux(), Clock: newClock(),
		codes: map[string]*grant{}, accessTokens: map[string]*grant{}, refreshTokens: map[string]*grant{}, pushedRequests: map[string]url.Values{},
		assertionIDs: map[string]bool{}, replacements: map[string]http.HandlerFunc{}, requests: map[string][]recordedRequest{}, secrets: map[string]string{},
	}
	p.overrides = overrides{
		ClientID: "starter", ClientSecret: "client-secret +/%:&= ~", AuthMethod: "client_secret_basic", Alg: "RS256",
		User: map[string]any{"sub": "alice-0001", "preferred_username": "alice", "name": "Alice Adams",
			"email": "alice@example.com", "email_verified": true},
	}
	p.endpoint("/.well-known/openid-configuration", p.discovery)
	p.endpoint("/jwks", p.jwks)
	p.endpoint("/authorize", p.authorize)
	p.endpoint("/par", p.par)
	p.endpoint("/token", p.token)
	p.endpoint("/userinfo", p.userinfo)
	p.endpoint("/revoke", p.revoke)
	p.endpoint("/end", p.endSession)
	p.server = httptest.NewUnstartedServer(p.mux)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that a test breaks
	start(p.server)
	t.Cleanup(p.server.Close)
	p.Issuer = p.server.URL
	return p
}

// endpoint counts and keeps the requests of a path and lets Handle replace it.
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
		on, instead := p.OnRequest, p.replacements[path]
		p.mu.Unlock()
		if on != nil {
			on(r)
		}
		if instead != nil {
			instead(w, r)
			return
		}
		h(w, r)
	})
}

// Handle replaces an endpoint, such as "/token"; nil puts it right again.
func (p *provider) Handle(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replacements[path] = h
}

// Status makes an endpoint answer with a status and a body.
func (p *provider) Respond(path string, status int, contentType, body string) {
	p.Handle(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// bend changes fields while requests may be under way.
func (p *provider) override(change func(*overrides)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.overrides)
}

// bent is the fields as they are now.
func (p *provider) currentOverrides() overrides {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.overrides
}

// Calls is how often a path was asked for, Last its last request.
func (p *provider) RequestCount(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests[path])
}

func (p *provider) LastRequest(path string) recordedRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.requests[path]
	if len(all) == 0 {
		p.t.Fatalf("the provider was not asked for %s", path)
	}
	return all[len(all)-1]
}

// Secrets is everything that was issued or sent and must not show up in an error or a log.
func (p *provider) Secrets() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.secrets)
}

// hide notes a secret. The lock is held.
func (p *provider) addSecret(what, value string) string {
	if value != "" {
		p.secrets[value] = what
	}
	return value
}

// fresh makes up an identifier that is a secret. The lock is held.
func (p *provider) newSecret(what string) string {
	p.serial++
	return p.addSecret(what, fmt.Sprintf("%s-%06d-%s", strings.ReplaceAll(what, " ", "-"), p.serial, randomText()))
}

// ExpireAccess makes the provider accept none of the access tokens that it has issued.
func (p *provider) ExpireAccessTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.accessTokens)
}

// EndGrants makes it accept no refresh token either, as when an administrator ends a session.
func (p *provider) ExpireAllTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.accessTokens)
	clear(p.refreshTokens)
}

// Down makes every endpoint answer 503, or puts all right again.
func (p *provider) SetDown(down bool) {
	var h http.HandlerFunc
	if down {
		h = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks", "/authorize", "/par", "/token", "/userinfo", "/revoke", "/end"} {
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

// clock is a time that a test moves. It begins at the real one, which the stores go by.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now().Truncate(time.Second)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// scopes reports whether a space-separated list has a value.
func hasScope(scope, want string) bool { return slices.Contains(strings.Fields(scope), want) }
