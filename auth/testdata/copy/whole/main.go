// Command whole signs a person in with copies of package auth, its stores and its development
// provider. Its argument is a folder for the sessions.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"

	"example.com/another/auth"
	"example.com/another/auth/devidp"
	"example.com/another/auth/store"
)

func main() {
	sessions, err := store.Open(context.Background(), "file:"+os.Args[1]+"/sessions.db")
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	mux := http.NewServeMux()
	app := httptest.NewServer(mux)
	defer app.Close()
	provider, err := devidp.Start(devidp.Config{
		Clients: []devidp.Client{{ID: "app", RedirectURIs: []string{app.URL + "/login/callback"}}},
		Users:   []devidp.User{{Username: "ada"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	c, err := auth.New(auth.Config{
		Issuer: provider.Issuer(), ClientID: "app", RedirectURL: app.URL + "/login/callback", Store: sessions,
	})
	if err != nil {
		log.Fatal(err)
	}
	redirectTo := func(f func(http.ResponseWriter, *http.Request) (string, error)) http.Handler {
		return c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			target, err := f(w, r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			http.Redirect(w, r, target, http.StatusSeeOther)
		}))
	}
	mux.Handle("/login", redirectTo(func(w http.ResponseWriter, r *http.Request) (string, error) {
		return c.BeginLogin(w, r, auth.LoginOptions{})
	}))
	mux.Handle("/login/callback", redirectTo(c.FinishLogin))
	mux.Handle("/", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := c.User(r.Context())
		fmt.Println(err == nil && user.Name == "ada")
	})))

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := devidp.SignIn(&http.Client{Jar: jar}, app.URL+"/login", "ada"); err != nil {
		log.Fatal(err)
	}
}
