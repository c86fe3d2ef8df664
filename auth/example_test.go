package auth_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log"
	"net/http"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// The whole use of the package.
func Example() {
	sessions, err := store.Open(context.Background(), "file:data/sessions.db")
	if err != nil {
		log.Fatal(err)
	}
	c, err := auth.New(auth.Config{
		Issuer:                "https://example.plusauth.com",
		ClientID:              "client-id",
		ClientSecret:          "client-secret",
		RedirectURL:           "https://app.example.com/login/callback",
		PostLogoutRedirectURL: "https://app.example.com/logout",
		Store:                 sessions,
	})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		user, err := c.User(r.Context())
		if err != nil {
			fmt.Fprint(w, "Hello, world!")
			return
		}
		fmt.Fprintf(w, "Hello, %s!", html.EscapeString(user.Name)) // a name is input
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		to, err := c.BeginLogin(w, r, auth.LoginOptions{ReturnTo: r.URL.Query().Get("return_to")})
		respond(w, r, to, err)
	})
	mux.HandleFunc("GET /login/callback", func(w http.ResponseWriter, r *http.Request) {
		to, err := c.FinishLogin(w, r)
		respond(w, r, to, err)
	})
	mux.HandleFunc("POST /refresh", func(w http.ResponseWriter, r *http.Request) {
		_, err := c.Refresh(w, r)
		respond(w, r, "/", err)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		to, err := c.BeginLogout(w, r)
		if to == "" {
			to = "/"
		}
		respond(w, r, to, err)
	})
	mux.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		c.FinishLogout(w, r) // back from the provider
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout/backchannel", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		switch err := c.BackChannelLogout(r.Context(), r.PostFormValue("logout_token")); {
		case errors.Is(err, auth.ErrUnavailable):
			w.WriteHeader(http.StatusServiceUnavailable)
		case err != nil:
			w.WriteHeader(http.StatusBadRequest)
		}
	})

	sameSite := http.NewCrossOriginProtection()
	sameSite.AddInsecureBypassPattern("POST /logout/backchannel") // a server's, without a cookie
	log.Fatal(http.ListenAndServe("localhost:3000", sameSite.Handler(c.Load(mux))))
}

// respond redirects, or says that it did not work. What err says is for the log.
func respond(w http.ResponseWriter, r *http.Request, to string, err error) {
	switch {
	case err == nil:
		http.Redirect(w, r, to, http.StatusSeeOther)
	case errors.Is(err, auth.ErrUnavailable):
		http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
	default:
		log.Print(err)
		http.Error(w, "That did not work. Please sign in again.", http.StatusBadRequest)
	}
}
