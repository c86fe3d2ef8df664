package auth_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/auth/store/memory"
)

// An app that calls an API with the access token of the person who is signed in. The API is that of the development
// provider. In production, request a token for your API with its scopes or with the parameter audience.
func ExampleClient_Token() {
	mux := http.NewServeMux()
	app := httptest.NewServer(mux)
	defer app.Close()
	provider, err := devidp.Start(devidp.Config{Clients: []devidp.Client{{
		ID: "app", Secret: "secret", RedirectURIs: []string{app.URL + "/login/callback"},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	sessions := memory.New()
	defer sessions.Close()
	c, err := auth.New(auth.Config{
		Issuer: provider.Issuer(), ClientID: "app", ClientSecret: "secret",
		RedirectURL: app.URL + "/login/callback", Store: sessions,
		Scopes: []string{"openid", "profile", "offline_access"},
	})
	if err != nil {
		log.Fatal(err)
	}

	mux.Handle("GET /hello", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := c.Token(w, r)
		if errors.Is(err, auth.ErrSignedOut) || errors.Is(err, auth.ErrNeedsSignIn) {
			authURL, err := c.BeginLogin(w, r, auth.LoginOptions{ReturnTo: "/hello"})
			redirect(w, r, authURL, err)
			return
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "Try again in a moment.", http.StatusServiceUnavailable)
			return
		}
		call, err := http.NewRequestWithContext(r.Context(), "GET", provider.Issuer()+devidp.HelloPath, nil)
		if err != nil {
			log.Fatal(err)
		}
		token.SetAuthHeader(call)
		api := &http.Client{Timeout: 5 * time.Second}
		resp, err := api.Do(call)
		if err != nil {
			http.Error(w, "The API does not answer.", http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		io.Copy(w, resp.Body)
	})))
	mux.Handle("GET /login/callback", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		returnTo, err := c.FinishLogin(w, r)
		redirect(w, r, returnTo, err)
	})))

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := devidp.SignIn(&http.Client{Jar: jar}, app.URL+"/hello", "ada")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Print(string(body))
	// Output: {"message":"Hello, Ada Lovelace!","sub":"dev-ada"}
}

func ExampleUser_HasClaim() {
	user := auth.User{Claims: []byte(`{"sub":"ada","groups":["staff"],"realm_access":{"roles":["admin"]}}`)}
	fmt.Println(user.HasClaim("groups", "staff"))
	fmt.Println(user.HasClaim("realm_access.roles", "admin"))
	fmt.Println(user.HasClaim("groups", "admin"))
	// Output:
	// true
	// true
	// false
}

// A page for people who signed in within the last five minutes. Everybody else signs in again and comes back.
func ExampleClient_SignedInWithin() {
	var c *auth.Client // from auth.New
	const recent = 5 * time.Minute
	http.Handle("GET /delete-account", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := c.User(r.Context())
		if err != nil || !c.SignedInWithin(user, recent) {
			authURL, err := c.BeginLogin(w, r, auth.LoginOptions{ReturnTo: "/delete-account", MaxAge: recent})
			redirect(w, r, authURL, err)
			return
		}
		fmt.Fprint(w, "Do you want to delete your account?")
	})))
}

// A page with the sessions of a person, and the form that ends one of them.
func ExampleClient_Sessions() {
	var c *auth.Client // from auth.New
	http.Handle("GET /sessions", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sessions, err := c.Sessions(r.Context())
		if err != nil {
			redirect(w, r, "", err)
			return
		}
		for _, s := range sessions {
			fmt.Fprintf(w, "%s on %s, since %s, this browser: %t, ref: %s\n",
				s.Browser, s.System, s.SignedInAt.Format(time.DateTime), s.Current, s.Ref)
		}
	})))
	http.Handle("POST /sessions", c.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		redirect(w, r, "/sessions", c.EndSession(r.Context(), r.PostFormValue("ref")))
	})))
}
