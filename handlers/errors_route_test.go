package handlers

import (
	"net/http"
	"testing"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
)

// NewWithError is New with two routes that fail with err: a page, and a callback of a sign-in.
func NewWithError(cfg Config, err error) http.Handler {
	a := newApp(cfg)
	a.routes()
	a.public("GET /broken", func(http.ResponseWriter, *http.Request) error { return err })
	a.action("GET /login/broken", func(w http.ResponseWriter, r *http.Request) error { return a.failLogin(w, r, err, nil) })
	return a.handler()
}

// TestNamesOfFailedSignIns checks that the page of every kind of failed sign-in is that of the same kind.
func TestNamesOfFailedSignIns(t *testing.T) {
	t.Parallel()
	s := memory.New()
	defer s.Close()
	client, err := auth.New(auth.Config{
		Issuer: "https://provider.test", ClientID: "app", RedirectURL: "http://app.test/login/callback", Store: s,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := newApp(Config{Auth: client, BaseURL: "http://app.test"})
	for _, known := range loginFailures {
		if got := a.loginFailureName(a.failureOf(known.err)); got != known.name {
			t.Errorf("%s becomes %s", known.name, got)
		}
	}
}
