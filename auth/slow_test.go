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

// inProcess reaches the provider without a network, so that time can be held (see synctest).
type inProcess struct{ provider *provider }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI = ""
	if in.Body == nil {
		in.Body = http.NoBody
	}
	t.provider.mux.ServeHTTP(w, in)
	return w.Result(), nil
}

// stalledTransport never answers on one path: not at all, or with a body that never comes.
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
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {asJSON}}, Body: stalledBody{r}, Request: r}, nil
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// stalledBody is a body that does not come.
type stalledBody struct{ r *http.Request }

func (b stalledBody) Read([]byte) (int, error) {
	<-b.r.Context().Done()
	return 0, b.r.Context().Err()
}

func (b stalledBody) Close() error { return nil }

var _ io.ReadCloser = stalledBody{}

// A provider that does not answer costs a person seconds, not for ever; the clock here is synctest's.
func TestSlowProvider(t *testing.T) {
	t.Parallel()
	for _, path := range []string{discoveryPath, "/par", "/token", "/jwks", "/userinfo"} {
		for _, body := range []bool{false, true} {
			name := path + " does not answer"
			if body {
				name = path + " answers with a body that does not come"
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
						t.Errorf("took %v", took)
					}
					if !errors.Is(err, auth.ErrUnavailable) {
						t.Errorf("got %v, want ErrUnavailable", err)
					}
					b.CheckSignedOut()
				})
			})
		}
	}
}

// Who gives up waiting does not spoil it for who waits on.
func TestVisitorWhoGivesUp(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	app := newApp(t, p, nil)
	asked, gate := make(chan struct{}), make(chan struct{})
	p.Handle(discoveryPath, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-gate
		p.discovery(w, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := app.browser().withContext(ctx).BeginLogin(auth.LoginOptions{})
		first <- err
	}()
	<-asked
	cancel()
	if err := <-first; !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("who gave up: %v, want ErrUnavailable", err)
	}
	close(gate)
	app.browser().MustSignIn() // with the answer to the first one's question
	if n := p.RequestCount(discoveryPath); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// Who pretends to be the provider does not decide how much memory an answer takes.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, path := range []string{discoveryPath, "/par", "/token", "/jwks", "/userinfo"} {
		p := newProvider(t)
		var sent atomic.Int64
		p.Handle(path, endlessJSON(&sent))
		app := newApp(t, p, func(cfg *auth.Config) { cfg.PushedAuthorization = path == "/par" })
		if err := app.browser().SignIn(); !errors.Is(err, auth.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", path, err)
		}
		p.server.Close()                  // waits for the handler
		if n := sent.Load(); n > 16<<20 { // one megabyte, and what the sockets hold
			t.Errorf("%s: %d MB were taken", path, n>>20)
		}
	}
}
