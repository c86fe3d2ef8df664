package devidp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// testApp is the server of an app. It records the logout tokens that it receives.
type testApp struct {
	*httptest.Server
	mu       sync.Mutex
	received []string              // received logout tokens
	respond  func(attempt int) int // returns the status for a logout token; if nil, the status is 200
}

func newTestApp(t *testing.T) *testApp {
	a := &testApp{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the app") })
	mux.HandleFunc("POST /backchannel", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.received = append(a.received, r.PostFormValue("logout_token"))
		attempt, respond := len(a.received), a.respond
		a.mu.Unlock()
		if respond != nil {
			w.Header().Set("Location", "/backchannel") // for the redirect statuses
			w.WriteHeader(respond(attempt))
		}
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// logoutTokens returns the logout tokens received so far.
func (a *testApp) logoutTokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.received...)
}
