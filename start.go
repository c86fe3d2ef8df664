package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/plusauth/plusauth-go-starter/auth"
	"github.com/plusauth/plusauth-go-starter/auth/store"
)

// registration lists the URIs that the provider must know, for a provider that the app does not start itself.
func (c *config) registration() []string {
	lines := []string{"Register these URIs for the client " + c.ClientID + " at " + c.AuthURL +
		" (the last three if it supports them):"}
	for _, uri := range registeredURIs(c.BaseURL) {
		lines = append(lines, fmt.Sprintf("  %-25s %s", uri.Name, uri.URI))
	}
	return lines
}

// checkProvider asks the provider and the session store once whether people can sign in. If they cannot, it logs the
// variables that are the likely cause, and the cure. It also logs what in the settings of the store can lose sessions.
// It logs nothing if ctx is cancelled.
func checkProvider(ctx context.Context, client *auth.Client, sessions auth.Store, variables map[string]string,
	log *slog.Logger) {
	err := client.Ready(ctx)
	for _, warning := range store.Warnings(ctx, sessions) {
		log.Warn("session store", "warning", warning)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	variable, cure := explain(err, variables)
	if sessions.Ping(ctx) != nil {
		variable, cure = "SESSION_STORE", "check that the store runs and that SESSION_STORE names it"
	}
	log.Warn("people cannot sign in", "variable", variable, "cure", cure, "err", err)
}

// explain returns the variables that are the likely cause of an error of discovery, and what to do about it.
func explain(err error, variables map[string]string) (variable, cure string) {
	if cure := certificateCure(err); cure != "" {
		return variables["Issuer"], cure
	}
	var mistake *auth.MisconfiguredError
	if !errors.As(err, &mistake) {
		return variables["Issuer"], cureOf(err)
	}
	var names []string
	for _, field := range mistake.Fields {
		if name := cmp.Or(variables[field], field); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return variables["Issuer"], "correct the provider: " + mistake.Problem
	}
	return strings.Join(names, ", "), "correct it and start the app again: " + mistake.Problem
}

// certificateCure says what to do if the provider's certificate is not trusted. It returns "" for any other error.
func certificateCure(err error) string {
	var (
		unknownAuthority x509.UnknownAuthorityError
		otherHost        x509.HostnameError
		badCertificate   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknownAuthority):
		return "this machine does not know the authority of the provider's certificate; " +
			"install it, or name a file with it in SSL_CERT_FILE"
	case errors.As(err, &otherHost), errors.As(err, &badCertificate):
		return "the provider's certificate is not valid for this host and time; check AUTH_URL and the clock"
	}
	return ""
}

// cureOf says what to do if the provider does not answer.
func cureOf(err error) string {
	var (
		unknownHost *net.DNSError
		network     net.Error
	)
	const again = "; sign-in is tried again at each request"
	switch {
	case errors.As(err, &unknownHost):
		return "check the host name in AUTH_URL and the DNS of this machine" + again
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at AUTH_URL; start the provider or correct AUTH_URL " +
			"(in a container, localhost is the container)" + again
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "the provider did not answer within PROVIDER_TIMEOUT; " +
			"check AUTH_URL, the firewall and HTTPS_PROXY" + again
	}
	return "check AUTH_URL" + again
}
