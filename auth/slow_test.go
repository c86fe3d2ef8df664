package auth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// inProcess is a transport that calls the provider without a network, so that synctest can control the time.
type inProcess struct{ provider *provider }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	server := r.Clone(r.Context())
	server.RequestURI = ""
	if server.Body == nil {
		server.Body = http.NoBody
	}
	t.provider.mux.ServeHTTP(w, server)
	return w.Result(), nil
}

// stalledTransport blocks requests for one path: before the response, or if body is set, before its body.
type stalledTransport struct {
	base http.RoundTripper
	path string
	body bool
}

func (t stalledTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Path != t.path:
		return t.base.RoundTrip(r)
	case t.body:
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {asJSON}}, Body: stalledBody{r}, Request: r,
		}, nil
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// stalledBody is a body whose Read blocks until the request is canceled.
type stalledBody struct{ r *http.Request }

func (b stalledBody) Read([]byte) (int, error) {
	<-b.r.Context().Done()
	return 0, b.r.Context().Err()
}

func (b stalledBody) Close() error { return nil }

var _ io.ReadCloser = stalledBody{}

// If the provider does not respond, the request ends after ProviderTimeout. The test uses the clock of synctest.
func TestSlowProviderCausesATimeout(t *testing.T) {
	t.Parallel()
	for _, path := range []string{discoveryPath, "/par", "/token", "/jwks", "/userinfo"} {
		for _, body := range []bool{false, true} {
			name := path + " sends no response"
			if body {
				name = path + " sends no body"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newProvider(t)
				p.Alg = "ES256"
				app := newApp(t, p, func(cfg *auth.Config) {
					cfg.SigningAlg, cfg.PushedAuthorization = "ES256", path == "/par"
					cfg.Transport = stalledTransport{inProcess{p}, path, body}
				})
				synctest.Test(t, func(t *testing.T) {
					b := app.browser()
					b.providerClient.Transport = inProcess{p}
					b.ctx = t.Context()
					start := time.Now()
					err := b.SignIn()
					if took := time.Since(start); took < time.Second || took > 10*time.Second {
						t.Errorf("took %v, want 1 to 10 seconds", took)
					}
					if !errors.Is(err, auth.ErrUnavailable) {
						t.Errorf("got %v, want %v", err, auth.ErrUnavailable)
					}
					b.CheckSignedOut()
				})
			})
		}
	}
}

// Requests share one discovery, which must not end when the request that started it is canceled.
func TestDiscoveryContinuesIfItsFirstRequestIsCanceled(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	received, proceed := make(chan struct{}), make(chan struct{})
	p.Handle(discoveryPath, func(w http.ResponseWriter, r *http.Request) {
		close(received)
		<-proceed
		p.discovery(w, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := app.browser().withContext(ctx).BeginLogin(auth.LoginOptions{})
		first <- err
	}()
	<-received
	cancel()
	if err := <-first; !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("canceled request: got %v, want %v", err, auth.ErrUnavailable)
	}
	close(proceed)
	app.browser().MustSignIn() // uses the discovery that the first request started
	if n := p.RequestCount(discoveryPath); n != 1 {
		t.Errorf("got %d discovery requests, want 1", n)
	}
}

// A provider must not be able to use up the memory with a large response.
func TestResponseSizeIsLimited(t *testing.T) {
	t.Parallel()
	for _, path := range []string{discoveryPath, "/par", "/token", "/jwks", "/userinfo"} {
		p := newProvider(t)
		var sent atomic.Int64
		p.Handle(path, endlessJSON(&sent))
		app := newApp(t, p, func(cfg *auth.Config) { cfg.PushedAuthorization = path == "/par" })
		if err := app.browser().SignIn(); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s: got %v, want %v", path, err, auth.ErrUnavailable)
		}
		p.server.Close() // waits for the handler
		// The limit is 1 MiB. The buffers of the connection take some more.
		if n := sent.Load(); n > 16<<20 {
			t.Errorf("%s: %d MiB were sent, want at most 16", path, n>>20)
		}
	}
}
