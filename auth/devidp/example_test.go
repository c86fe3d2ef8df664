package devidp_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"

	"github.com/plusauth/plusauth-go-starter/auth/devidp"
)

// This example signs a user in to an app that runs at http://localhost:3000.
func Example() {
	provider, err := devidp.Start(devidp.Config{Clients: []devidp.Client{{
		ID:                     "app",
		Secret:                 "secret",
		RedirectURIs:           []string{"http://localhost:3000/login/callback"},
		PostLogoutRedirectURIs: []string{"http://localhost:3000/logout"},
		BackChannelLogoutURI:   "http://localhost:3000/logout/backchannel",
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()

	// Start the app here, with provider.Issuer() as its issuer.

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	resp, err := devidp.SignIn(browser, "http://localhost:3000/login", "ada")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Request.URL) // the page of the app after the sign-in
}
