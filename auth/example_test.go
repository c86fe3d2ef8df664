package auth_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log"
	"net/http"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// This application has all routes of the package.
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
		w.Header().Set("Cache-Control", "no-store")
		user, err := c.User(r.Context())
		if err != nil {
			fmt.Fprint(w, "Hello, world!")
			return
		}
		fmt.Fprintf(w, "Hello, %s!", html.EscapeString(user.Name))
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		authURL, err := c.BeginLogin(w, r, auth.LoginOptions{ReturnTo: r.URL.Query().Get("return_to")})
		redirect(w, r, authURL, err)
	})
	mux.HandleFunc("GET /login/callback", func(w http.ResponseWriter, r *http.Request) {
		returnTo, err := c.FinishLogin(w, r)
		redirect(w, r, returnTo, err)
	})
	mux.HandleFunc("POST /refresh", func(w http.ResponseWriter, r *http.Request) {
		_, err := c.Refresh(w, r)
		redirect(w, r, "/", err)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		endURL, err := c.BeginLogout(w, r)
		if endURL == "" {
			endURL = "/"
		}
		redirect(w, r, endURL, err)
	})
	mux.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		c.FinishLogout(w, r)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})

	server := &http.Server{
		Addr:        "localhost:3000",
		Handler:     http.NewCrossOriginProtection().Handler(c.Load(mux)),
		ReadTimeout: 10 * time.Second,
	}
	log.Print(server.ListenAndServe())
	c.Wait()
	sessions.Close()
}

// redirect redirects, or answers with an error page. The text of the error is for the log.
func redirect(w http.ResponseWriter, r *http.Request, url string, err error) {
	switch {
	case err == nil:
		http.Redirect(w, r, url, http.StatusSeeOther)
	case errors.Is(err, auth.ErrUnavailable):
		log.Print(err)
		http.Error(w, "Sign-in is not available. Try again in a moment.", http.StatusServiceUnavailable)
	default:
		log.Print(err)
		http.Error(w, "You were not signed in. Sign in again.", http.StatusBadRequest)
	}
}

// This page requires sign-in. The wrapper private passes the user on, so that the page cannot forget to check.
func ExampleClient_User() {
	var c *auth.Client // from auth.New
	private := func(page func(http.ResponseWriter, *http.Request, auth.User)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			user, err := c.User(r.Context())
			switch {
			case errors.Is(err, auth.ErrUnavailable):
				http.Error(w, "Try again in a moment.", http.StatusServiceUnavailable)
				return
			case err != nil: // auth.ErrSignedOut
				authURL, err := c.BeginLogin(w, r, auth.LoginOptions{ReturnTo: r.URL.RequestURI()})
				redirect(w, r, authURL, err)
				return
			}
			w.Header().Set("Cache-Control", "no-store")
			page(w, r, user)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /notes", private(func(w http.ResponseWriter, _ *http.Request, user auth.User) {
		fmt.Fprintf(w, "The notes of %s", html.EscapeString(user.Name))
	}))
	log.Fatal(http.ListenAndServe("localhost:3000", c.Load(mux)))
}

// The provider posts a logout token to the back-channel logout URI. The route needs no session.
func ExampleClient_BackChannelLogout() {
	var c *auth.Client // from auth.New
	http.HandleFunc("POST /logout/backchannel", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		err := c.BackChannelLogout(r.Context(), r.PostFormValue("logout_token"))
		switch {
		case errors.Is(err, auth.ErrUnavailable):
			log.Print(err)
			w.WriteHeader(http.StatusServiceUnavailable) // the provider retries
		case err != nil:
			log.Print(err)
			w.WriteHeader(http.StatusBadRequest)
		}
	})
}

func ExampleConfig_Validate() {
	err := auth.Config{
		Issuer:      "http://login.example.com",
		ClientID:    "client-id",
		RedirectURL: "/login/callback",
	}.Validate()
	fmt.Println(err)
	// Output:
	// auth: Issuer must be an https URL without query or fragment (http only on a loopback address)
	// auth: RedirectURL must be an absolute http or https URL without a fragment
	// auth: Store is missing; package auth/store has implementations
}

// This application reads its configuration from the environment. Its error messages name the variable instead of the
// field.
func ExampleConfigError() {
	variables := map[string]string{"Issuer": "AUTH_URL", "ClientID": "CLIENT_ID", "RedirectURL": "BASE_URL"}
	_, err := auth.New(auth.Config{Issuer: "login.example.com", RedirectURL: "https://app.example.com/callback"})
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			var mistake *auth.ConfigError
			if errors.As(err, &mistake) && variables[mistake.Field] != "" {
				fmt.Println(variables[mistake.Field], mistake.Problem)
			}
		}
	}
	// Output:
	// AUTH_URL must be an https URL without query or fragment (http only on a loopback address)
	// CLIENT_ID is missing
}

func ExampleSafeReturnTo() {
	for _, s := range []string{"/notes?page=2", "https://evil.example", "//evil.example", `/\evil.example`, "notes"} {
		fmt.Println(auth.SafeReturnTo(s))
	}
	// Output:
	// /notes?page=2
	// /
	// /
	// /
	// /
}

func ExampleUser_Claim() {
	user := auth.User{Claims: []byte(`{"sub":"ada","groups":["staff","admin"],"employee_number":12345678901234567890}`)}
	groups, _ := user.Claim("groups")
	number, _ := user.Claim("employee_number")
	_, ok := user.Claim("roles")
	fmt.Println(groups, number, ok)
	// Output: [staff admin] 12345678901234567890 false
}
