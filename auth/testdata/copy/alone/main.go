// Command alone uses a copy of package auth with a session store of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"example.com/another/auth"
)

// ownStore is a session store that contains no sessions.
type ownStore struct{ auth.Store }

func (ownStore) Find(context.Context, string) (auth.Entry, bool, error) {
	return auth.Entry{}, false, nil
}

func main() {
	c, err := auth.New(auth.Config{
		Issuer: "http://127.0.0.1:1", ClientID: "app", RedirectURL: "http://localhost:3000/login/callback", Store: ownStore{},
	})
	if err != nil {
		log.Fatal(err)
	}
	page := c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, signedOut := c.User(r.Context())
		_, unavailable := c.BeginLogin(w, r, auth.LoginOptions{})
		fmt.Println(errors.Is(signedOut, auth.ErrSignedOut) && errors.Is(unavailable, auth.ErrUnavailable))
	}))
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}
