package handlers

import (
	"net/http"
	"testing"
)

// NewWithError is New with two routes that fail with err: a page, and a callback of a sign-in.
func NewWithError(cfg Config, err error) http.Handler {
	a := newApp(cfg)
	a.routes()
	a.public("GET /broken", func(http.ResponseWriter, *http.Request) error { return err })
	a.action("GET /login/broken", func(w http.ResponseWriter, r *http.Request) error { return a.failLogin(w, r, err) })
	return a.handler()
}

// TestKindsOfFailedSignIns checks that the page of every kind of failed sign-in is that of the same kind.
func TestKindsOfFailedSignIns(t *testing.T) {
	t.Parallel()
	for _, kind := range loginFailureKinds {
		err := kind.make(loginFailureDetails{Code: "code"})
		for _, other := range loginFailureKinds {
			if other.is(err) {
				if other.name != kind.name {
					t.Errorf("%s becomes %s", kind.name, other.name)
				}
				break
			}
		}
	}
}
