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

// offline asks for refresh tokens.
func offline(cfg *auth.Config) {
	cfg.Scopes = []string{"openid", "profile", "email", "offline_access"}
}

// on keeps the sessions in this store.
func on(s auth.Store) func(*auth.Config) { return func(cfg *auth.Config) { cfg.Store = s } }

// all makes one change of several.
func all(changes ...func(*auth.Config)) func(*auth.Config) {
	return func(cfg *auth.Config) {
		for _, change := range changes {
			change(cfg)
		}
	}
}

// token is the session cookie's value.
func (b *browser) token() string { return b.Cookies("/")["session"] }

// thief is another browser that has got hold of this one's session cookie as it is now.
func (b *browser) thief() *browser {
	other := b.app.browser()
	other.providerClient = b.providerClient
	u := &url.URL{Scheme: "http", Host: "app.test", Path: "/"}
	other.jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: b.token()}})
	return other
}

// hold makes the provider do the work of an endpoint and keep the next answer to itself, until
// release is called. arrived is closed when there is one. Later answers go out at once.
func (p *provider) holdResponse(t *testing.T, path string) (arrived <-chan struct{}, release func()) {
	work := map[string]http.HandlerFunc{"/token": p.token, "/userinfo": p.userinfo, "/revoke": p.revoke}[path]
	came, leave := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	var left sync.Once
	release = func() { left.Do(func() { close(leave) }) }
	t.Cleanup(release)
	p.Handle(path, func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		work(answer, r)
		if held.CompareAndSwap(false, true) {
			close(came)
			<-leave
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
	return came, release
}

// await fails the test when what it waits for does not come.
func waitFor(t *testing.T, arrived <-chan struct{}) {
	t.Helper()
	select {
	case <-arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("the provider was not asked")
	}
}

// at calls f when a path is asked for.
func (p *provider) at(path string, f func()) {
	p.override(func(o *overrides) {
		o.OnRequest = func(r *http.Request) {
			if r.URL.Path == path {
				f()
			}
		}
	})
}

// liveRefreshTokens are those that the provider would still take.
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

// setUser makes this the one who signs in from now on.
func (p *provider) setUser(claims map[string]any) {
	p.override(func(o *overrides) { o.User = claims })
}

// setSID makes this the provider's session from now on.
func (p *provider) setSID(sid string) { p.override(func(o *overrides) { o.SID = sid }) }
