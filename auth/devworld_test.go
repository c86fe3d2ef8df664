package auth_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/internal/dbtest"
)

// devURL is the address of the apps in these tests. Their handlers are called directly.
const devURL = "https://app.test"

// devProvider is a development provider that counts requests and can delay them. Its clock is that of its apps.
type devProvider struct {
	url    string
	offset atomic.Int64 // of the clock, from the real time

	mu       sync.Mutex
	provider *devidp.Provider
	calls    map[string]int
	before   map[string]func() // called before a request for the path is answered
}

func newDevProvider(t *testing.T) *devProvider {
	t.Helper()
	p := &devProvider{calls: map[string]int{}, before: map[string]func(){}}
	server := httptest.NewServer(p)
	p.url = server.URL
	client := devidp.Client{ID: "app", Secret: "secret", RedirectURIs: []string{devURL + "/login/callback"}}
	public, other := client, client
	public.ID, public.Secret, other.ID = "public", "", "other"
	provider, err := devidp.New(devidp.Config{Issuer: server.URL, Clients: []devidp.Client{client, public, other}, Now: p.now})
	if err != nil {
		t.Fatal(err)
	}
	p.provider = provider
	t.Cleanup(func() {
		server.Close()
		provider.Close()
	})
	return p
}

func (p *devProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls[r.URL.Path]++
	before := p.before[r.URL.Path]
	p.mu.Unlock()
	if before != nil {
		before()
	}
	p.provider.ServeHTTP(w, r)
}

// count returns the number of requests for a path.
func (p *devProvider) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// onRequest calls f before each request for a path is answered. If f is nil, nothing is called any longer.
func (p *devProvider) onRequest(path string, f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before[path] = f
}

func (p *devProvider) now() time.Time            { return time.Now().Add(time.Duration(p.offset.Load())) }
func (p *devProvider) advance(d time.Duration)   { p.offset.Add(int64(d)) }
func (p *devProvider) hello(token string) string { return getWithToken(p.url+devidp.HelloPath, token) }

// getWithToken sends a request with an access token and returns the status of the response.
func getWithToken(address, token string) string {
	r, err := http.NewRequestWithContext(context.Background(), "GET", address, nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	resp.Body.Close()
	return resp.Status
}

// newDevApp returns an instance of an app at the provider, with offline access.
func newDevApp(t *testing.T, p *devProvider, store auth.Store, change func(*auth.Config)) *auth.Client {
	t.Helper()
	cfg := auth.Config{
		Issuer: p.url, ClientID: "app", ClientSecret: "secret", RedirectURL: devURL + "/login/callback",
		Scopes: []string{"openid", "profile", "email", "offline_access"}, Store: store, Now: p.now,
	}
	if change != nil {
		change(&cfg)
	}
	client, err := auth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Wait)
	return client
}

// devBrowser is a browser that calls the handlers of an app directly and the provider over the network.
type devBrowser struct {
	t         *testing.T
	client    *auth.Client // the instance of the app that the browser reaches
	jar       http.CookieJar
	userAgent string
	transport http.RoundTripper
}

func newDevBrowser(t *testing.T, client *auth.Client) *devBrowser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// httptest closes the idle connections of http.DefaultTransport whenever a server of any test ends.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &devBrowser{t: t, client: client, jar: jar, transport: transport}
}

// at returns the same browser at another instance of the app.
func (b *devBrowser) at(client *auth.Client) *devBrowser {
	other := *b
	other.client = client
	return &other
}

// request calls f in a request of the browser.
func (b *devBrowser) request(path string, f func(w http.ResponseWriter, r *http.Request)) {
	b.t.Helper()
	u, err := url.Parse(devURL + path)
	if err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest("GET", u.String(), nil)
	r.Header.Set("User-Agent", b.userAgent)
	for _, c := range b.jar.Cookies(u) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.client.Load(http.HandlerFunc(f)).ServeHTTP(w, r)
	b.jar.SetCookies(u, w.Result().Cookies())
}

// signIn signs in at the provider as one of its users.
func (b *devBrowser) signIn(username string) {
	b.t.Helper()
	if err := b.finishLogin(b.authorize(username)); err != nil {
		b.t.Fatalf("FinishLogin: %v", err)
	}
}

// authorize begins a sign-in, signs in at the provider, and returns path and query of the callback.
func (b *devBrowser) authorize(username string) (callback string) {
	b.t.Helper()
	var authURL string
	var err error
	b.request("/login", func(w http.ResponseWriter, r *http.Request) {
		authURL, err = b.client.BeginLogin(w, r, auth.LoginOptions{})
	})
	if err != nil {
		b.t.Fatalf("BeginLogin: %v", err)
	}
	provider := &http.Client{Jar: b.jar, Transport: b.transport}
	provider.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login/callback" {
			callback = r.URL.RequestURI()
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := devidp.SignIn(provider, authURL, username)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return callback
}

func (b *devBrowser) finishLogin(callback string) (err error) {
	b.request(callback, func(w http.ResponseWriter, r *http.Request) { _, err = b.client.FinishLogin(w, r) })
	return err
}

func (b *devBrowser) user() (user auth.User, err error) {
	b.request("/", func(_ http.ResponseWriter, r *http.Request) { user, err = b.client.User(r.Context()) })
	return user, err
}

func (b *devBrowser) refresh() (err error) {
	b.request("/", func(w http.ResponseWriter, r *http.Request) { _, err = b.client.Refresh(w, r) })
	return err
}

// token returns the access token of the session.
func (b *devBrowser) token() (token string, err error) {
	b.request("/", func(w http.ResponseWriter, r *http.Request) {
		t, tokenErr := b.client.Token(w, r)
		if err = tokenErr; err == nil {
			token = t.AccessToken
		}
	})
	return token, err
}

func (b *devBrowser) sessions() (sessions []auth.SessionInfo, err error) {
	b.request("/", func(_ http.ResponseWriter, r *http.Request) { sessions, err = b.client.Sessions(r.Context()) })
	return sessions, err
}

func (b *devBrowser) endSession(ref string) (err error) {
	b.request("/", func(_ http.ResponseWriter, r *http.Request) { err = b.client.EndSession(r.Context(), ref) })
	return err
}

func (b *devBrowser) endAllSessions(keepThis bool) (err error) {
	b.request("/", func(_ http.ResponseWriter, r *http.Request) {
		err = b.client.EndAllSessions(r.Context(), keepThis)
	})
	return err
}

// onEachStore runs a test on each store. open returns the store as one more instance of an app has it. The stores on a
// server have a database of their own.
func onEachStore(t *testing.T, test func(t *testing.T, open func() auth.Store)) {
	for name, address := range map[string]func(*testing.T) string{
		"memory":   func(*testing.T) string { return "memory:" },
		"file":     func(t *testing.T) string { return "file:" + t.TempDir() + "/sessions.db" },
		"redis":    func(t *testing.T) string { return dbtest.Redis(t).Database(t) },
		"postgres": func(t *testing.T) string { return dbtest.Postgres(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := address(t)
			var local auth.Store
			test(t, func() auth.Store {
				if local != nil {
					return local
				}
				s := openStore(t, address)
				for deadline := time.Now().Add(time.Minute); s.Ping(t.Context()) != nil; { // creates the tables
					if time.Now().After(deadline) {
						t.Fatal("the store does not answer")
					}
				}
				if name == "memory" || name == "file" {
					local = s
				}
				return s
			})
		})
	}
}
