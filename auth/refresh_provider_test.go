package auth_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// withOfflineAccess requests the scope offline_access, so that the provider issues refresh tokens.
func withOfflineAccess(cfg *auth.Config) {
	cfg.Scopes = []string{"openid", "profile", "email", "offline_access"}
}

// withStore makes the app use the store s.
func withStore(s auth.Store) func(*auth.Config) { return func(cfg *auth.Config) { cfg.Store = s } }

// combine applies several changes of a Config.
func combine(changes ...func(*auth.Config)) func(*auth.Config) {
	return func(cfg *auth.Config) {
		for _, change := range changes {
			change(cfg)
		}
	}
}

// token returns the value of the session cookie.
func (b *browser) token() string { return b.Cookies("/")["session"] }

// copySession returns another browser with a copy of the session cookie that b has now.
func (b *browser) copySession() *browser {
	other := b.app.browser()
	other.providerClient = b.providerClient
	u := &url.URL{Scheme: "http", Host: "app.test", Path: "/"}
	other.jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: b.token()}})
	return other
}

// holdResponse makes an endpoint process its next request but hold the response until release is called. arrived is
// closed when the request has been processed. Further requests are answered immediately.
func (p *provider) holdResponse(t *testing.T, path string) (arrived <-chan struct{}, release func()) {
	handler := map[string]http.HandlerFunc{"/token": p.token, "/userinfo": p.userinfo, "/revoke": p.revoke}[path]
	processed, released := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	var once sync.Once
	release = func() { once.Do(func() { close(released) }) }
	t.Cleanup(release)
	p.Handle(path, func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		handler(recorder, r)
		if held.CompareAndSwap(false, true) {
			close(processed)
			<-released
		}
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
	return processed, release
}

// waitFor waits until arrived is closed. It fails the test after ten seconds.
func waitFor(t *testing.T, arrived <-chan struct{}) {
	t.Helper()
	select {
	case <-arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("the provider received no request")
	}
}

// onRequest calls f at the beginning of each request for path.
func (p *provider) onRequest(path string, f func()) {
	p.override(func(o *overrides) {
		o.OnRequest = func(r *http.Request) {
			if r.URL.Path == path {
				f()
			}
		}
	})
}

// liveRefreshTokens returns the number of refresh tokens that the provider still accepts.
func (p *provider) liveRefreshTokens() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.refreshTokens {
		if !g.used {
			n++
		}
	}
	return n
}

// setUser sets the claims of the person who signs in.
func (p *provider) setUser(claims map[string]any) {
	p.override(func(o *overrides) { o.User = claims })
}

// setSID sets the sid of the sessions at the provider.
func (p *provider) setSID(sid string) { p.override(func(o *overrides) { o.SID = sid }) }
