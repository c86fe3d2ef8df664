package handlers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// world is the whole app beside a whole provider, for requests that a test makes by hand. The store and the
// provider can be taken away, and both clocks are the test's.
type world struct {
	base     string // of the app, as it knows itself
	provider string // the issuer
	store    *flaky
	log      *logged

	address string       // where the app really listens
	ahead   atomic.Int64 // how far the clock is ahead of the real one
	mu      sync.Mutex
	doors   map[string]http.HandlerFunc // what answers in the provider's place, by path; "": everywhere
	tokens  chan string                 // not nil: takes the provider's logout tokens away from the app
}

type worldConfig struct {
	base string // default: where it listens, on localhost
	auth auth.Config
	app  func(handlers.Config) http.Handler // default: handlers.New
}

func newWorld(t *testing.T, bend ...func(*worldConfig)) *world {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := stageAssets()
	must(err)
	key, err := stageKey()
	must(err)
	memory, err := store.Open(context.Background(), "memory:")
	must(err)
	app, provider := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	_, port, _ := net.SplitHostPort(app.Listener.Addr().String())
	w := &world{
		provider: "http://" + provider.Listener.Addr().String(), address: app.Listener.Addr().String(),
		store: &flaky{Store: memory}, log: &logged{}, doors: map[string]http.HandlerFunc{},
	}
	cfg := worldConfig{base: "http://localhost:" + port, auth: auth.Config{ClientID: "app", ClientSecret: "secret"}, app: handlers.New}
	for _, b := range bend {
		b(&cfg)
	}
	w.base = cfg.base
	idp, err := devidp.New(devidp.Config{Issuer: w.provider, Key: key, Now: w.now, Clients: []devidp.Client{{
		ID: "app", Secret: "secret",
		RedirectURIs:           []string{w.base + handlers.CallbackPath},
		PostLogoutRedirectURIs: []string{w.base + handlers.LogoutPath},
		BackChannelLogoutURI:   w.base + handlers.BackChannelPath,
	}}})
	must(err)
	cfg.auth.Issuer, cfg.auth.Store, cfg.auth.Now = w.provider, w.store, w.now
	cfg.auth.RedirectURL, cfg.auth.PostLogoutRedirectURL = w.base+handlers.CallbackPath, w.base+handlers.LogoutPath
	client, err := auth.New(cfg.auth)
	must(err)
	whole := cfg.app(handlers.Config{
		Auth: client, Assets: files, Logger: slog.New(slog.NewJSONHandler(w.log, nil)), BaseURL: w.base,
		DevUsers: []string{"ada", "bob"}, DevPassword: devidp.DemoPassword,
	})
	app.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		tokens := w.tokens
		w.mu.Unlock()
		if tokens != nil && r.URL.Path == handlers.BackChannelPath {
			tokens <- r.PostFormValue("logout_token")
			return
		}
		http.MaxBytesHandler(whole, 64<<10).ServeHTTP(rw, r) // as Serve does
	})
	app.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	provider.Config.ErrorLog = app.Config.ErrorLog
	provider.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		door := w.doors[r.URL.Path]
		if door == nil {
			door = w.doors[""]
		}
		w.mu.Unlock()
		if door == nil {
			door = idp.ServeHTTP
		}
		door(rw, r)
	})
	app.Start()
	provider.Start()
	t.Cleanup(func() {
		app.Close()
		provider.Close()
		client.Wait()
		idp.Close()
		memory.Close()
	})
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// later lets time pass for the app and the provider.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

// door lets answer answer in the provider's place at a path, or everywhere; nil: the provider again.
func (w *world) door(path string, answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doors[path] = answer
}

// logoutToken signs a visitor out at the provider, and keeps the logout token from the app.
func (w *world) logoutToken(t *testing.T, v *visitor) (token, sid string) {
	t.Helper()
	tokens := make(chan string, 1)
	divert := func(to chan string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tokens = to
	}
	divert(tokens)
	defer divert(nil)
	resp, err := v.client.PostForm(w.provider+"/signout", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	token = <-tokens
	_, payload, _ := strings.Cut(token, ".")
	payload, _, _ = strings.Cut(payload, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct{ SID string }
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.SID == "" {
		t.Fatalf("no logout token: %v, %s", err, text)
	}
	return token, claims.SID
}

// flaky is a store that can be taken away.
type flaky struct {
	auth.Store
	away  atomic.Bool
	panic atomic.Value // of func(): called before the next session is read, once
}

// errStore is what must never be read on a page.
var errStore = errors.New("dial tcp 10.11.12.13:6379: the-store-is-away")

func (s *flaky) err() error {
	if s.away.Load() {
		return errStore
	}
	return nil
}

func (s *flaky) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	if do, _ := s.panic.Swap((func())(nil)).(func()); do != nil {
		do()
	}
	if err := s.err(); err != nil {
		return auth.Entry{}, false, err
	}
	return s.Store.Find(ctx, key)
}

func (s *flaky) Create(ctx context.Context, key string, e auth.Entry) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Store.Create(ctx, key, e)
}

func (s *flaky) Delete(ctx context.Context, key string) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Store.Delete(ctx, key)
}

func (s *flaky) EndAll(ctx context.Context, label string, at, until time.Time) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Store.EndAll(ctx, label, at, until)
}

func (s *flaky) HasLabel(ctx context.Context, label string) (bool, error) {
	if err := s.err(); err != nil {
		return false, err
	}
	return s.Store.HasLabel(ctx, label)
}

func (s *flaky) LoadOrStore(ctx context.Context, key string, value []byte, until time.Time) ([]byte, bool, error) {
	if err := s.err(); err != nil {
		return nil, false, err
	}
	return s.Store.LoadOrStore(ctx, key, value, until)
}

func (s *flaky) Ping(ctx context.Context) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Store.Ping(ctx)
}

// logged is what the app logs, in JSON.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// records are the lines of a message.
func (l *logged) records(msg string) (all []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.text.Bytes()) {
		var r map[string]any
		if json.Unmarshal(line, &r) == nil && r["msg"] == msg {
			all = append(all, r)
		}
	}
	return all
}
