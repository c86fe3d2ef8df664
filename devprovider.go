package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/devidp"
	"github.com/plusauth/plusauth-go-starter/handlers"
)

// useDevProvider completes a configuration without AUTH_URL: the app becomes a client of the development provider.
// appHost is the host name in BASE_URL.
func (c *config) useDevProvider(appHost string, found *mistakes) {
	if !auth.IsLoopback(appHost) {
		found.add("AUTH_URL", "is missing: the development provider lets anyone in, "+
			"so it runs only with a localhost BASE_URL")
	}
	if c.ClientID != "" || c.ClientSecret != "" || c.ClientSecretFile != "" || c.ClientKeyFile != "" {
		found.add("AUTH_URL", "is missing, but CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE or CLIENT_KEY_FILE is set; "+
			"write the issuer URL, such as https://YOUR-TENANT.plusauth.com")
	}
	c.ClientID, c.ClientSecret = "plusauth-go-starter", "development"

	// The provider is another site than the app, as in production, so that mistakes with cookies show here already.
	host := "127.0.0.1"
	if appHost == host {
		host = "localhost"
	}
	address := cmp.Or(c.DevProviderURL, "http://"+host+":9998")
	c.DevProviderURL = strings.ToLower(strings.TrimSuffix(address, "/")) // browsers write a host in lower case
	dev, err := url.Parse(c.DevProviderURL)
	if err != nil || c.DevProviderURL != "http://"+dev.Host || dev.Port() == "" || !auth.IsLoopback(dev.Hostname()) {
		found.add("DEV_PROVIDER_URL", "must be a localhost URL with a port, such as http://127.0.0.1:9998")
	}
}

// startDevProvider starts the development provider with the app as its only client. It sets c.DevProviderURL to the
// provider's address, which differs if port 0 was asked for.
func (c *config) startDevProvider(css []byte, log *slog.Logger) (*devidp.Server, error) {
	provider, err := devidp.Start(devidp.Config{
		Issuer:     c.DevProviderURL,
		File:       c.devProviderFile(),
		CSS:        css,
		SigningAlg: c.SigningAlg,
		Misbehave:  true,
		Logger:     log,
		Clients: []devidp.Client{{
			ID:                     c.ClientID,
			Secret:                 c.ClientSecret,
			Name:                   "PlusAuth Go Starter",
			RedirectURIs:           []string{c.BaseURL + handlers.CallbackPath},
			PostLogoutRedirectURIs: []string{c.BaseURL + handlers.LogoutPath},
			BackChannelLogoutURI:   c.BaseURL + handlers.BackChannelPath,
			FrontChannelLogoutURI:  c.BaseURL + handlers.FrontChannelPath,
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("start the development provider at DEV_PROVIDER_URL: %w", err)
	}
	c.DevProviderURL = provider.Issuer()
	return provider, nil
}

// devProviderFile returns the name of the file in which the development provider keeps its key and users. It lies
// beside the sessions, so that both survive a restart. With sessions in memory there is no such file.
func (c *config) devProviderFile() string {
	switch scheme, path, _ := strings.Cut(c.SessionStore, ":"); strings.ToLower(scheme) {
	case "file":
		return filepath.Join(filepath.Dir(path), "devidp.json")
	case "memory":
		return ""
	}
	return filepath.Join("data", "devidp.json")
}

// devUsers returns the demo users of the development provider whose names are short enough for a button.
func devUsers() []handlers.DevUser {
	var users []handlers.DevUser
	for _, u := range devidp.DemoUsers() {
		if utf8.RuneCountInString(u.GivenName) <= 12 {
			users = append(users, handlers.DevUser{
				LoginHint: devidp.SignInAs + u.Username, Name: u.GivenName, Subject: u.Subject,
			})
		}
	}
	return users
}

// devUsernames returns the usernames of the development provider's demo users.
func devUsernames() []string {
	var names []string
	for _, u := range devidp.DemoUsers() {
		names = append(names, u.Username)
	}
	return names
}
