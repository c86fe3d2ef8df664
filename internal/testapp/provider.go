package testapp

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// Provider is a development provider whose responses a test can override.
type Provider struct {
	URL string // the issuer

	mu        sync.Mutex
	provider  *devidp.Provider // nil before Start
	overrides map[string]http.HandlerFunc
}

// NewProvider listens on a free port of 127.0.0.1 until the test ends. Until Start is called, the provider is
// unavailable.
func NewProvider(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{overrides: map[string]http.HandlerFunc{}}
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.Start()
	p.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		if p.provider != nil {
			p.provider.Close()
		}
	})
	return p
}

// Start makes the provider available. It sets the Issuer and the Key of cfg.
func (p *Provider) Start(t testing.TB, cfg devidp.Config) {
	t.Helper()
	key, err := newKey()
	check(t, err)
	cfg.Issuer = p.URL
	if cfg.SigningAlg == "" {
		cfg.Key = key
	}
	provider, err := devidp.New(cfg)
	check(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.provider = provider
}

// Override lets h respond to requests for a path in place of the provider. An empty path means every path that has no
// override of its own. If h is nil, the provider responds again.
func (p *Provider) Override(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.overrides[path] = h
}

// Hold delays the responses for a path until release is called. The channel requested is closed when the first request
// arrives.
func (p *Provider) Hold(path string) (requested <-chan struct{}, release func()) {
	arrived, released := make(chan struct{}), make(chan struct{})
	arrive := sync.OnceFunc(func() { close(arrived) })
	p.Override(path, func(w http.ResponseWriter, r *http.Request) {
		arrive()
		select {
		case <-released:
			p.Forward(w, r)
		case <-r.Context().Done():
		}
	})
	return arrived, sync.OnceFunc(func() { close(released) })
}

// Forward responds as the provider does without overrides. It is for use in an override.
func (p *Provider) Forward(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	provider := p.provider
	p.mu.Unlock()
	if provider == nil {
		Unavailable(w, r)
	}
	provider.ServeHTTP(w, r)
}

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	h := p.overrides[r.URL.Path]
	if h == nil {
		h = p.overrides[""]
	}
	p.mu.Unlock()
	if h == nil {
		h = p.Forward
	}
	h(w, r)
}

// Unavailable closes the connection without a response, as if no server were listening.
func Unavailable(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Respond returns a handler that always sends the same response.
func Respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}
