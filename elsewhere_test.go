package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// elsewhere is a provider that the program does not start itself, but finds at AUTH_URL. It stands in the way of
// what the provider answers.
type elsewhere struct {
	url string

	mu    sync.Mutex
	whole http.Handler // nil: not yet
	doors map[string]func(http.ResponseWriter, *http.Request, http.Handler)
}

const elsewhereSecret = "the secret of the client: +/%&= ~"

// elsewhereKey is made once, because it takes a while.
var elsewhereKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newElsewhere serves at a free address.
func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveElsewhere(t, l)
}

func serveElsewhere(t *testing.T, l net.Listener) *elsewhere {
	t.Helper()
	e := &elsewhere{url: "http://" + l.Addr().String(), doors: map[string]func(http.ResponseWriter, *http.Request, http.Handler){}}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: e}}
	server.Start()
	t.Cleanup(server.Close)
	return e
}

// hangUp keeps an address and answers nobody, as if nothing were there. A port that is free might be another test's
// when it is needed. back returns the listener for who is to answer there.
func hangUp(t *testing.T) (address string, back func() net.Listener) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l.Addr().String(), func() net.Listener {
		l.SetDeadline(time.Unix(1, 0))
		<-ended
		l.SetDeadline(time.Time{})
		return l
	}
}

// vars make the program send people here.
func (e *elsewhere) vars() map[string]string {
	return map[string]string{"AUTH_URL": e.url, "CLIENT_ID": "app", "CLIENT_SECRET": elsewhereSecret}
}

// serve makes this the provider of a program, whose address is known by now.
func (e *elsewhere) serve(t *testing.T, app *program) {
	t.Helper()
	key, err := elsewhereKey()
	if err != nil {
		t.Fatal(err)
	}
	provider, err := devidp.New(devidp.Config{Issuer: e.url, Key: key, Clients: []devidp.Client{{
		ID: "app", Secret: elsewhereSecret,
		RedirectURIs:           []string{app.url + handlers.CallbackPath},
		PostLogoutRedirectURIs: []string{app.url + handlers.LogoutPath},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	app.provider = e.url
	app.out.secret(elsewhereSecret)
	e.door("/token", func(w http.ResponseWriter, r *http.Request, whole http.Handler) { // what only the two of them see
		answer := httptest.NewRecorder()
		whole.ServeHTTP(answer, r)
		var tokens map[string]any
		json.Unmarshal(answer.Body.Bytes(), &tokens)
		for _, name := range []string{"access_token", "refresh_token", "id_token"} {
			token, _ := tokens[name].(string)
			app.out.secret(token)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.whole = provider
}

// door answers a path in the provider's place.
func (e *elsewhere) door(path string, answer func(w http.ResponseWriter, r *http.Request, whole http.Handler)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.doors[path] = answer
}

// hold makes a path wait until open is called; asked is closed when somebody waits.
func (e *elsewhere) hold(path string) (asked <-chan struct{}, open func()) {
	came, held := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(came) })
	e.door(path, func(w http.ResponseWriter, r *http.Request, whole http.Handler) {
		once()
		<-held
		whole.ServeHTTP(w, r)
	})
	return came, sync.OnceFunc(func() { close(held) })
}

func (e *elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	whole, door := e.whole, e.doors[r.URL.Path]
	e.mu.Unlock()
	switch {
	case whole == nil:
		http.Error(w, "not yet", http.StatusServiceUnavailable)
	case door != nil:
		door(w, r, whole)
	default:
		whole.ServeHTTP(w, r)
	}
}
